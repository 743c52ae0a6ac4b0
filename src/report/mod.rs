//! What a driver shows while it works: the progress bar, and the lines that functions print.

mod logs;
mod progress;

pub use logs::print_log;
pub use progress::{Progress, clear};
