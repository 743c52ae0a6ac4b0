//! Jobs as JSON. The keys are described in `docs/src/jobs.md`, and are there to stay.

use serde_json::{Value, json};

use super::{Known, show};
use crate::report::records::{FailureRecord, LogRecord};

/// A list of jobs.
pub(super) fn list(jobs: &[Known]) -> String {
    format!("{:#}\n", Value::from_iter(jobs.iter().map(in_short)))
}

/// What a list has of a job.
fn in_short(known: &Known) -> Value {
    let (job, driver) = (&known.job, &known.driver.record);
    json!({
        "id": job.id,
        "state": known.state().name(),
        "function": Some(&job.function).filter(|name| !name.is_empty()),
        "source": job.source,
        "script": show::script(driver),
        "backend": job.backend,
        "storage": job.storage,
        "region": job.region,
        "runtime": job.runtime,
        "driver_pid": driver.pid,
        "host": driver.host,
        "calls": {
            "total": job.total,
            "done": job.done,
            "failed": job.failed,
            "cancelled": job.cancelled,
            "running": job.running,
        },
        "created": show::timestamp(job.created_us),
        "first_start": job.first_start_us.map(show::timestamp),
        "ended": job.ended_us.map(show::timestamp),
        "took_s": known.took_us() as f64 / 1e6,
    })
}

/// All that is known of a job.
pub(super) fn whole(known: &Known) -> String {
    let job = &known.job;
    let mut all = in_short(known);
    all["exec_s"] = json!(job.exec_s);
    all["exec_mean_s"] = json!(job.exec_mean_s);
    all["exec_max_s"] = json!(job.exec_max_s);
    all["memory_mb"] = json!(job.memory_mb);
    all["billed_ms"] = json!(job.billed_ms);
    all["billed_gb_s"] = json!(job.billed_gb_s());
    all["invocations_running"] = json!(job.in_flight);
    let failure = |one: &FailureRecord| json!({ "call": one.call, "kind": one.kind, "message": one.message });
    all["failures"] = job.failures.iter().map(failure).collect();
    let log = |one: &LogRecord| json!({ "call": one.call, "text": one.text });
    all["logs"] = job.logs.iter().map(log).collect();
    all["logs_left_out"] = json!(job.logs_left_out);
    format!("{all:#}\n")
}
