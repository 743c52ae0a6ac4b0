//! What a driver shows while it works: the progress bar, the lines that functions print, the log. And what it writes down of its jobs: records and plots.

mod logs;
pub mod plot;
mod progress;
pub mod records;

pub use logs::{AroundBar, follow_log_settings, on_log_settings, print_log, redirect, say};
pub use progress::{Progress, around_bar, clear};
