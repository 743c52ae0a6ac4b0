//! `lithops-lua job …` and `lithops-lua worker …`: what runs, and what ran.

use clap::Subcommand;

pub(super) const EXAMPLES: &str = "\
Examples:
  lithops-lua job list                  the latest jobs
  lithops-lua job show last             all that is known of one
  lithops-lua job logs last --failed    what its failed calls printed, and why they failed";

const LIST: &str = "\
Examples:
  lithops-lua job list              the last 20
  lithops-lua job list --all --json | jq '.[] | select(.state == \"failed\") | .id'

States: running, done, failed, cancelled; stopped: its script ended before it did; lost: its driver was killed.
Records of the last 200 drivers are kept for 30 days, in ~/.local/state/lithops-lua/jobs; `lithops.job_records: false` in the
configuration makes none.";

const SHOW: &str = "\
Examples:
  lithops-lua job show 3fa2b1-0-M000
  lithops-lua job show 3fa2             the beginning of its name is enough
  lithops-lua job show last --json";

const LOGS: &str = "\
Examples:
  lithops-lua job logs 3fa2b1-0-M000
  lithops-lua job logs last --failed
  lithops-lua job logs last --call 17

The last 4 KiB of each call are kept once it has ended, of the first 10 that failed and the last 256 that printed.";

pub(super) const WORKERS: &str = "\
Examples:
  lithops-lua worker list
  lithops-lua worker list --json | jq 'map(.memory_bytes) | add'

Workers on this machine are processes; of functions on AWS it is known how many invocations they have.";

/// What is asked about jobs.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum JobCommand {
    /// List jobs, the latest last
    #[command(after_help = LIST)]
    List {
        /// All that are recorded, not only the last 20
        #[arg(long)]
        all: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell all that is known of a job
    #[command(after_help = SHOW)]
    Show {
        /// Its name in `job list`, or the beginning of it; `last`
        #[arg(value_name = "JOB")]
        job: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what the calls of a job printed
    #[command(after_help = LOGS)]
    Logs {
        /// Its name in `job list`, or the beginning of it; `last`
        #[arg(value_name = "JOB")]
        job: String,
        /// Only of this call
        #[arg(long, value_name = "N")]
        call: Option<u64>,
        /// Only of calls that failed, with why
        #[arg(long, conflicts_with = "call")]
        failed: bool,
    },
}

/// What is asked about workers.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum WorkerCommand {
    /// List the workers that run now
    #[command(after_help = WORKERS)]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}
