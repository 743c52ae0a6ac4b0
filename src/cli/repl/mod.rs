//! The prompt: reads chunks, runs them, shows what they give.
//!
//! - `terminal` reads from a terminal, with `history`, `highlight` and `complete`; `plain` from anything else.
//! - `pending` sees whether a chunk is complete, `evaluate` compiles and runs, `locals` keeps local variables, [`print`] shows values and
//!   errors in `colors`, `live` futures.
//! - `modes` are those of the terminal, which are what they were however the process ends.
//! - `commands` are the lines that begin with a dot; `jobs` is what they tell of jobs, `doc` what of names.
//! - `background` is what jobs print while a line is being typed.

mod background;
mod colors;
mod commands;
mod complete;
mod doc;
mod evaluate;
mod highlight;
mod history;
mod jobs;
mod live;
mod locals;
mod modes;
mod pending;
mod plain;
mod print;
mod terminal;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::{Function, MultiValue, Value};

use self::colors::{Colors, Paint};
use self::commands::Next;
use self::evaluate::{Compiled, Evaluator};
use self::jobs::Jobs;
use self::pending::Pending;
use self::plain::Plain;
use self::print::Printer;
use self::terminal::Terminal;
use super::colors::is_dumb;
use super::exit::{self, Exit, complain};
use super::run::{driver_vm, on_own_thread, refuse, wait_for_jobs};
use crate::lua::evaluation::{self, Evaluation};
use crate::lua::vm::ConfigChoice;
use crate::lua::{Vm, interrupt, output};

/// Runs it.
pub fn run(choice: &ConfigChoice, quiet: bool) -> Exit {
    // What the user typed is checked even if nothing starts a job.
    if !choice.is_default()
        && let Err(error) = choice.load()
    {
        return refuse(&error);
    }
    let choice = choice.clone();
    on_own_thread(move || read_and_run(choice, quiet))
}

/// What was typed.
enum Input {
    /// A chunk, or a command.
    Chunk(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, or the end of a file.
    End,
    /// Bytes that are no text.
    NotText,
    /// The terminal is gone.
    Failed(io::Error),
}

enum Reader {
    Terminal(Box<Terminal>),
    Plain(Plain),
}

/// What outlives a chunk.
struct Session {
    vm: Vm,
    evaluator: Evaluator,
    pending: RefCell<Pending>,
    printer: Printer,
    jobs: RefCell<Jobs>,
    /// The chunks that ran without an error.
    done: RefCell<Vec<String>>,
    /// Names of globals that every VM has.
    own_globals: HashSet<String>,
    /// Of what is typed, and of values.
    colors: Colors,
    error_colors: Colors,
    has_failed: Cell<bool>,
    /// Futures are shown as they end.
    is_live: Cell<bool>,
}

fn read_and_run(choice: ConfigChoice, quiet: bool) -> Exit {
    let vm = match driver_vm(vec![PathBuf::from(".")], choice, !quiet) {
        Ok(vm) => vm,
        Err(exit) => return exit,
    };
    let session = match Session::new(vm) {
        Ok(session) => Rc::new(session),
        Err(error) => {
            complain(&format!("internal error: cannot prepare the prompt: {error}"));
            return Exit::Internal;
        }
    };
    let is_interactive = io::stdin().is_terminal();
    session
        .is_live
        .set(is_interactive && !quiet && io::stdout().is_terminal() && io::stderr().is_terminal() && !is_dumb());
    let reader = if is_interactive { open(&session) } else { open_pipe(&session) };
    let exit = match reader {
        Ok(mut reader) => session.read_all(&mut reader, is_interactive),
        Err(error) => {
            complain(&format!("cannot use this terminal: {error}"));
            Exit::Script
        }
    };
    match Rc::try_unwrap(session) {
        Ok(session) => session.vm.close_and(move || exit::end(exit)),
        Err(_) => exit::end(exit),
    }
}

/// What reads from a terminal. From here on, Ctrl-C does not end the process.
fn open(session: &Rc<Session>) -> Result<Reader, String> {
    evaluation::use_prompt(plain::wake);
    // Compiled code does not see that it is to stop.
    session.vm.lua.load("jit.off()").exec().map_err(|error| error.to_string())?;
    let banner = format!("lithops-lua {}; .help tells what can be done here\n", env!("CARGO_PKG_VERSION"));
    let is_shown = io::stdout().is_terminal();
    let _ =
        if is_shown { io::stdout().write_all(banner.as_bytes()) } else { io::stderr().write_all(banner.as_bytes()) };
    if is_dumb() || !is_shown {
        let mut plain = Plain::new();
        plain.listen().map_err(|error| error.to_string())?;
        interrupt::watch();
        return Ok(Reader::Plain(plain));
    }
    let (terminal, notice) = Terminal::open(session.clone()).map_err(|error| error.to_string())?;
    if let Some(notice) = notice {
        complain(&notice);
    }
    Ok(Reader::Terminal(Box::new(terminal)))
}

/// What reads from anything else. What follows a line is left to the code in it.
fn open_pipe(session: &Session) -> Result<Reader, String> {
    session.vm.lua.load("io.stdin:setvbuf('no')").exec().map_err(|error| error.to_string())?;
    Ok(Reader::Plain(Plain::new()))
}

impl Session {
    fn new(vm: Vm) -> mlua::Result<Session> {
        Jobs::follow(&vm.session);
        let globals = vm.lua.globals();
        let names =
            globals.pairs::<Value, Value>().filter_map(|pair| Some(pair.ok()?.0.as_string()?.to_string_lossy()));
        let own_globals = names.collect();
        let arg = vm.lua.create_table()?;
        arg.raw_set(0, "lithops-lua")?;
        globals.raw_set("arg", arg)?;
        Ok(Session {
            evaluator: Evaluator::new(vm.lua.clone())?,
            pending: RefCell::default(),
            printer: Printer::new(vm.lua.clone()),
            jobs: RefCell::default(),
            done: RefCell::default(),
            own_globals,
            colors: Colors::of(&io::stdout()),
            error_colors: Colors::of(&io::stderr()),
            has_failed: Cell::new(false),
            is_live: Cell::new(false),
            vm,
        })
    }

    /// Whether a name, or a call of it, is nothing that the session has.
    fn is_free(&self, text: &str) -> bool {
        let name = text.trim().trim_end_matches("()");
        let is_nil = self.vm.lua.globals().raw_get::<Value>(name).is_ok_and(|value| value.is_nil());
        is_nil && self.evaluator.locals.get(name).is_none()
    }

    fn is_own_global(&self, name: &str) -> bool {
        self.own_globals.contains(name)
    }

    /// Whether a line must follow before something can be run.
    fn is_incomplete(&self, text: &str) -> bool {
        let text = if commands::is_command(text) { commands::code_in(text) } else { text };
        self.pending.borrow_mut().is_surely_incomplete(text) || self.evaluator.is_incomplete(text)
    }

    fn read_all(&self, reader: &mut Reader, is_interactive: bool) -> Exit {
        let mut is_followed = false;
        loop {
            let input = match reader {
                Reader::Terminal(terminal) => terminal.read(),
                Reader::Plain(plain) => plain.read(|text| self.is_incomplete(text)),
            };
            match input {
                Input::Chunk(text) if text.trim().is_empty() => {}
                Input::Chunk(text) => {
                    if is_interactive && !is_followed {
                        // Not before there is something to lose: until then the system's own way will do.
                        interrupt::watch_hang_up(hang_up);
                        modes::restore_at_exit();
                        is_followed = true;
                    }
                    if self.chunk(&text, reader) == Next::End {
                        break;
                    }
                }
                Input::Interrupted => {}
                Input::End => break,
                Input::NotText => self.fail("this line is not UTF-8 text, and was left out"),
                Input::Failed(_) if is_interactive => return Exit::HungUp,
                Input::Failed(error) => {
                    complain(&format!("cannot read standard input: {error}"));
                    return Exit::Script;
                }
            }
        }
        self.end(is_interactive)
    }

    /// Jobs that run are cancelled by who leaves; what a pipe started is finished, as by a script.
    fn end(&self, is_interactive: bool) -> Exit {
        let failed = if self.has_failed.get() { Exit::Script } else { Exit::Success };
        if !is_interactive {
            return match wait_for_jobs(&self.vm) {
                Exit::Success => failed,
                exit => exit,
            };
        }
        let running = self.jobs.borrow().running();
        if running > 0 {
            let jobs = if running == 1 { "1 job".into() } else { format!("{running} jobs") };
            crate::report::say(&format!("{jobs} cancelled"));
            self.jobs.borrow_mut().cancel(0, &[]);
        }
        Exit::Success
    }

    fn chunk(&self, text: &str, reader: &mut Reader) -> Next {
        if commands::is_command(text) {
            return commands::run(self, text, reader);
        }
        if let Some(command) = commands::meant(text).filter(|_| self.is_free(text)) {
            self.fail(command);
            return Next::Line;
        }
        if self.run(self.evaluator.compile(text)) {
            self.done.borrow_mut().push(text.to_owned());
        }
        Next::Line
    }

    /// Runs a compiled chunk, and shows what it gives, or how it fails. Gives whether it ran to its end.
    fn run(&self, compiled: Compiled) -> bool {
        self.run_and_time(compiled).is_some()
    }

    /// The same; gives how long it took.
    fn run_and_time(&self, compiled: Compiled) -> Option<Duration> {
        let chunk = match compiled {
            Compiled::Ready { chunk, forgets } => {
                if forgets {
                    self.tell("this chunk neither sees nor keeps local variables: it is too large, has a label, or uses too many of them");
                }
                chunk
            }
            Compiled::Incomplete(message) | Compiled::Wrong(message) => {
                self.fail(&message);
                return None;
            }
        };
        self.evaluate(&chunk)
    }

    /// Runs a chunk and shows what it gives. Gives how long it took, if it came to its end.
    fn evaluate(&self, chunk: &Function) -> Option<Duration> {
        let before = self.jobs.borrow_mut().take_started(&self.vm.session);
        debug_assert!(self.vm.session.waited_for.borrow().is_empty());
        let started = Instant::now();
        let evaluation = match Evaluation::begin(&self.vm.lua) {
            Ok(evaluation) => evaluation,
            Err(error) => {
                self.fail(&error.to_string());
                return None;
            }
        };
        let result = self.evaluator.run(chunk);
        let time = started.elapsed();
        // What the code printed comes before its values and its error.
        if let Err(error) = output::flush() {
            exit::end_without_output(&error);
        }
        let shown = result.map(|values| self.shown(&values).map(|text| (text, values)));
        let is_interrupted = evaluation.is_interrupted();
        drop(evaluation);
        if let Err(error) = output::flush() {
            exit::end_without_output(&error);
        }
        let outcome = match shown {
            Ok(Ok((text, values))) => {
                self.write(&self.watched(&values).unwrap_or(text));
                Some(time)
            }
            Ok(Err(_)) | Err(_) if is_interrupted => None,
            Ok(Err(error)) => {
                self.fail(&crate::lua::errors::root_message(&error));
                None
            }
            Err(failure) => {
                let (message, traceback) = self.printer.failure(&failure);
                self.fail(&message);
                if !traceback.is_empty() {
                    complain_plainly(&traceback);
                }
                None
            }
        };
        self.jobs.borrow_mut().take_started(&self.vm.session);
        let waited_for = self.vm.session.waited_for.take();
        if outcome.is_none() && is_interrupted {
            let said = self.jobs.borrow_mut().cancel(before, &waited_for);
            let said: String = said.iter().map(|job| format!("; {job}")).collect();
            self.has_failed.set(true);
            // Behind the `^C` that the terminal shows.
            let _ = io::stderr().write_all(if io::stderr().is_terminal() { b"\n" } else { b"" });
            complain_plainly(&format!("interrupted{said}"));
        }
        self.jobs.borrow_mut().settle();
        outcome
    }

    /// The text of values, each of which becomes `_`.
    fn shown(&self, values: &MultiValue) -> mlua::Result<String> {
        if values.is_empty() {
            return Ok(String::new());
        }
        let text = self.printer.values(values, self.colors)?;
        self.evaluator.remember(values)?;
        Ok(text + "\n")
    }

    /// The text of futures that have changed while they were looked at.
    fn watched(&self, values: &MultiValue) -> Option<String> {
        let value = values.front().filter(|_| self.is_live.get() && values.len() == 1)?;
        let was_watched = live::watch(self, value).unwrap_or_else(|error| {
            tracing::debug!("futures are not watched: {error}");
            false
        });
        was_watched.then(|| self.printer.value(value).ok()).flatten().map(|text| text + "\n")
    }

    /// Writes to standard output; nobody reading it is the end.
    fn write(&self, text: &str) {
        let mut out = io::stdout();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            exit::end_without_output(&error);
        }
    }

    /// Something went wrong.
    fn fail(&self, text: &str) {
        self.has_failed.set(true);
        complain_plainly(&self.error_colors.paint(Paint::Error, text));
    }

    /// Something is to be known.
    fn tell(&self, text: &str) {
        complain_plainly(&self.error_colors.paint(Paint::Faint, text));
    }
}

/// Without the program's name in front: who sits at its prompt knows it.
fn complain_plainly(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The terminal is gone: nobody is left to tell.
fn hang_up() -> ! {
    exit::end(Exit::HungUp)
}

/// A time with three digits or so.
fn shown_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        _ if seconds < 120.0 => format!("{seconds:.2} s"),
        _ => format!("{:.0}:{:02.0} min", (seconds / 60.0).floor(), seconds % 60.0),
    }
}
