//! The modules of the standard library that are written in Rust: each by scripts whose asserts hold.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "support/web.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod web;

#[path = "modules/base64.rs"]
mod base64;
#[path = "modules/compress.rs"]
mod compress;
#[path = "modules/csv.rs"]
mod csv;
#[path = "modules/datetime.rs"]
mod datetime;
#[path = "modules/fs.rs"]
mod fs;
#[path = "modules/hash.rs"]
mod hash;
#[path = "modules/http.rs"]
mod http;
#[path = "modules/json.rs"]
mod json;
#[path = "modules/path.rs"]
mod path;
#[path = "modules/process.rs"]
mod process;
#[path = "modules/regex.rs"]
mod regex;
#[path = "modules/text.rs"]
mod text;
/// How modules and their functions reach workers.
#[path = "modules/travel.rs"]
mod travel;
