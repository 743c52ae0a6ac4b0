//! `lithops-lua config …`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueHint};

use crate::config::{OWN_FILE, template_backends};

pub(super) const EXAMPLES: &str = "\
Examples:
  lithops-lua config init                           write .lithops_config with all keys, each as a comment
  lithops-lua config show                           what is in effect, and where each value comes from
  lithops-lua config path                           which file is used";

const SHOW: &str = "\
Examples:
  lithops-lua config show
  lithops-lua --backend aws_lambda config show --json";

const INIT: &str = "\
Examples:
  lithops-lua config init                           .lithops_config in this folder
  lithops-lua config init --for aws_lambda
  lithops-lua config init ~/.lithops/config         for all your scripts
  lithops-lua config init - | less";

const PATH: &str = "\
Examples:
  lithops-lua config path
  lithops-lua config path --json | jq -r .path
  $EDITOR \"$(lithops-lua config path)\"

It ends with 1 if there is no file, and says where it looked.";

/// What is done with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print the configuration in effect and where each value comes from, secrets hidden
    #[command(after_help = SHOW)]
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a configuration file with all keys, their meanings and defaults
    #[command(after_help = INIT)]
    Init {
        /// Which file; `-` is standard output
        #[arg(value_name = "FILE", default_value = OWN_FILE, value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// For which backend; absent: that of `--backend`, or `localhost`
        #[arg(id = "for", long = "for", value_name = "BACKEND", value_parser = PossibleValuesParser::new(template_backends()))]
        backend: Option<String>,
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Print which configuration file is used
    #[command(after_help = PATH)]
    Path {
        /// As JSON: the file, who named it, and where it is looked for
        #[arg(long)]
        json: bool,
    },
}
