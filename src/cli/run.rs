//! Runs what the command line asks for.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, thread};

use clap::{CommandFactory, FromArgMatches};

use super::exit::{self, Exit, complain};
use super::high_args::{Action, HighArgs};
use super::low_args::{AwsCommand, LowArgs};
use super::{
    aws, check, clean, colors, config, doctor, hello, job, logging, man, panics, repl, runtime, shell, storage, test,
    types, worker,
};
use crate::config::{Config, ConfigError, nearest};
use crate::lua::api::wait;
use crate::lua::script::{Program, Script, ScriptError};
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
    let parsed = LowArgs::command().color(colors::choice()).try_get_matches_from(&typed);
    let args = match parsed.and_then(|matches| LowArgs::from_arg_matches(&matches)) {
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
        Action::Repl => repl::run(&args.config, args.quiet),
        Action::Check(options) => check::run(options),
        Action::Test(options) => test::run(&args.config, options, args.quiet),
        Action::Hello(options) => hello::run(&args.config, options, args.quiet),
        Action::Storage(command) => storage::run(&args.config, command, args.quiet),
        Action::Job(command) => job::run(command),
        Action::Worker(command) => worker::run(command),
        Action::Types(options) => types::run(options),
        Action::Completions(shell) => shell::completions(*shell),
        Action::Man => man::print_page(),
        Action::Config(command) => config::run(&args.config, command),
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
            let (script, config, progress) = (script.clone(), args.config.clone(), !args.quiet);
            on_own_thread(move || run_script(&script, config, progress))
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

/// Writes to standard output; nobody reading it is no failure.
pub(super) fn print(text: &str) -> Exit {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Exit::Success,
        Err(error) => exit::end_without_output(&error),
    }
}

/// A command line or a configuration is wrong.
pub(super) fn refuse(error: &ConfigError) -> Exit {
    complain(&format!("failed to {error}"));
    Exit::Usage
}

/// Runs what runs Lua on a thread of its own, which the API may block; this one stays free.
pub(super) fn on_own_thread(work: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    interrupt::on_interrupt(|| exit::end(Exit::Interrupted), exit::end_interrupted_at_once);
    output::on_failure(exit::end_without_output);
    let thread = thread::Builder::new().name("script".into()).stack_size(STACK_BYTES);
    match thread.spawn(work) {
        // The panic hook ends the process, so a thread that is joined has returned.
        Ok(thread) => thread.join().unwrap_or(Exit::Internal),
        Err(error) => {
            complain(&format!("cannot start a thread: {error}"));
            Exit::Internal
        }
    }
}

/// A VM of a driver. `Err` where there is none, which was said.
pub(super) fn driver_vm(script_folders: Vec<PathBuf>, config: ConfigChoice, progress: bool) -> Result<Vm, Exit> {
    let vm = Vm::new(&VmSettings::driver(script_folders, config)).map_err(|error| {
        complain(&format!("internal error: cannot make a Lua VM: {error}"));
        Exit::Internal
    })?;
    vm.session.progress_allowed.set(progress);
    Ok(vm)
}

/// A command that was most likely meant, where there is no such script.
fn meant(script: &Script, error: &ScriptError) -> String {
    let (ScriptError::Unreadable { path, .. }, Program::File(_)) = (error, &script.program) else {
        return String::new();
    };
    let commands = LowArgs::command();
    let names: Vec<&str> = commands.get_subcommands().map(|command| command.get_name()).collect();
    let near = path.to_str().filter(|name| !name.contains(['/', '.']) && !path.exists());
    if near == Some("help") {
        return "; `lithops-lua --help` tells what there is".into();
    }
    match near.and_then(|name| nearest(name, names.iter().copied())) {
        Some(command) => format!("; did you mean the command `{command}`?"),
        None => String::new(),
    }
}

fn run_script(script: &Script, config: ConfigChoice, progress: bool) -> Exit {
    let vm = match driver_vm(script.folders(), config, progress) {
        Ok(vm) => vm,
        Err(exit) => return exit,
    };
    let result = match script.run(&vm) {
        Ok(()) => wait_for_jobs(&vm),
        Err(error) => {
            // What the script printed comes before its error.
            let _ = output::flush();
            complain(&format!("{error}{}", meant(script, &error)));
            match error {
                ScriptError::Unreadable { .. } => Exit::Usage,
                ScriptError::NotLua { .. } | ScriptError::Syntax(_) | ScriptError::Raised(_) => Exit::Script,
            }
        }
    };
    vm.close_and(move || exit::end(result))
}

/// A job that nobody waits for is finished all the same, and its failures are told.
pub(super) fn wait_for_jobs(vm: &Vm) -> Exit {
    match wait::drain(&vm.lua) {
        Ok(None) => Exit::Success,
        Ok(Some(error)) => {
            let _ = output::flush();
            complain(&error.told());
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
