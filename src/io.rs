//! The process's one tokio runtime: a thread of its own, started by whoever needs it first.
//!
//! One thread is enough: what it does is pass bytes between sockets, and the cores belong to the workers.

mod interrupt;

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle};

pub use interrupt::{Interrupted, block_on, interrupt, is_interrupted, resume, sleep};

static HANDLE: OnceLock<Handle> = OnceLock::new();

/// The runtime's handle; starts the runtime at first use.
///
/// # Panics
///
/// If the system refuses a thread or an event queue, without which nothing can run.
pub fn handle() -> &'static Handle {
    HANDLE.get_or_init(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("io".into())
            .spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().expect("an event queue");
                let _ = sender.send(runtime.handle().clone());
                runtime.block_on(std::future::pending::<()>());
            })
            .expect("a thread");
        receiver.recv().expect("the I/O thread sends its handle first")
    })
}

/// Declares the runtime that this thread is about to run as the process's own: a worker's, which `lambda_runtime` drives.
pub fn adopt(handle: Handle) {
    let _ = HANDLE.set(handle);
}
