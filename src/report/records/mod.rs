//! Records of jobs: what a driver writes down of its jobs while they run and when they have ended, so that `lithops-lua job` and
//! `lithops-lua worker` can tell in another terminal, or later.
//!
//! Each driver has a file in a folder that is private to its user. It says nothing of values, arguments and environment.
//!
//! - `record`: what a file says; `folder`: where files are, and which are still wanted.
//! - `writer`: a driver's side; `process`: which drivers live.

mod folder;
mod process;
mod record;
mod writer;

pub use folder::Folder;
pub use process::{Stat, is_running};
pub use record::{DriverRecord, FailureRecord, JobRecord, JobState, LogRecord, Logs, WorkerRecord};
pub use writer::{Place, add, finish};
