//! How a thread waits for jobs: one signal for the whole process, given whenever anything changed.
//!
//! A script waits for any of several jobs, and may have to hand in more input meanwhile; one generation
//! counter that it compares is simpler than a channel for each combination, and a change costs 100 ns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, LazyLock, Mutex};
use std::time::Instant;

use tokio::sync::Notify;

static GENERATION: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();
static CHANGED_ASYNC: LazyLock<Notify> = LazyLock::new(Notify::new);

/// The number of changes so far. Read it before looking at the jobs, then [`wait`] for it to pass.
pub fn generation() -> u64 {
    *GENERATION.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Waits until something changed after `seen`, or until `deadline`.
pub fn wait(seen: u64, deadline: Instant) {
    let mut generation = GENERATION.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    while *generation == seen {
        let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
            return;
        };
        generation = CHANGED.wait_timeout(generation, left).unwrap_or_else(|poisoned| poisoned.into_inner()).0;
    }
}

/// Threads and tasks that want to see each change, not only ends, failures and wants.
static EAGER: AtomicUsize = AtomicUsize::new(0);

/// As long as it lives, [`wait`] wakes at each change.
pub struct Eager(());

impl Eager {
    /// Wakes at each change.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        EAGER.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Eager {
    fn drop(&mut self) {
        EAGER.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Says that something changed, if it is `noteworthy` or somebody wants to know all.
pub(super) fn give_if(noteworthy: bool) {
    if noteworthy || EAGER.load(Ordering::SeqCst) > 0 {
        give();
    }
}

/// Says that something changed.
pub fn give() {
    *GENERATION.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) += 1;
    CHANGED.notify_all();
    CHANGED_ASYNC.notify_waiters();
}

/// Waits until `ready` gives something, looking after each change.
pub(super) async fn until<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    let _eager = Eager::new();
    loop {
        let changed = CHANGED_ASYNC.notified();
        tokio::pin!(changed);
        // Registered before the look, so that a change in between is not missed.
        changed.as_mut().enable();
        if let Some(value) = ready() {
            return value;
        }
        changed.await;
    }
}
