//! `lithops-lua storage …`: objects from the command line.
//!
//! - `place`: what the words of the command line name.
//! - `put`, `get` and `cp` are one thing: `copy` reads their words, `target` is where to, `copying` goes through all that is meant,
//!   and `transfer` moves one object.
//! - `list` and `delete`.
//! - `standard`: standard input and output as ends of a copy; `interrupt`: Ctrl-C leaves nothing half done.

mod copy;
mod copying;
mod delete;
mod interrupt;
mod list;
mod place;
mod standard;
mod target;
mod transfer;

use std::io;

use super::exit::{self, Exit, complain};
use super::low_args::StorageCommand;
use super::run::refuse;
use crate::config::ConfigError;
use crate::lua::vm::ConfigChoice;
use crate::storage::StorageError;

use place::Places;

/// Why a command failed. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The words of the command line make no sense together. A sentence of its own.
    #[error("{0}")]
    Usage(String),
    #[error("{0} ({kind})", kind = .0.kind())]
    Storage(#[from] StorageError),
    /// Some of many objects.
    #[error("{first} ({kind}; {failed} of {count} objects failed)", kind = .first.kind())]
    Some { first: StorageError, failed: usize, count: usize },
    /// The user has to say it more clearly, or said no.
    #[error("{0}")]
    Refused(String),
    /// Standard output cannot be written.
    #[error("write to standard output: {0}")]
    Output(io::Error),
}

/// Does what the command says.
pub fn run(choice: &ConfigChoice, command: &StorageCommand, quiet: bool) -> Exit {
    // Objects can be moved before functions can be run.
    let config = match choice.load_incomplete() {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    let places = Places::new(config);
    let done = interrupt::unless_interrupted(async {
        match command {
            StorageCommand::Put(args) => copy::put(&places, args, quiet).await,
            StorageCommand::Get(args) => copy::get(&places, args, quiet).await,
            StorageCommand::Cp(args) => copy::cp(&places, args, quiet).await,
            StorageCommand::List(args) => list::run(&places, args).await,
            StorageCommand::Delete(args) => delete::run(&places, args).await,
        }
    });
    match done {
        None => Exit::Interrupted,
        Some(Ok(())) => Exit::Success,
        Some(Err(Failure::Config(error))) => refuse(&error),
        Some(Err(Failure::Output(error))) => exit::end_without_output(&error),
        Some(Err(Failure::Usage(sentence))) => {
            complain(&sentence);
            Exit::Usage
        }
        Some(Err(error)) => {
            complain(&format!("failed to {error}"));
            Exit::Script
        }
    }
}
