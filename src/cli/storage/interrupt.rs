//! Ctrl-C gives a transfer up: its temporary file goes, and the server is told to forget the parts it has.

use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::cli::exit::{self, Exit};
use crate::lua::{interrupt, on_exit};
use crate::storage;

/// A server that does not answer keeps nobody waiting.
const CLEANED_WITHIN: Duration = Duration::from_secs(5);

/// Runs `work` to its end; `None` if Ctrl-C came first.
pub(super) fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    interrupt::on_interrupt(|| exit::end(Exit::Interrupted), exit::end_interrupted_at_once);
    let (stop, stopped) = oneshot::channel::<()>();
    let (cleaned, is_clean) = mpsc::channel::<()>();
    on_exit(move || {
        if stop.send(()).is_ok() {
            // Ends when the other side is dropped.
            let _ = is_clean.recv_timeout(CLEANED_WITHIN);
        }
    });
    let done = crate::io::handle().block_on(async {
        let result = tokio::select! {
            result = work => Some(result),
            _ = stopped => None,
        };
        if result.is_none() {
            storage::given_up_uploads_are_forgotten().await;
        }
        result
    });
    drop(cleaned);
    done
}
