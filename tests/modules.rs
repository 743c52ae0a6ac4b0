//! The modules of the standard library that are written in Rust: each by scripts whose asserts hold.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "modules/base64.rs"]
mod base64;
#[path = "modules/csv.rs"]
mod csv;
#[path = "modules/json.rs"]
mod json;
#[path = "modules/text.rs"]
mod text;
/// How modules and their functions reach workers.
#[path = "modules/travel.rs"]
mod travel;
