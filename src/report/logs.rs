//! Lines on the driver's standard error: those that functions print while they run, and those of the log.

use std::io::{self, Write};
use std::sync::OnceLock;

use super::progress::around_bar;
use crate::config::Lithops;

/// Has the log follow a configuration. Set once, by the command line.
static FOLLOW: OnceLock<fn(&Lithops)> = OnceLock::new();

/// Sets what has the log follow a configuration. Without it, in workers, the log stays as it is.
pub fn on_log_settings(follow: fn(&Lithops)) {
    let _ = FOLLOW.set(follow);
}

/// Has the log follow `settings`, which have just come into effect.
pub fn follow_log_settings(settings: &Lithops) {
    if let Some(follow) = FOLLOW.get() {
        follow(settings);
    }
}

/// Standard error, around the progress bar. What is written at once must be whole lines.
pub struct AroundBar;

impl Write for AroundBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        around_bar(|| {
            // Nobody is left to tell if standard error is closed.
            let _ = io::stderr().lock().write_all(bytes);
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what a call printed, each line with the call in front: `[M000/00003] text`.
pub fn print_log(job_id: &str, call: u64, text: &[u8]) {
    let mut out = Vec::with_capacity(text.len() + 32);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        out.extend_from_slice(format!("[{job_id}/{call:05}] ").as_bytes());
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\n") {
        out.push(b'\n');
    }
    let _ = AroundBar.write_all(&out);
}
