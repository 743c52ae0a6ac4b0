//! `lithops-lua job …`: jobs that run, and jobs that ran, as their drivers wrote them down.

mod json;
mod show;

use std::rc::Rc;

use super::exit::{Exit, complain};
use super::low_args::JobCommand;
use super::run::print;
use super::table;
use crate::config::nearest;
use crate::job::now_us;
use crate::report::records::{DriverRecord, Folder, JobRecord, JobState};

/// How many jobs `list` shows without `--all`.
const LATEST: usize = 20;

/// A driver without its jobs.
struct Driver {
    /// The file of its record.
    file: String,
    record: DriverRecord,
    is_alive: bool,
}

/// A job and its driver.
struct Known {
    driver: Rc<Driver>,
    /// Its number in the driver.
    number: u64,
    job: JobRecord,
}

impl Known {
    fn state(&self) -> JobState {
        self.job.state(self.driver.record.ended_us, self.driver.is_alive)
    }

    /// How long the job took, or has taken; of a driver that was killed, when it was last heard of.
    fn took_us(&self) -> u64 {
        let driver = &self.driver;
        let end_us = self.job.ended_us.or(driver.record.ended_us);
        let last_us = if driver.is_alive { now_us() } else { driver.record.written_us };
        end_us.unwrap_or(last_us).saturating_sub(self.job.created_us)
    }
}

/// Tells what is asked.
pub fn run(command: &JobCommand) -> Exit {
    let folder = Folder::of_user();
    let jobs = folder.as_ref().map_or_else(Vec::new, all);
    match command {
        JobCommand::List { all, json } => {
            let from = if *all { 0 } else { jobs.len().saturating_sub(LATEST) };
            print(&if *json { json::list(&jobs[from..]) } else { list(&jobs[from..]) })
        }
        JobCommand::Show { job, json } => {
            with_job(folder, jobs, job, |known| print(&if *json { json::whole(known) } else { show::job(known) }))
        }
        JobCommand::Logs { job, call, failed } => {
            with_job(folder, jobs, job, |known| match show::logs(known, *call, *failed) {
                Ok(logs) => {
                    let exit = print(&logs.text);
                    logs.remark.iter().for_each(|remark| complain(remark));
                    exit
                }
                Err(sentence) => refuse(&sentence),
            })
        }
    }
}

fn refuse(sentence: &str) -> Exit {
    complain(sentence);
    Exit::Script
}

/// All jobs that are recorded, the earliest first, without what they printed: that may be much.
fn all(folder: &Folder) -> Vec<Known> {
    let mut jobs = Vec::new();
    for (file, mut record) in folder.records() {
        let of_driver = std::mem::take(&mut record.jobs);
        let driver = Rc::new(Driver { file, is_alive: record.is_alive(), record });
        jobs.extend(of_driver.into_iter().map(|(number, mut job)| {
            job.logs = Default::default();
            Known { driver: driver.clone(), number, job }
        }));
    }
    jobs.sort_by_key(|known| known.job.created_us);
    jobs
}

fn list(jobs: &[Known]) -> String {
    if jobs.is_empty() {
        return "no jobs are recorded\n".into();
    }
    let rows = jobs.iter().map(|known| {
        let job = &known.job;
        [
            job.id.clone(),
            known.state().name().into(),
            show::calls(job),
            show::function(job),
            show::script(&known.driver.record).into(),
            job.backend.clone(),
            show::time(job.created_us),
            show::duration(known.took_us()),
        ]
    });
    table::render(["JOB", "STATE", "CALLS", "FUNCTION", "SCRIPT", "BACKEND", "STARTED (UTC)", "TOOK"], rows)
}

/// Does something with the job that is meant.
fn with_job(folder: Option<Folder>, mut jobs: Vec<Known>, name: &str, then: impl FnOnce(&Known) -> Exit) -> Exit {
    let at = match find(&jobs, name) {
        Ok(at) => at,
        Err(sentence) => return refuse(&sentence),
    };
    let mut known = jobs.swap_remove(at);
    // Now with what it printed; it may have gone on meanwhile, or be gone.
    let again = folder.and_then(|folder| folder.read(&known.driver.file));
    if let Some(mut record) = again
        && let Some(job) = record.jobs.remove(&known.number)
    {
        record.jobs.clear();
        let driver = Driver { file: known.driver.file.clone(), is_alive: record.is_alive(), record };
        known = Known { driver: Rc::new(driver), job, ..known };
    }
    then(&known)
}

/// Where the job is that is meant; else why there is none.
fn find(jobs: &[Known], name: &str) -> Result<usize, String> {
    if jobs.is_empty() {
        return Err("no jobs are recorded".into());
    }
    let that = |is_it: &dyn Fn(&str) -> bool| -> Vec<usize> {
        jobs.iter().enumerate().filter(|(_, known)| is_it(&known.job.id)).map(|(at, _)| at).collect()
    };
    let found = match name {
        "last" => return Ok(jobs.len() - 1),
        _ => match that(&|id| id == name) {
            exact if !exact.is_empty() => exact,
            _ => that(&|id| id.starts_with(name)),
        },
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown(jobs, name)),
        several => {
            let ids: Vec<&str> = several.iter().rev().take(5).map(|at| jobs[*at].job.id.as_str()).collect();
            let more = if several.len() > ids.len() { ", …" } else { "" };
            Err(format!("`{name}` may be {} jobs, the latest first: {}{more}", several.len(), ids.join(", ")))
        }
    }
}

/// There is no such job: those of the same name in other executors are near, or those that are written like it.
fn unknown(jobs: &[Known], name: &str) -> String {
    let ids = || jobs.iter().rev().map(|known| known.job.id.as_str());
    let ending = format!("-{name}");
    let mut near: Vec<&str> = ids().filter(|id| id.ends_with(&ending)).take(3).collect();
    if near.is_empty() {
        near.extend(nearest(name, ids()));
    }
    match near.as_slice() {
        [] => format!("there is no job `{name}`; `lithops-lua job list --all` lists all that are recorded"),
        _ => format!("there is no job `{name}`; did you mean `{}`?", near.join("`, `")),
    }
}
