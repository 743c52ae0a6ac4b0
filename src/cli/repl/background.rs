//! What jobs print while a prompt is on the screen: it appears above the line that is being typed.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustyline::ExternalPrinter;

/// The line editor waits by `select`, which knows no numbers of 1024 or more; it opens a few files itself.
const LARGEST_DESCRIPTOR: i32 = 900;

type Printer = Box<dyn ExternalPrinter + Send>;

/// Prints above the prompt.
pub struct Above {
    is_at_prompt: Arc<AtomicBool>,
    printer: Arc<Mutex<Option<Printer>>>,
}

impl Above {
    /// Has the lines of jobs appear above the prompt from now on. Where standard error is no terminal, they do not disturb it.
    pub fn new() -> Above {
        let above = Above { is_at_prompt: Arc::default(), printer: Arc::default() };
        if io::stderr().is_terminal() {
            let (is_at_prompt, printer) = (above.is_at_prompt.clone(), above.printer.clone());
            let started: Mutex<Option<Sender<Vec<u8>>>> = Mutex::new(None);
            crate::report::redirect(move |bytes| {
                if !is_at_prompt.load(Ordering::SeqCst) {
                    return false;
                }
                let mut started = started.lock().unwrap_or_else(PoisonError::into_inner);
                // The thread that prints may have to wait for the editor, and the one that calls here must not.
                let lines = started.get_or_insert_with(|| {
                    let (sender, receiver) = channel();
                    let printer = printer.clone();
                    let thread = thread::Builder::new().name("above".into());
                    let _ = thread.spawn(move || print(&receiver, &printer));
                    sender
                });
                lines.send(bytes.to_vec()).is_ok()
            });
        }
        above
    }

    /// The prompt is about to appear. `make` makes what prints above it.
    pub fn enter(&self, make: impl FnOnce() -> Option<Printer>) {
        // Where it is locked, it is there and waits for the prompt.
        if let Ok(mut printer) = self.printer.try_lock() {
            if !has_low_descriptors() {
                *printer = None;
            } else if printer.is_none() {
                *printer = make();
            }
        }
        self.is_at_prompt.store(true, Ordering::SeqCst);
    }

    /// The line was typed.
    pub fn leave(&self) {
        self.is_at_prompt.store(false, Ordering::SeqCst);
    }
}

fn print(lines: &Receiver<Vec<u8>>, printer: &Mutex<Option<Printer>>) {
    for bytes in lines {
        let mut printer = printer.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = match &mut *printer {
            Some(printer) => printer.print(String::from_utf8_lossy(&bytes).into_owned()).is_ok(),
            None => false,
        };
        if !printed {
            let _ = io::stderr().lock().write_all(&[b"\r\x1b[K", bytes.as_slice()].concat());
        }
    }
}

/// Whether the next files to be opened have numbers that `select` knows.
fn has_low_descriptors() -> bool {
    use std::os::fd::AsRawFd;
    rustix::io::dup(rustix::stdio::stdin()).is_ok_and(|free| free.as_raw_fd() < LARGEST_DESCRIPTOR)
}
