//! Lines on the driver's standard error: those that functions print while they run, and those of the log.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

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

/// Takes lines instead of standard error, or gives `false`.
type Redirection = Box<dyn Fn(&[u8]) -> bool + Send>;

static REDIRECTION: Mutex<Option<Redirection>> = Mutex::new(None);

/// Has `to` take lines, as long as it does: while a prompt is on the screen, they have to step around it.
pub fn redirect(to: impl Fn(&[u8]) -> bool + Send + 'static) {
    *REDIRECTION.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(to));
}

/// Standard error, around the progress bar. What is written at once must be whole lines.
pub struct AroundBar;

impl Write for AroundBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let redirection = REDIRECTION.lock().unwrap_or_else(PoisonError::into_inner);
        if redirection.as_ref().is_some_and(|take| take(bytes)) {
            return Ok(bytes.len());
        }
        drop(redirection);
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

/// Writes a message of the program's own.
pub fn say(message: &str) {
    let _ = AroundBar.write_all(format!("lithops-lua: {message}\n").as_bytes());
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
