//! The prompt: the real binary in a real terminal, with keys, a screen, signals, and workers.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

#[path = "support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

/// Statements over several lines, errors, what is kept from line to line.
#[path = "repl/chunks.rs"]
mod chunks;
/// Lines that begin with a dot.
#[path = "repl/commands.rs"]
mod commands;
/// What Tab offers, and how soon.
#[path = "repl/completion.rs"]
mod completion;
/// The history: its file, suggestions, and homes where it cannot be kept.
#[path = "repl/history.rs"]
mod history;
/// Ctrl-C.
#[path = "repl/interrupts.rs"]
mod interrupts;
/// Without a terminal, or with one that knows little; terminals that go away.
#[path = "repl/surroundings.rs"]
mod surroundings;
/// A session that shows all that the prompt can do.
#[path = "repl/transcript.rs"]
mod transcript;
/// How values, functions and jobs are shown.
#[path = "repl/values.rs"]
mod values;

use std::process::Command;

use support::Folder;
use terminal::Terminal;

/// A prompt in a folder of its own.
#[track_caller]
fn prompt() -> (Folder, Terminal) {
    let folder = Folder::new();
    let terminal = prompt_in(&folder);
    (folder, terminal)
}

/// A prompt in this folder, which is its home, too.
#[track_caller]
fn prompt_in(folder: &Folder) -> Terminal {
    prompt_with(folder, &[], &[])
}

#[track_caller]
fn prompt_with(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Terminal {
    let terminal = start(folder, arguments, environment);
    terminal.wait_for_prompt();
    terminal
}

/// The prompt, in a shell that lets no file become longer than `blocks` of 512 bytes: a full disk.
#[track_caller]
fn prompt_on_full_disk(folder: &Folder, blocks: u32) -> Terminal {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {} repl", env!("CARGO_BIN_EXE_lithops-lua"));
    let inner = folder.command(&[]);
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).current_dir(folder.path());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("XDG_STATE_HOME");
    let terminal = Terminal::start(command);
    terminal.wait_for_prompt();
    terminal
}

/// A prompt, without waiting for the line editor.
fn start(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Terminal {
    let mut command = folder.command(arguments);
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("XDG_STATE_HOME");
    command.envs(environment.iter().copied());
    Terminal::start(command)
}
