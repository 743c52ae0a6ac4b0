//! What was typed. Parsing, `--help` and completions come from this one definition.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::exit::Exit;

mod aws;
mod check;
mod clean;
mod config;
mod hello;
mod job;
mod runtime;
mod storage;
mod test;
mod types;

pub use aws::{AwsCommand, PolicyOf};
pub use check::CheckArgs;
pub use clean::CleanOptions;
pub use config::ConfigCommand;
pub use hello::HelloArgs;
pub use job::{JobCommand, WorkerCommand};
pub use runtime::RuntimeCommand;
pub use storage::{CopyArgs, DeleteArgs, GetArgs, ListArgs, PutArgs, StorageCommand};
pub use test::TestArgs;
pub use types::TypesArgs;

/// The heading, in each command's help, of the options that all of them have.
const EVERYWHERE: &str = "Options of all commands";

const EXAMPLES: &str = "\
Examples:
  lithops-lua                              a prompt
  lithops-lua pipeline.lua                 run a script on this machine
  lithops-lua pipeline.lua --size 10       --size and 10 go to the script, in `arg` and `...`
  lithops-lua -e 'print(lithops.version)'  run code from the command line
  generate | lithops-lua - a b             run a script from standard input
  lithops-lua --backend aws_lambda --region eu-west-1 pipeline.lua
  lithops-lua -o lithops.log_level=INFO -o localhost.max_workers=4 pipeline.lua
  lithops-lua hello                        whether functions run, and how long that takes
  lithops-lua config init                  a configuration file with all keys; `config show` says what is in effect
  lithops-lua doctor                       whether all that the configuration needs is in order
  lithops-lua storage put data.csv s3://my-bucket/in/
  lithops-lua clean --older-than 24        remove what jobs of yesterday left in storage

`lithops-lua COMMAND --help` has examples of each command; `lithops-lua man | man -l -` is all of it.

Options go before the script: everything after it belongs to the script.
A script with the name of a command is run as `./config`, `./runtime`, ….

Environment:
  LUA_PATH, LUA_CPATH     where `require` looks after the script's folder; `;;` is the default
  LITHOPS_CONFIG_FILE     the configuration file; LITHOPS_CONFIG is the configuration itself
  LITHOPS_LOG             what to log: a level, or a filter such as `lithops_lua::job=debug,warn`
";

const RUN_EXAMPLES: &str = "\
Examples:
  lithops-lua run pipeline.lua --size 10  the same as without `run`
  lithops-lua run check                   a script with the name of a command; `./check` works, too";

const REPL_EXAMPLES: &str = "\
Examples:
  lithops-lua repl
  lithops-lua --backend aws_lambda --region eu-west-1 repl";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  lithops-lua doctor
  lithops-lua --config aws.yaml doctor
  lithops-lua doctor --json | jq '.checks[] | select(.status == \"failed\")'

It ends with 1 if something is wrong.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  lithops-lua completions bash > ~/.local/share/bash-completion/completions/lithops-lua
  lithops-lua completions zsh > ~/.zfunc/_lithops-lua
  lithops-lua completions fish > ~/.config/fish/completions/lithops-lua.fish

For zsh, ~/.zfunc has to be in `fpath` before `compinit`. `source <(lithops-lua completions bash)` tries it in this shell.";

const MAN_EXAMPLES: &str = "\
Examples:
  lithops-lua man | man -l -
  lithops-lua man > ~/.local/share/man/man1/lithops-lua.1";

fn after_help() -> String {
    format!("{EXAMPLES}\n{}", Exit::HELP)
}

/// Run Lua functions in parallel, on this machine or on AWS Lambda.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "lithops-lua",
    bin_name = "lithops-lua",
    version,
    override_usage = "lithops-lua [OPTIONS] SCRIPT [ARGS]...\n       lithops-lua [OPTIONS] -e CODE [ARGS]...\n       \
                      lithops-lua [OPTIONS] COMMAND ...",
    after_help = after_help(),
    disable_help_subcommand = true
)]
pub struct LowArgs {
    /// A Lua file, or `-` for standard input; then its arguments
    #[arg(value_name = "SCRIPT [ARGS]", trailing_var_arg = true, value_hint = ValueHint::FilePath)]
    pub script: Vec<OsString>,

    /// Run this code instead of a file; what follows are its arguments
    #[arg(short = 'e', value_name = "CODE [ARGS]", num_args = 1.., allow_hyphen_values = true, conflicts_with = "script")]
    pub execute: Vec<OsString>,

    /// The configuration file (YAML)
    #[arg(long, value_name = "FILE", global = true, help_heading = EVERYWHERE, value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Set one key of the configuration: `-o aws_lambda.runtime_memory=512`
    #[arg(short = 'o', long = "option", value_name = "SECTION.KEY=VALUE", global = true, help_heading = EVERYWHERE, action = ArgAction::Append)]
    pub options: Vec<String>,

    /// Where functions run: `localhost`, `aws_lambda`
    #[arg(long, value_name = "NAME", global = true, help_heading = EVERYWHERE)]
    pub backend: Option<String>,

    /// Where objects are stored: `localhost`, `aws_s3`
    #[arg(long, value_name = "NAME", global = true, help_heading = EVERYWHERE)]
    pub storage: Option<String>,

    /// The AWS region
    #[arg(long, value_name = "NAME", global = true, help_heading = EVERYWHERE)]
    pub region: Option<String>,

    /// The executable that AWS Lambda functions run; this one if it fits
    #[arg(long, value_name = "FILE", global = true, help_heading = EVERYWHERE, value_hint = ValueHint::FilePath)]
    pub bootstrap: Option<String>,

    /// Log more: -v what happens, -vv in detail
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = ArgAction::Count)]
    pub verbose: u8,

    /// No progress bar, and no logs but errors
    #[arg(short, long, global = true, help_heading = EVERYWHERE, conflicts_with = "verbose")]
    pub quiet: bool,

    /// How logs are written: `text` unless the configuration says otherwise
    #[arg(long, value_name = "FORMAT", global = true, help_heading = EVERYWHERE, value_enum)]
    pub log_format: Option<LogFormat>,

    /// What to do instead of running a script.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What is done instead of running a script.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// The configuration
    #[command(after_help = config::EXAMPLES)]
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// What has to be allowed, and made, on AWS
    #[command(after_help = aws::EXAMPLES)]
    Aws {
        /// What to print of it.
        #[command(subcommand)]
        command: AwsCommand,
    },
    /// Look at all that the configuration needs, and say how to mend what is wrong
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The functions on AWS Lambda, and their container image
    #[command(after_help = runtime::EXAMPLES)]
    Runtime {
        /// What to do with them.
        #[command(subcommand)]
        command: RuntimeCommand,
    },
    /// Remove what jobs left in storage, and cloud objects without a key
    Clean(CleanOptions),
    /// Run a script: what happens without a command, too
    #[command(after_help = RUN_EXAMPLES)]
    Run {
        /// A Lua file, or `-` for standard input; then its arguments
        #[arg(value_name = "SCRIPT [ARGS]", trailing_var_arg = true, required = true, value_hint = ValueHint::FilePath)]
        script: Vec<OsString>,
    },
    /// Start a prompt: what happens without a script at a terminal, too
    #[command(after_help = REPL_EXAMPLES)]
    Repl,
    /// Find mistakes in scripts without running them
    Check(CheckArgs),
    /// Run tests: files with `describe`, `it` and `assert`
    Test(TestArgs),
    /// See whether functions run where the configuration says
    Hello(HelloArgs),
    /// List, copy and delete objects
    #[command(after_help = storage::EXAMPLES)]
    Storage {
        /// What to do with them.
        #[command(subcommand)]
        command: StorageCommand,
    },
    /// Jobs that run, and jobs that ran
    #[command(after_help = job::EXAMPLES)]
    Job {
        /// What to say of them.
        #[command(subcommand)]
        command: JobCommand,
    },
    /// Workers that run
    #[command(after_help = job::WORKERS)]
    Worker {
        /// What to say of them.
        #[command(subcommand)]
        command: WorkerCommand,
    },
    /// Write annotations for editors, and `.luarc.json`, into a project
    Types(TypesArgs),
    /// Print the completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man,
}
