//! How the process ends: every exit code of the program is in this file.

use std::io::{self, ErrorKind, Write};
use std::process;

use crate::lua::exit::run_exit_hooks;
use crate::lua::{evaluation, output};

/// How a run of the program ended. `os.exit(n)` is not here: it ends the process with n by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The script came to its end; or nobody reads its output any more.
    Success,
    /// The script has a syntax error, or raised an error; or a command failed; or output could not be written.
    Script,
    /// The command line is wrong, or a configuration that it names or that a command needs; or the script cannot be read.
    Usage,
    /// A bug of this program.
    Internal,
    /// Ctrl-C.
    Interrupted,
    /// The terminal of the prompt is gone.
    HungUp,
}

impl Exit {
    /// The number that the system sees.
    pub fn code(self) -> i32 {
        match self {
            Exit::Success => 0,
            Exit::Script => 1,
            Exit::Usage => 2,
            // EX_SOFTWARE of sysexits.h.
            Exit::Internal => 70,
            // As shells have it: 128 and the number of SIGINT.
            Exit::Interrupted => 130,
            // The same with SIGHUP.
            Exit::HungUp => 129,
        }
    }

    /// What `--help` says.
    pub const HELP: &str = "\
Exit codes:
  0    the script came to its end, or its output was cut off by `| head`
  1    the script raised an error (also: of a wrong configuration that it found), or is not valid Lua; a call failed and
       nobody asked for its result; or the command failed
  2    the command line is wrong, or a configuration that it names or that a command needs; or the script cannot be read
  70   a bug of lithops-lua itself
  129  the terminal of the prompt is gone
  130  Ctrl-C
  n    the script called os.exit(n)";
}

/// Ends the process: runs the exit hooks, writes out what the script printed.
pub fn end(exit: Exit) -> ! {
    run_exit_hooks();
    if exit == Exit::Interrupted {
        // Somebody wants the end, though the script may be writing to a pipe that nobody reads.
        if !output::try_flush() {
            end_interrupted_at_once();
        }
        process::exit(exit.code());
    }
    let exit = match output::flush() {
        Err(error) if exit == Exit::Success => report_output(&error),
        _ => exit,
    };
    process::exit(exit.code())
}

/// Ends the process at a second Ctrl-C: nothing is cleaned up, nothing written out.
pub fn end_interrupted_at_once() -> ! {
    output::end_at_once(Exit::Interrupted.code())
}

/// Ends the process because standard output cannot be written.
pub fn end_without_output(error: &io::Error) -> ! {
    run_exit_hooks();
    process::exit(report_output(error).code())
}

fn report_output(error: &io::Error) -> Exit {
    if error.kind() == ErrorKind::BrokenPipe {
        return Exit::Success;
    }
    // The window of the terminal was closed.
    if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) && evaluation::has_prompt() {
        return Exit::HungUp;
    }
    complain(&format!("cannot write to standard output: {error}"));
    Exit::Script
}

/// A message on standard error. Where that is closed, there is nobody left to tell.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "lithops-lua: {message}");
}
