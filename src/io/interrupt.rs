//! Waiting that somebody may end: what a line at the prompt waits for ends at Ctrl-C, and the prompt is back.
//!
//! There is one switch for the process, since one thread runs what can be interrupted. In scripts and workers it is never turned.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::Notify;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Wakes who sleeps.
static SLEEP: Mutex<()> = Mutex::new(());
static AWAKE: Condvar = Condvar::new();
/// Wakes who waits for a future.
static CHANGED: LazyLock<Notify> = LazyLock::new(Notify::new);

/// Somebody does not want to wait any more.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("interrupted")]
pub struct Interrupted;

/// Ends what is waited for, and all further waiting until [`resume`].
pub fn interrupt() {
    {
        let _asleep = SLEEP.lock().unwrap_or_else(PoisonError::into_inner);
        INTERRUPTED.store(true, Ordering::SeqCst);
    }
    AWAKE.notify_all();
    CHANGED.notify_waiters();
}

/// Waiting is allowed again.
pub fn resume() {
    INTERRUPTED.store(false, Ordering::SeqCst);
}

/// Whether waiting is to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Waits for a future, which is dropped if that is interrupted.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, Interrupted> {
    super::handle().block_on(async {
        let changed = CHANGED.notified();
        tokio::pin!(changed);
        // Registered before the look, so that an interrupt in between is not missed.
        changed.as_mut().enable();
        if is_interrupted() {
            return Err(Interrupted);
        }
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = changed => Err(Interrupted),
        }
    })
}

/// Sleeps.
pub fn sleep(time: Duration) -> Result<(), Interrupted> {
    let started = Instant::now();
    let mut asleep = SLEEP.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if is_interrupted() {
            return Err(Interrupted);
        }
        let Some(left) = time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) else { return Ok(()) };
        asleep = AWAKE.wait_timeout(asleep, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}
