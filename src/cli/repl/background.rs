//! What jobs print while a prompt is on the screen: it appears above the line that is being typed.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustyline::ExternalPrinter;

/// The line editor waits by `select`, which knows no numbers of 1024 or more; it opens a few files itself.
const LARGEST_DESCRIPTOR: i32 = 900;

/// So many writes wait for the editor, which shows them one by one; what comes faster is left out.
const MOST_WAITING: usize = 4096;

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
            let started: Mutex<Option<Lines>> = Mutex::new(None);
            crate::report::redirect(move |bytes| {
                if !is_at_prompt.load(Ordering::SeqCst) {
                    return false;
                }
                let mut started = started.lock().unwrap_or_else(PoisonError::into_inner);
                // The thread that prints may have to wait for the editor, and the one that calls here must not.
                let lines = started.get_or_insert_with(|| {
                    let (lines, waiting) = lines();
                    let printer = printer.clone();
                    let thread = thread::Builder::new().name("above".into());
                    let _ = thread.spawn(move || waiting.each(|bytes| print(bytes, &printer)));
                    lines
                });
                lines.give(bytes)
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

/// What is to be printed, and by whom.
fn lines() -> (Lines, Waiting) {
    let (sender, receiver) = sync_channel(MOST_WAITING);
    let left_out = Arc::<AtomicUsize>::default();
    (Lines { sender, left_out: left_out.clone() }, Waiting { receiver, left_out })
}

struct Lines {
    sender: SyncSender<Vec<u8>>,
    /// Lines for which there was no room since it was last said.
    left_out: Arc<AtomicUsize>,
}

struct Waiting {
    receiver: Receiver<Vec<u8>>,
    left_out: Arc<AtomicUsize>,
}

impl Lines {
    /// `false`: nobody prints them any more.
    fn give(&self, bytes: &[u8]) -> bool {
        match self.sender.try_send(bytes.to_vec()) {
            Ok(()) => true,
            Err(TrySendError::Full(bytes)) => {
                self.left_out.fetch_add(memchr::memchr_iter(b'\n', &bytes).count(), Ordering::SeqCst);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

impl Waiting {
    /// Prints all that comes. What was left out is told behind what came before it.
    fn each(self, mut print: impl FnMut(&[u8])) {
        loop {
            match self.receiver.try_recv() {
                Ok(bytes) => print(&bytes),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    self.tell_left_out(&mut print);
                    match self.receiver.recv() {
                        Ok(bytes) => print(&bytes),
                        Err(_) => break,
                    }
                }
            }
        }
        self.tell_left_out(&mut print);
    }

    fn tell_left_out(&self, print: &mut impl FnMut(&[u8])) {
        match self.left_out.swap(0, Ordering::SeqCst) {
            0 => {}
            1 => print("… 1 line left out\n".as_bytes()),
            count => print(format!("… {count} lines left out\n").as_bytes()),
        }
    }
}

fn print(bytes: &[u8], printer: &Mutex<Option<Printer>>) {
    let mut printer = printer.lock().unwrap_or_else(PoisonError::into_inner);
    let printed = match &mut *printer {
        Some(printer) => printer.print(String::from_utf8_lossy(bytes).into_owned()).is_ok(),
        None => false,
    };
    if !printed {
        let _ = io::stderr().lock().write_all(&[b"\r\x1b[K", bytes].concat());
    }
}

/// Whether the next files to be opened have numbers that `select` knows.
fn has_low_descriptors() -> bool {
    use std::os::fd::AsRawFd;
    // Not for a program that another thread starts meanwhile.
    rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 0).is_ok_and(|free| free.as_raw_fd() < LARGEST_DESCRIPTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_fast_is_left_out_and_counted() {
        let (lines, waiting) = lines();
        for number in 0..MOST_WAITING + 10 {
            assert!(lines.give(format!("{number}\n").as_bytes()));
        }
        assert!(lines.give(b"two\nmore\n"));
        drop(lines);
        let mut printed = Vec::new();
        waiting.each(|bytes| printed.push(String::from_utf8(bytes.to_vec()).unwrap()));
        assert_eq!(printed.len(), MOST_WAITING + 1);
        assert_eq!(printed.last().unwrap(), "… 12 lines left out\n");
    }
}
