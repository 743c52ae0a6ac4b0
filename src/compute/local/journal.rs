//! Journals: what each worker writes of its answer to a file of its own, and the driver reads if the worker is lost.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

/// Empties a journal. The worker does so when it begins; one that ends before would leave the answer to its last invocation as that
/// to its next one.
pub(super) fn forget_last_answer(journal: &Path) {
    match OpenOptions::new().write(true).open(journal).and_then(|file| file.set_len(0)) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "cannot empty a journal"),
    }
}

/// What a worker that is gone had written.
pub(super) fn last_words(journal: &Path) -> Vec<u8> {
    // Its absence means that nothing was written yet.
    fs::read(journal).unwrap_or_default()
}
