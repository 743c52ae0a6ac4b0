//! Lines that functions print while they run, on the driver's standard error.

use std::io::Write;

use super::progress::around_bar;

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
    around_bar(|| {
        // Nobody is left to tell if standard error is closed.
        let _ = std::io::stderr().lock().write_all(&out);
    });
}
