//! Jobs on this machine, end to end: the real binary runs scripts whose asserts check what came back.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code)]
mod jobs;

/// `map`, `call_async`, `map_reduce`, `wait`, `get_result`, futures.
#[path = "jobs/basics.rs"]
mod basics;
/// How calls are put together into invocations.
#[path = "jobs/chunks.rs"]
mod chunks;
/// Workers that fail: crashes, memory, workers that do not start.
#[path = "jobs/crashes.rs"]
mod crashes;
/// Full disks, and folders that cannot be written.
#[path = "jobs/disk.rs"]
mod disk;
/// How a driver ends while there are jobs, and what its workers do then.
#[path = "jobs/endings.rs"]
mod endings;
/// Executors: their options and configuration, their summary, what `clean` does.
#[path = "jobs/executors.rs"]
mod executors;
/// Functions that fail: errors, retries, timeouts, cancelled calls.
#[path = "jobs/failures.rs"]
mod failures;
/// Ranges, iterators, futures as input.
#[path = "jobs/input.rs"]
mod input;
/// Jobs in jobs.
#[path = "jobs/nesting.rs"]
mod nesting;
/// Who may talk to workers and read their files.
#[path = "jobs/privacy.rs"]
mod privacy;
/// The progress bar.
#[path = "jobs/progress.rs"]
mod progress;
/// What a function finds around it: environment, modules, its own call, logs, times.
#[path = "jobs/surroundings.rs"]
mod surroundings;
/// What cannot be sent, options that are wrong, values that are large.
#[path = "jobs/values.rs"]
mod values;
