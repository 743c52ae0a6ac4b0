//! Runs what the command line asks for.

use std::ffi::OsString;
use std::io::{self, Write};
use std::{env, thread};

use clap::Parser;

use super::exit::{self, Exit, complain};
use super::high_args::{Action, HighArgs};
use super::low_args::{AwsCommand, LowArgs};
use super::{aws, clean, config, doctor, logging, panics, runtime};
use crate::config::{Config, ConfigError};
use crate::lua::api::wait;
use crate::lua::script::{Script, ScriptError};
use crate::lua::vm::{ConfigChoice, Vm, VmSettings};
use crate::lua::{Raise, interrupt, output};

/// The script's stack. Only what is used of it takes memory; the codec and C modules go deep.
const STACK_BYTES: usize = 64 << 20;

/// The whole program.
pub fn main() -> ! {
    panics::install();
    exit::end(run(env::args_os().collect()))
}

fn run(typed: Vec<OsString>) -> Exit {
    let args = match LowArgs::try_parse_from(&typed) {
        Ok(low) => match HighArgs::new(low, &typed) {
            Ok(args) => args,
            Err(error) => return refuse(&error),
        },
        Err(error) => {
            // Help and version are errors to clap. Nobody reads them any more: not our concern.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Success };
        }
    };
    if let Err(message) = logging::init(args.logs) {
        complain(&message);
        return Exit::Usage;
    }
    match &args.action {
        Action::Hint => {
            complain("no script; try `lithops-lua pipeline.lua`, or `lithops-lua --help`");
            Exit::Usage
        }
        Action::ConfigShow { json } => match config::show(&args.config, *json) {
            Ok(text) => print(&text),
            Err(error) => refuse(&error),
        },
        Action::Aws(command) => match args.config.load_incomplete() {
            Ok(config) => print_for_aws(&config, *command),
            Err(error) => refuse(&error),
        },
        Action::Doctor { json } => {
            let findings = doctor::examine(&args.config);
            let text = if *json { findings.to_json() } else { findings.to_string() };
            match print(&text) {
                Exit::Success if !findings.is_all_right() => Exit::Script,
                exit => exit,
            }
        }
        Action::Runtime(command) => match runtime::run(&args.config, command, args.quiet) {
            Ok(text) => print(&text),
            Err(runtime::Failure::Config(error)) => refuse(&error),
            Err(error) => {
                complain(&format!("failed to {error}"));
                Exit::Script
            }
        },
        Action::Clean(options) => match clean::run(&args.config, options) {
            Ok(text) => print(&text),
            Err(clean::Failure::Config(error)) => refuse(&error),
            Err(error) => {
                complain(&format!("failed to {error}"));
                Exit::Script
            }
        },
        Action::Run(script) => {
            // What the user typed is checked even if the script never starts a job.
            if !args.config.is_default()
                && let Err(error) = args.config.load()
            {
                return refuse(&error);
            }
            on_own_thread(script.clone(), args.config.clone(), !args.quiet)
        }
    }
}

fn print_for_aws(config: &Config, command: AwsCommand) -> Exit {
    let text = match command {
        AwsCommand::Policy { of } => aws::policy(config, of),
        AwsCommand::Template => Ok(aws::template(config)),
    };
    match text {
        Ok(text) => print(&text),
        Err(error) => {
            complain(&format!("failed to {error}"));
            Exit::Script
        }
    }
}

fn print(text: &str) -> Exit {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Exit::Success,
        Err(error) => exit::end_without_output(&error),
    }
}

fn refuse(error: &ConfigError) -> Exit {
    complain(&format!("failed to {error}"));
    Exit::Usage
}

/// Runs the script on a thread of its own, which the API may block; this one stays free.
fn on_own_thread(script: Script, config: ConfigChoice, progress: bool) -> Exit {
    interrupt::on_interrupt(|| exit::end(Exit::Interrupted), exit::end_interrupted_at_once);
    output::on_failure(exit::end_without_output);
    let thread = thread::Builder::new().name("script".into()).stack_size(STACK_BYTES);
    match thread.spawn(move || run_script(&script, config, progress)) {
        // The panic hook ends the process, so a thread that is joined has returned.
        Ok(thread) => thread.join().unwrap_or(Exit::Internal),
        Err(error) => {
            complain(&format!("cannot start a thread: {error}"));
            Exit::Internal
        }
    }
}

fn run_script(script: &Script, config: ConfigChoice, progress: bool) -> Exit {
    let vm = match Vm::new(&VmSettings::driver(script.folders(), config)) {
        Ok(vm) => vm,
        Err(error) => {
            complain(&format!("internal error: cannot make a Lua VM: {error}"));
            return Exit::Internal;
        }
    };
    vm.session.progress_allowed.set(progress);
    let result = match script.run(&vm) {
        Ok(()) => wait_for_jobs(&vm),
        Err(error) => {
            // What the script printed comes before its error.
            let _ = output::flush();
            complain(&error.to_string());
            match error {
                ScriptError::Unreadable { .. } => Exit::Usage,
                ScriptError::NotLua { .. } | ScriptError::Syntax(_) | ScriptError::Raised(_) => Exit::Script,
            }
        }
    };
    vm.close_and(move || exit::end(result))
}

/// A job that nobody waits for is finished all the same, and its failures are told.
fn wait_for_jobs(vm: &Vm) -> Exit {
    match wait::drain(&vm.lua) {
        Ok(None) => Exit::Success,
        Ok(Some(error)) => {
            let _ = output::flush();
            complain(&format!("{}\n{}", error.message, error.traceback));
            Exit::Script
        }
        Err(raise) => {
            let _ = output::flush();
            complain(&match raise {
                Raise::Message(text) | Raise::Argument(_, text) => text,
                Raise::Value(value) => crate::lua::errors::describe(&value),
            });
            Exit::Script
        }
    }
}
