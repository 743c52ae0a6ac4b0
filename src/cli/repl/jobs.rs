//! The jobs of a session: what `.jobs` lists, and what an interrupted line leaves running.

use std::rc::Rc;
use std::time::Duration;

use crate::cli::table;
use crate::job::Progress;
use crate::lua::api::futures::JobEntry;
use crate::lua::interrupt::state_of;
use crate::lua::session::Session;

/// All jobs that were started, in order.
#[derive(Default)]
pub struct Jobs(Vec<Record>);

struct Record {
    executor_id: String,
    job_id: String,
    function: String,
    at: At,
}

/// Where a job stands.
enum At {
    /// It is held, so that it can be asked, and ended.
    Running(Rc<JobEntry>),
    /// Its results may be given up, so that it is not held any more.
    Ended { progress: Progress, time: Duration, is_cancelled: bool },
}

impl Jobs {
    /// Has a session say which jobs it starts.
    pub fn follow(session: &Session) {
        *session.started.borrow_mut() = Some(Vec::new());
    }

    /// Takes in the jobs that were started since the last time; gives how many there were before.
    pub fn take_started(&mut self, session: &Session) -> usize {
        let before = self.0.len();
        let started = session.started.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default();
        for (entry, function) in started {
            self.0.push(Record {
                executor_id: entry.job.executor_id().to_owned(),
                job_id: entry.job.job_id().to_owned(),
                function: function.trim_start_matches("function ").trim_matches('`').to_owned(),
                at: At::Running(entry),
            });
        }
        before
    }

    /// Lets go of those that have ended.
    pub fn settle(&mut self) {
        for record in &mut self.0 {
            if let At::Running(entry) = &record.at
                && entry.job.is_ended()
            {
                let (progress, time) = (entry.job.progress(), entry.job.run_time());
                record.at = At::Ended { progress, time, is_cancelled: entry.job.is_cancelled() };
            }
        }
    }

    /// Cancels jobs: those behind the first `before`, and `waited_for`. Gives what is to be said of each.
    pub fn cancel(&mut self, before: usize, waited_for: &[Rc<JobEntry>]) -> Vec<String> {
        let mut said = Vec::new();
        for (index, record) in self.0.iter().enumerate() {
            let At::Running(entry) = &record.at else { continue };
            let is_meant = index >= before || waited_for.iter().any(|waited| Rc::ptr_eq(waited, entry));
            if !is_meant || entry.job.is_ended() {
                continue;
            }
            let state = state_of(&entry.job);
            entry.stop_input();
            entry.job.cancel_rest();
            // Nobody will ask for what it gave.
            entry.forget();
            said.push(format!("{state}, the others cancelled"));
        }
        self.settle();
        said
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.0.iter().filter(|record| matches!(&record.at, At::Running(entry) if !entry.job.is_ended())).count()
    }

    /// A table of all.
    pub fn table(&self) -> String {
        if self.0.is_empty() {
            return "no job was started yet\n".into();
        }
        let several = self.0.iter().any(|record| record.executor_id != self.0[0].executor_id);
        let headings = ["job", "function", "state", "done", "failed", "total", "time"];
        table::render_with_numbers(headings, self.0.iter().map(|record| record.row(several)), 3)
    }
}

impl Record {
    fn row(&self, with_executor: bool) -> [String; 7] {
        let (progress, time, state) = match &self.at {
            At::Running(entry) => (entry.job.progress(), entry.job.run_time(), "running"),
            At::Ended { progress, time, is_cancelled } => {
                let state = if *is_cancelled {
                    "cancelled"
                } else if progress.failed > 0 {
                    "failed"
                } else {
                    "done"
                };
                (*progress, *time, state)
            }
        };
        let job = if with_executor { format!("{}/{}", self.executor_id, self.job_id) } else { self.job_id.clone() };
        [
            job,
            if self.function == "function" { "(no name)".into() } else { self.function.clone() },
            state.into(),
            (progress.ended - progress.failed).to_string(),
            (progress.failed - progress.cancelled).to_string(),
            progress.total.map_or_else(|| "?".into(), |total| total.to_string()),
            super::shown_time(time),
        ]
    }
}
