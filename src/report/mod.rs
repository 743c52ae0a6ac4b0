//! What a driver shows while it works: the progress bar, the lines that functions print, the log.

mod logs;
mod progress;

pub use logs::{AroundBar, follow_log_settings, on_log_settings, print_log};
pub use progress::{Progress, clear};
