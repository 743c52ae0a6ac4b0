//! `lithops-lua worker list`: the workers of drivers that run now.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration};
use serde_json::{Value, json};

use super::exit::Exit;
use super::low_args::WorkerCommand;
use super::run::print;
use super::table;
use crate::compute::local::JOURNAL_VARIABLE;
use crate::report::records::{DriverRecord, Folder, Stat};

/// A worker process of this machine, or the instances of a function on AWS.
struct Worker {
    driver_pid: u32,
    script: String,
    backend: String,
    executor_id: Option<String>,
    /// The process; `None` for functions elsewhere.
    process: Option<Process>,
    region: Option<String>,
    /// The function on AWS.
    runtime: Option<String>,
    /// Invocations that it has.
    count: usize,
    /// The call that it has begun last: `a1b2c3-0-M000/00003`.
    call: Option<String>,
}

struct Process {
    pid: u32,
    memory_bytes: u64,
    uptime: Duration,
}

/// Tells what is asked.
pub fn run(command: &WorkerCommand) -> Exit {
    let WorkerCommand::List { json } = command;
    let folder = Folder::of_user();
    // One after the other: each may hold megabytes of what its calls printed.
    let records = folder.iter().flat_map(Folder::records);
    let drivers: Vec<DriverRecord> =
        records.map(|(_, driver)| driver).filter(|driver| driver.is_here() && driver.is_alive()).collect();
    let children = if drivers.is_empty() { HashMap::new() } else { children() };
    let workers: Vec<Worker> = drivers
        .iter()
        .flat_map(|driver| {
            let processes = children.get(&driver.pid).into_iter().flatten();
            let local = processes.filter(|(pid, _)| is_worker(*pid)).map(|(pid, stat)| local(driver, *pid, *stat));
            local.chain(elsewhere(driver)).collect::<Vec<_>>()
        })
        .collect();
    print(&if *json { as_json(&workers) } else { as_table(&workers) })
}

fn of_driver(driver: &DriverRecord, backend: &str) -> Worker {
    Worker {
        driver_pid: driver.pid,
        script: if driver.script.is_empty() { "-".into() } else { driver.script.clone() },
        backend: backend.to_owned(),
        executor_id: None,
        process: None,
        region: None,
        runtime: None,
        count: 0,
        call: None,
    }
}

fn local(driver: &DriverRecord, pid: u32, stat: Stat) -> Worker {
    let name = format!("pid-{pid}");
    let jobs = driver.jobs.values().rev().filter(|job| job.backend == "localhost");
    let mut at_work = jobs.filter_map(|job| Some((job, job.workers.iter().find(|worker| worker.name == name)?)));
    let mut worker = of_driver(driver, "localhost");
    if let Some((job, record)) = at_work.next() {
        worker.executor_id = job.id.rsplit_once('-').map(|(executor, _)| executor.to_owned());
        worker.count = 1;
        worker.call = record.call.map(|call| format!("{}/{call:05}", job.id));
    }
    Worker { process: Some(Process { pid, memory_bytes: memory_bytes(pid), uptime: uptime(stat) }), ..worker }
}

/// Functions on AWS with invocations under way, as the driver last wrote them down.
fn elsewhere(driver: &DriverRecord) -> Vec<Worker> {
    let mut workers: Vec<Worker> = Vec::new();
    for job in driver.jobs.values().filter(|job| job.backend != "localhost" && job.in_flight > 0) {
        let executor_id = job.id.rsplit_once('-').map(|(executor, _)| executor.to_owned());
        let is_same = |worker: &&mut Worker| worker.runtime == job.runtime && worker.executor_id == executor_id;
        match workers.iter_mut().find(is_same) {
            Some(worker) => worker.count += job.in_flight,
            None => workers.push(Worker {
                executor_id,
                region: job.region.clone(),
                runtime: job.runtime.clone(),
                count: job.in_flight,
                ..of_driver(driver, &job.backend)
            }),
        }
    }
    workers
}

/// The processes of this user that live, by their parents.
fn children() -> HashMap<u32, Vec<(u32, Stat)>> {
    let mut children: HashMap<u32, Vec<(u32, Stat)>> = HashMap::new();
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let is_ours = entry.metadata().is_ok_and(|metadata| metadata.uid() == user);
        if is_ours && let Some(stat) = Stat::of(pid).filter(|stat| !stat.is_zombie) {
            children.entry(stat.parent).or_default().push((pid, stat));
        }
    }
    children.values_mut().for_each(|pids| pids.sort_by_key(|(pid, stat)| (stat.start, *pid)));
    children
}

/// Whether a child of a driver is a worker: scripts start other programs, too, which do not have the worker's own environment.
fn is_worker(pid: u32) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let is_journal =
        |entry: &[u8]| entry.strip_prefix(JOURNAL_VARIABLE.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    matches!(words.as_slice(), [_, b"worker", b""]) && environment.split(|byte| *byte == 0).any(is_journal)
}

fn memory_bytes(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

fn uptime(stat: Stat) -> Duration {
    let now = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let now_s: f64 = now.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0.0);
    let start_s = stat.start as f64 / rustix::param::clock_ticks_per_second() as f64;
    Duration::from_secs_f64((now_s - start_s).max(0.0))
}

/// The keys are described in `docs/src/jobs.md`, and are there to stay.
fn as_json(workers: &[Worker]) -> String {
    let workers = workers.iter().map(|worker| {
        let process = worker.process.as_ref();
        json!({
            "pid": process.map(|process| process.pid),
            "driver_pid": worker.driver_pid,
            "script": worker.script,
            "backend": worker.backend,
            "executor_id": worker.executor_id,
            "region": worker.region,
            "runtime": worker.runtime,
            "invocations": worker.count,
            "call": worker.call,
            "memory_bytes": process.map(|process| process.memory_bytes),
            "uptime_s": process.map(|process| process.uptime.as_secs_f64()),
        })
    });
    format!("{:#}\n", Value::from_iter(workers))
}

fn as_table(workers: &[Worker]) -> String {
    if workers.is_empty() {
        return "no workers run now\n".into();
    }
    let rows = workers.iter().map(|worker| {
        let of_process = |text: fn(&Process) -> String| worker.process.as_ref().map_or_else(|| "-".into(), text);
        let invocations = if worker.count == 1 { "1 invocation" } else { &format!("{} invocations", worker.count) };
        let doing = match (&worker.call, worker.count) {
            (Some(call), _) => call.clone(),
            (None, 0) => "idle".into(),
            _ => invocations.into(),
        };
        let region = worker.region.as_ref().map_or_else(String::new, |region| format!(" {region}"));
        [
            worker.process.as_ref().map_or_else(
                || worker.runtime.clone().unwrap_or_else(|| "-".into()),
                |process| process.pid.to_string(),
            ),
            format!("{}{region}", worker.backend),
            format!("{} ({})", worker.driver_pid, worker.script),
            of_process(|process| HumanBytes(process.memory_bytes).to_string()),
            of_process(|process| HumanDuration(process.uptime).to_string()),
            doing,
        ]
    });
    table::render(["WORKER", "BACKEND", "DRIVER", "MEMORY", "UPTIME", "DOING"], rows)
}
