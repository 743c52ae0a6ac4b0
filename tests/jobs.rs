//! Jobs on this machine, end to end: the real binary runs scripts whose asserts check what came back.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code)]
mod jobs;

/// `map`, `call_async`, `map_reduce`, `wait`, `get_result`, futures, executors.
#[path = "jobs/basics.rs"]
mod basics;
/// Workers that fail: crashes, memory, workers that do not start.
#[path = "jobs/crashes.rs"]
mod crashes;
/// Functions that fail: errors, retries, timeouts, cancelled calls.
#[path = "jobs/failures.rs"]
mod failures;
/// Ranges, iterators, futures as input.
#[path = "jobs/input.rs"]
mod input;
