//! The commands that move objects, try functions and write files for others: through the real binary, with real shells, terminals and
//! servers.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "support/places.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod places;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

#[path = "support/web.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod web;

/// Completions, in the shells that they are for.
#[path = "cli/completions.rs"]
mod completions;
/// `config init` and `config path`.
#[path = "cli/config.rs"]
mod config;
/// `hello`.
#[path = "cli/hello.rs"]
mod hello;
/// `--help` of every command.
#[path = "cli/help.rs"]
mod help;
/// The manual page.
#[path = "cli/man.rs"]
mod man;
/// Closed pipes, long outputs, homes that cannot be written, words that are no command.
#[path = "cli/pipes.rs"]
mod pipes;
/// `storage` on each store.
#[path = "cli/storage.rs"]
mod storage;
/// What is asked and shown at a terminal.
#[path = "cli/terminal.rs"]
mod terminal;
/// Copies between places, large ones, and those that are given up.
#[path = "cli/transfers.rs"]
mod transfers;

use std::process::{Command, Stdio};

/// Whether a program is there. Where it is not, the test says that it is left out.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("left out: {program} is not here");
    }
    found
}
