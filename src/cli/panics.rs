//! A panic is a bug of ours, and the user is told so in one sentence.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::process;

use super::exit::{Exit, complain};
use crate::lua::exit::run_exit_hooks;

thread_local! {
    static PANICKING: Cell<bool> = const { Cell::new(false) };
}

/// From here on a panic in any thread ends the process with [`Exit::Internal`].
pub fn install() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo) {
    // A hook of the exit that panics in turn: the first message is the one that counts.
    if PANICKING.replace(true) {
        return;
    }
    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    let message = payload_text(info.payload()).unwrap_or("unknown");
    complain(&format!("internal error: {message}{place}; please report this, with what you ran"));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(io::stderr(), "{backtrace}");
    }
    run_exit_hooks();
    process::exit(Exit::Internal.code())
}

fn payload_text(payload: &dyn Any) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
