//! Lines that begin with a dot, which no chunk of Lua does.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use mlua::Table;

use super::colors::Paint;
use super::{Reader, Session, shown_time};
use crate::cli::io_errors::reason;
use crate::config::nearest;

/// Whether there is another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Line,
    End,
}

/// A command.
pub struct Command {
    /// With the dot.
    pub name: &'static str,
    /// What follows it.
    pub argument: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What there is to know of it.
    details: &'static str,
    run: fn(&Session, &str, &mut Reader) -> Next,
}

/// All commands.
pub const ALL: &[Command] = &[
    Command {
        name: ".help",
        argument: "[COMMAND]",
        summary: "this text, or what there is to know of a command",
        details: "",
        run: help,
    },
    Command {
        name: ".doc",
        argument: "NAME",
        summary: "what a function, a class or a module is: `.doc lithops.map`",
        details: "Of functions their parameters, options and results; of classes their fields and functions. The last part of a name is \
                  enough: `.doc put_object`. A variable stands for what it holds.",
        run: doc,
    },
    Command {
        name: ".load",
        argument: "FILE",
        summary: "run a file here; its local variables are kept",
        details: "The file sees the local variables that are kept, and those of its top level are kept in turn.",
        run: load,
    },
    Command {
        name: ".save",
        argument: "FILE",
        summary: "write the chunks of this session that ran without an error to a new file",
        details: "Expressions are written as `print(…)`, but for calls, which are statements, too: `.load` runs the file. Commands, \
                  and what they ran, are not in it. A file that exists is left as it is; remove it first.",
        run: save,
    },
    Command {
        name: ".time",
        argument: "CODE",
        summary: "run code, and tell how long it took",
        details: "Shows the values, the time from start to end, and by how much the memory of Lua has grown. The JIT compiler is off at \
                  this prompt, and on in workers: what takes long here may be quick there.",
        run: time,
    },
    Command {
        name: ".jobs",
        argument: "",
        summary: "the jobs of this session",
        details: "For each its function, how many calls are done and have failed, and how long it has run. Ctrl-C ends the jobs that the \
                  line has started or waits for; others go on until they end, or until this session does.",
        run: jobs,
    },
    Command { name: ".clear", argument: "", summary: "an empty screen, as Ctrl-L", details: "", run: clear },
    Command {
        name: ".exit",
        argument: "",
        summary: "leave, as Ctrl-D",
        details: "Jobs that still run are cancelled.",
        run: exit,
    },
];

const INTRODUCTION: &str = "\
Type Lua: an expression shows its values, `_` is the last one. Lines are asked for until a chunk is complete;
Ctrl-C drops what is typed, or stops what runs. Local variables are kept from line to line.
Functions are sent to workers as those of a script: lithops.map(f, { 1, 2, 3 }):get_result()
So that Ctrl-C can stop any code, the JIT compiler is off here (`jit.on()`), not in workers.
Tab completes, the right arrow accepts a suggestion, Ctrl-R searches the history.
";

/// Whether a text is a command.
pub fn is_command(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('.') && text[1..].starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The code in a command, of which more lines may be needed; the empty text if it takes none.
pub fn code_in(text: &str) -> &str {
    let (name, rest) = split(text);
    if find(name).is_ok_and(|command| command.name == ".time") { rest } else { "" }
}

/// What follows the command of this name; `None` if there is none.
pub fn argument_of(name: &str) -> Option<&'static str> {
    find(name).ok().map(|command| command.argument)
}

/// Name and argument.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(name, rest)| (name, rest.trim_start()))
}

/// The command of this name, or the only one that begins so.
fn find(name: &str) -> Result<&'static Command, String> {
    if let Some(command) = ALL.iter().find(|command| command.name == name) {
        return Ok(command);
    }
    let mut begun = ALL.iter().filter(|command| command.name.starts_with(name));
    match (begun.next(), begun.next()) {
        (Some(command), None) => Ok(command),
        (Some(first), Some(second)) => {
            let rest = begun.map(|command| format!(", `{}`", command.name)).collect::<String>();
            Err(format!("`{name}` may be `{}`, `{}`{rest}", first.name, second.name))
        }
        (None, _) => Err(match nearest(name, ALL.iter().map(|command| command.name)) {
            Some(nearest) => format!("there is no command `{name}`; did you mean `{nearest}`?"),
            None => format!("there is no command `{name}`; `.help` lists them"),
        }),
    }
}

/// Does what a line says that [`is_command`].
pub fn run(session: &Session, line: &str, reader: &mut Reader) -> Next {
    let (name, argument) = split(line);
    match find(name) {
        Ok(command) if command.argument.is_empty() && !argument.is_empty() => {
            session.fail(&format!("`{}` stands alone, without `{argument}`", command.name));
            Next::Line
        }
        Ok(command) if argument.is_empty() && !command.argument.is_empty() && !command.argument.starts_with('[') => {
            session.fail(&format!("what follows `{}` is missing: `{0} {}`", command.name, command.argument));
            Next::Line
        }
        Ok(command) => (command.run)(session, argument, reader),
        Err(message) => {
            session.fail(&message);
            Next::Line
        }
    }
}

fn help(session: &Session, argument: &str, _: &mut Reader) -> Next {
    if argument.is_empty() {
        let mut text = String::from(INTRODUCTION);
        for command in ALL {
            let usage = format!("{} {}", command.name, command.argument);
            text.push_str(&format!(
                "  {}  {}\n",
                session.colors.paint(Paint::Heading, &format!("{usage:<17}")),
                command.summary
            ));
        }
        session.write(&text);
        return Next::Line;
    }
    let name = if argument.starts_with('.') { argument.to_owned() } else { format!(".{argument}") };
    match find(&name) {
        Ok(command) => {
            let usage = format!("{} {}", command.name, command.argument);
            let mut text = format!("{}: {}\n", session.colors.paint(Paint::Heading, usage.trim_end()), command.summary);
            if !command.details.is_empty() {
                text.push_str(command.details);
                text.push('\n');
            }
            session.write(&text);
        }
        Err(message) => session.fail(&message),
    }
    Next::Line
}

fn doc(session: &Session, argument: &str, _: &mut Reader) -> Next {
    match super::doc::of(session, argument) {
        Ok(text) => session.write(&text),
        Err(message) => session.fail(&message),
    }
    Next::Line
}

/// The command that is meant by a word with which other prompts are left.
pub fn meant(text: &str) -> Option<&'static str> {
    match text.trim().trim_end_matches("()") {
        "exit" | "quit" => Some("`.exit`, or Ctrl-D, leaves"),
        "help" => Some("`.help` lists the commands, `.doc NAME` tells of a function"),
        _ => None,
    }
}

/// Has `require` look beside a file, too, as if it were run.
fn search_beside(session: &Session, path: &Path) {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return };
    let folder = folder.display();
    let own = format!("{folder}/?.lua;{folder}/?/init.lua;");
    let Ok(package) = session.vm.lua.globals().raw_get::<Table>("package") else { return };
    if let Ok(known) = package.raw_get::<String>("path")
        && !known.contains(&own)
    {
        let _ = package.raw_set("path", own + &known);
    }
}

fn load(session: &Session, argument: &str, _: &mut Reader) -> Next {
    let path = path(argument);
    let shown = path.display().to_string();
    match fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) if !text.contains('\0') => {
            search_beside(session, &path);
            session.run(session.evaluator.compile_file(&text, &shown));
        }
        Ok(_) => session.fail(&format!("`{shown}` is no Lua text")),
        Err(error) => session.fail(&format!("cannot read `{shown}`: {}", reason(&error))),
    }
    Next::Line
}

fn save(session: &Session, argument: &str, _: &mut Reader) -> Next {
    let path = path(argument);
    let shown = path.display();
    let chunks = session.done.borrow();
    if chunks.is_empty() {
        session.fail("there is nothing to save yet");
        return Next::Line;
    }
    let text: String = chunks.iter().map(|chunk| session.evaluator.as_statements(chunk) + "\n").collect();
    let created = OpenOptions::new().write(true).create_new(true).open(&path);
    let saved = created.and_then(|mut file| {
        file.write_all(text.as_bytes()).inspect_err(|_| {
            // The half of it that fits helps nobody.
            let _ = fs::remove_file(&path);
        })
    });
    match saved {
        Ok(()) => session.write(&format!("{} of this session in {shown}\n", counted(chunks.len(), "chunk"))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            session.fail(&format!("`{shown}` exists; remove it, or save under another name"));
        }
        Err(error) => session.fail(&format!("cannot write `{shown}`: {}", reason(&error))),
    }
    Next::Line
}

fn time(session: &Session, argument: &str, _: &mut Reader) -> Next {
    let before = session.vm.lua.used_memory();
    if let Some(time) = session.run_and_time(session.evaluator.compile(argument)) {
        let grown = session.vm.lua.used_memory().saturating_sub(before) as f64 / 1024.0;
        let memory = if grown < 1.0 { String::new() } else { format!(", {grown:.0} KiB more memory") };
        session.tell(&format!("{}{memory}", shown_time(time)));
    }
    Next::Line
}

fn jobs(session: &Session, _: &str, _: &mut Reader) -> Next {
    let mut jobs = session.jobs.borrow_mut();
    jobs.settle();
    session.write(&jobs.table());
    Next::Line
}

fn clear(_: &Session, _: &str, reader: &mut Reader) -> Next {
    if let Reader::Terminal(terminal) = reader {
        terminal.clear();
    }
    Next::Line
}

fn exit(_: &Session, _: &str, _: &mut Reader) -> Next {
    Next::End
}

/// A path as it was typed: quotes are for who is used to them, and `~` is the home.
fn path(typed: &str) -> PathBuf {
    let quoted = ['"', '\''].into_iter().find_map(|quote| typed.strip_prefix(quote)?.strip_suffix(quote));
    let typed = quoted.unwrap_or(typed);
    match typed.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => PathBuf::from(typed),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_no_lua() {
        for (text, expected) in [
            (".help", true),
            ("  .h", true),
            ("...", false),
            (".5", false),
            ("..", false),
            (".", false),
            ("x.y", false),
        ] {
            assert_eq!(is_command(text), expected, "{text}");
        }
    }

    #[test]
    fn names_may_be_cut_short_and_are_corrected() {
        assert_eq!(find(".t").map(|command| command.name), Ok(".time"));
        assert_eq!(find(".hepl").err(), Some("there is no command `.hepl`; did you mean `.help`?".into()));
        assert_eq!(find(".zzzzzz").err(), Some("there is no command `.zzzzzz`; `.help` lists them".into()));
        assert_eq!(code_in(".time f("), "f(");
        assert_eq!(code_in(".load f("), "");
    }
}
