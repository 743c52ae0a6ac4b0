//! Stored objects as the input of jobs: addresses, pieces cut at lines, what goes wrong.
//!
//! Most of it is tested on every storage, see `places`.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "support/places.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod places;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

#[path = "support/web.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod web;

#[path = "objects/documents.rs"]
mod documents;

/// Which elements are objects, and which addresses lead to them.
#[path = "objects/addresses.rs"]
mod addresses;
/// Objects that are stored compressed.
#[path = "objects/compressed.rs"]
mod compressed;
/// What goes wrong, in one sentence each.
#[path = "objects/failures.rs"]
mod failures;
/// `obj` in the function's hands.
#[path = "objects/handle.rs"]
mod handle;
/// Pieces, cut at lines.
#[path = "objects/pieces.rs"]
mod pieces;
/// `map_reduce` over them.
#[path = "objects/reduce.rs"]
mod reduce;
/// Objects behind URLs.
#[path = "objects/urls.rs"]
mod urls;
