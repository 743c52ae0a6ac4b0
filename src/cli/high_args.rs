//! What the arguments mean.

use std::ffi::OsString;
use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use clap_complete::Shell;

use super::low_args::{
    AwsCommand, CheckArgs, CleanOptions, Command, ConfigCommand, HelloArgs, JobCommand, LogFormat, LowArgs,
    RuntimeCommand, StorageCommand, TestArgs, TypesArgs, WorkerCommand,
};
use crate::config::{ConfigError, Override};
use crate::lua::script::{Program, Script};
use crate::lua::vm::ConfigChoice;

/// What the user wants.
#[derive(Clone)]
pub struct HighArgs {
    /// What to do.
    pub action: Action,
    /// Which configuration to do it with.
    pub config: ConfigChoice,
    /// What to log.
    pub logs: Logs,
    /// No progress bar.
    pub quiet: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Run a script.
    Run(Script),
    /// Start a prompt.
    Repl,
    /// Something with the configuration.
    Config(ConfigCommand),
    /// Print something for AWS.
    Aws(AwsCommand),
    /// Look at what the configuration needs.
    Doctor {
        /// As JSON.
        json: bool,
    },
    /// Something with the functions on AWS Lambda.
    Runtime(RuntimeCommand),
    /// Remove what jobs left in storage.
    Clean(CleanOptions),
    /// Find mistakes in scripts.
    Check(CheckArgs),
    /// Run tests.
    Test(TestArgs),
    /// Run a function, to see whether that works.
    Hello(HelloArgs),
    /// Something with stored objects.
    Storage(StorageCommand),
    /// Say something of jobs.
    Job(JobCommand),
    /// Say something of workers.
    Worker(WorkerCommand),
    /// Write annotations for editors.
    Types(TypesArgs),
    /// Print the completion script of a shell.
    Completions(Shell),
    /// Print the manual page.
    Man,
}

/// What to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logs {
    /// Below this, nothing is logged, unless `LITHOPS_LOG` says otherwise. `None`: as the configuration says, or `Warn`.
    pub level: Option<LogLevel>,
    /// How. `None`: as the configuration says, or as text.
    pub format: Option<LogFormat>,
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// `-q`.
    Error,
    /// `-v`.
    Info,
    /// `-vv`.
    Debug,
}

impl HighArgs {
    /// Interprets `low`, which came from the command line `typed`.
    ///
    /// # Errors
    /// Where an `-o` is not `section.key=value`.
    pub fn new(low: LowArgs, typed: &[OsString]) -> Result<HighArgs, ConfigError> {
        let mut overrides = Vec::new();
        overrides.extend(low.backend.as_deref().map(Override::backend));
        overrides.extend(low.storage.as_deref().map(Override::storage));
        overrides.extend(low.region.as_deref().map(Override::region));
        overrides.extend(low.bootstrap.as_deref().map(Override::bootstrap));
        for option in &low.options {
            overrides.push(Override::parse(option)?);
        }
        let level = match (low.quiet, low.verbose) {
            (true, _) => Some(LogLevel::Error),
            (false, 0) => None,
            (false, 1) => Some(LogLevel::Info),
            (false, _) => Some(LogLevel::Debug),
        };
        let action = match low.command {
            Some(Command::Run { script: words }) => script(Vec::new(), words, typed).map_or(Action::Repl, Action::Run),
            Some(Command::Repl) => Action::Repl,
            Some(Command::Check(args)) => Action::Check(args),
            Some(Command::Test(args)) => Action::Test(args),
            Some(Command::Hello(args)) => Action::Hello(args),
            Some(Command::Storage { command }) => Action::Storage(command),
            Some(Command::Job { command }) => Action::Job(command),
            Some(Command::Worker { command }) => Action::Worker(command),
            Some(Command::Types(args)) => Action::Types(args),
            Some(Command::Completions { shell }) => Action::Completions(shell),
            Some(Command::Man) => Action::Man,
            Some(Command::Config { command: ConfigCommand::Init { file, backend, force } }) => {
                Action::Config(ConfigCommand::Init { file, backend: backend.or(low.backend), force })
            }
            Some(Command::Config { command }) => Action::Config(command),
            Some(Command::Aws { command }) => Action::Aws(command),
            Some(Command::Doctor { json }) => Action::Doctor { json },
            Some(Command::Runtime { command }) => {
                overrides.extend(command.memory().map(Override::runtime_memory));
                Action::Runtime(command)
            }
            Some(Command::Clean(options)) => Action::Clean(options),
            None => match script(low.execute, low.script, typed) {
                Some(script) => Action::Run(script),
                None => Action::Repl,
            },
        };
        Ok(HighArgs {
            action,
            config: ConfigChoice { file: low.config, overrides },
            logs: Logs { level, format: low.log_format },
            quiet: low.quiet,
        })
    }
}

fn script(execute: Vec<OsString>, script: Vec<OsString>, typed: &[OsString]) -> Option<Script> {
    let is_code = !execute.is_empty();
    let mut words = if is_code { execute } else { script }.into_iter();
    let first = words.next();
    let args: Vec<OsString> = words.collect();
    // The arguments are the last words, so what is before the script is all but them and itself.
    let own = args.len() + if is_code { 2 } else { usize::from(first.is_some()) };
    let before = typed[..typed.len().saturating_sub(own).max(1).min(typed.len())].to_vec();
    let program = match first {
        Some(code) if is_code => Program::Code(code),
        Some(name) if name != "-" => Program::File(PathBuf::from(name)),
        Some(_) => Program::Stdin,
        None if stdin().is_terminal() => return None,
        None => Program::Stdin,
    };
    Some(Script { program, before, args })
}
