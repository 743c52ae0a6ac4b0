//! `lithops-lua runtime …`.

use std::path::PathBuf;

use clap::Subcommand;

pub(super) const EXAMPLES: &str = "\
Examples:
  lithops-lua runtime deploy              make the function ready now, not at the first job
  lithops-lua runtime list                those of this account and region
  lithops-lua runtime delete --all        all of these; it asks";

const DEPLOY_EXAMPLES: &str = "\
Examples:
  lithops-lua runtime deploy
  lithops-lua runtime deploy --memory 1024
  lithops-lua --backend aws_lambda --region eu-west-1 runtime deploy

It prints the function's name. Jobs that ask for another amount of memory have a function of their own.";

const UPDATE_EXAMPLES: &str = "\
Examples:
  lithops-lua runtime update              for an image that was pushed anew under the same name, say
  lithops-lua runtime update --memory 1024";

const LIST_EXAMPLES: &str = "\
Examples:
  lithops-lua runtime list
  lithops-lua runtime list --json | jq -r '.[].name'";

const DELETE_EXAMPLES: &str = "\
Examples:
  lithops-lua runtime delete lithops-lua-0-1-0-256mb-x86_64-5f1c   asks at a terminal
  lithops-lua runtime delete --all --logs --yes         all of them with their logs, unasked";

const BUILD_EXAMPLES: &str = "\
Examples:
  lithops-lua runtime build pipelines:1   to the account's own registry; prints the name with its digest
  lithops-lua --bootstrap ./lithops-lua-arm64 -o aws_lambda.architecture=arm64 runtime build pipelines:arm
  lithops-lua runtime build --output image/";

/// What is done with the functions on AWS Lambda.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RuntimeCommand {
    /// Find or make the function that the configuration needs, and wait until it is ready
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy {
        /// Megabytes of memory of the function
        #[arg(long, value_name = "MB")]
        memory: Option<String>,
    },
    /// The same, and set code and configuration anew even where nothing differs
    #[command(after_help = UPDATE_EXAMPLES)]
    Update {
        /// Megabytes of memory of the function
        #[arg(long, value_name = "MB")]
        memory: Option<String>,
    },
    /// List the functions that this program made; with `aws_lambda.namespace`, only those of that
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete functions that this program made
    #[command(after_help = DELETE_EXAMPLES)]
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
    #[command(after_help = BUILD_EXAMPLES)]
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
