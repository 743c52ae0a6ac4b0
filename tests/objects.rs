//! Stored objects as the input of jobs: addresses, pieces cut at lines, what goes wrong.
//!
//! On this machine: its storage, and files. `tests/s3` has what a server adds.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

/// Which elements are objects, and which addresses lead to them.
#[path = "objects/addresses.rs"]
mod addresses;
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
