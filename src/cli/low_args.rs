//! What was typed. Parsing, `--help` and completions come from this one definition.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use super::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  lithops-lua pipeline.lua                 run a script on this machine
  lithops-lua pipeline.lua --size 10       --size and 10 go to the script, in `arg` and `...`
  lithops-lua -e 'print(lithops.version)'  run code from the command line
  generate | lithops-lua - a b             run a script from standard input
  lithops-lua --backend aws_lambda --region eu-west-1 pipeline.lua
  lithops-lua -o lithops.log_level=INFO -o localhost.max_workers=4 pipeline.lua
  lithops-lua config show                  the configuration in effect, and where it comes from
  lithops-lua doctor                       whether all that the configuration needs is in order
  lithops-lua aws policy                   what has to be allowed on AWS; `aws template` makes role and bucket
  lithops-lua runtime deploy               make the function on AWS Lambda ready now, not at the first job
  lithops-lua clean --older-than 24        remove what jobs of yesterday left in storage

Options go before the script: everything after it belongs to the script.
A script with the name of a command is run as `./config`, `./runtime`, ….

Environment:
  LUA_PATH, LUA_CPATH     where `require` looks after the script's folder; `;;` is the default
  LITHOPS_CONFIG_FILE     the configuration file; LITHOPS_CONFIG is the configuration itself
  LITHOPS_LOG             what to log: a level, or a filter such as `lithops_lua::job=debug,warn`
";

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
                      lithops-lua [OPTIONS] config show [--json]",
    after_help = after_help(),
    disable_help_subcommand = true
)]
pub struct LowArgs {
    /// A Lua file, or `-` for standard input; then its arguments
    #[arg(value_name = "SCRIPT [ARGS]", trailing_var_arg = true)]
    pub script: Vec<OsString>,

    /// Run this code instead of a file; what follows are its arguments
    #[arg(short = 'e', value_name = "CODE [ARGS]", num_args = 1.., allow_hyphen_values = true, conflicts_with = "script")]
    pub execute: Vec<OsString>,

    /// The configuration file (YAML)
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Set one key of the configuration: `-o aws_lambda.runtime_memory=512`
    #[arg(short = 'o', long = "option", value_name = "SECTION.KEY=VALUE", global = true, action = ArgAction::Append)]
    pub options: Vec<String>,

    /// Where functions run: `localhost`, `aws_lambda`
    #[arg(long, value_name = "NAME", global = true)]
    pub backend: Option<String>,

    /// Where objects are stored: `localhost`, `aws_s3`
    #[arg(long, value_name = "NAME", global = true)]
    pub storage: Option<String>,

    /// The AWS region
    #[arg(long, value_name = "NAME", global = true)]
    pub region: Option<String>,

    /// The executable that AWS Lambda functions run; this one if it fits
    #[arg(long, value_name = "FILE", global = true)]
    pub bootstrap: Option<String>,

    /// Log more: -v what happens, -vv in detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// No progress bar, and no logs but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// How logs are written: `text` unless the configuration says otherwise
    #[arg(long, value_name = "FORMAT", global = true, value_enum)]
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
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// What has to be allowed, and made, on AWS
    Aws {
        /// What to print of it.
        #[command(subcommand)]
        command: AwsCommand,
    },
    /// Look at all that the configuration needs, and say how to mend what is wrong
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The functions on AWS Lambda, and their container image
    Runtime {
        /// What to do with them.
        #[command(subcommand)]
        command: RuntimeCommand,
    },
    /// Remove what jobs left in storage, and cloud objects without a key
    Clean(CleanOptions),
}

/// What `clean` removes.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct CleanOptions {
    /// Only what is older; without it, what running jobs use is removed as well
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub older_than: Option<f64>,

    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| (0.0..=1e6).contains(hours));
    hours.ok_or_else(|| "expected a number of hours, as in `--older-than 24`".into())
}

/// What is done with the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the configuration in effect and where each value comes from, secrets hidden
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// What is printed for AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum AwsCommand {
    /// Print the least IAM policies that the configuration needs, as JSON
    Policy {
        /// Only this one, ready for IAM
        #[arg(value_name = "WHICH", value_enum)]
        of: Option<PolicyOf>,
    },
    /// Print a CloudFormation template of the functions' role and the bucket
    Template,
}

/// Whose policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyOf {
    /// Of the user who runs pipelines
    User,
    /// Of the role that functions run as
    Role,
    /// Who may run as that role
    Trust,
}

/// What is done with the functions on AWS Lambda.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RuntimeCommand {
    /// Find or make the function that the configuration needs, and wait until it is ready
    Deploy {
        /// Megabytes of memory of the function
        #[arg(long, value_name = "MB")]
        memory: Option<String>,
    },
    /// The same, and set code and configuration anew even where nothing differs
    Update {
        /// Megabytes of memory of the function
        #[arg(long, value_name = "MB")]
        memory: Option<String>,
    },
    /// List the functions that this program made; with `aws_lambda.namespace`, only those of that
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete functions that this program made
    Delete {
        /// Their names
        #[arg(value_name = "NAME", required_unless_present = "all")]
        names: Vec<String>,
        /// All that `list` lists
        #[arg(long, conflicts_with = "names")]
        all: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        /// Delete their logs, too
        #[arg(long)]
        logs: bool,
    },
    /// Make a container image of the bootstrap and push it, without Docker
    Build {
        /// Its name; without a registry: in the account's ECR. Absent: `aws_lambda.runtime`
        #[arg(value_name = "NAME[:TAG]")]
        name: Option<String>,
        /// Write it to this folder (OCI layout) instead of pushing it
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

impl RuntimeCommand {
    /// What it says about the function's memory.
    pub fn memory(&self) -> Option<&str> {
        match self {
            RuntimeCommand::Deploy { memory } | RuntimeCommand::Update { memory } => memory.as_deref(),
            RuntimeCommand::List { .. } | RuntimeCommand::Delete { .. } | RuntimeCommand::Build { .. } => None,
        }
    }
}
