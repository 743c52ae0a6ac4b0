//! `lithops-lua check`: finds mistakes in scripts without running them.
//!
//! - `files` reads what is named; LuaJIT compiles each file, so that a syntax error has the words that `run` has for it.
//! - `read` makes a `program` of what full_moon parses; `meaning` says what its expressions stand for, `surroundings` what
//!   there is beside it.
//! - `rules` look at it, and add to `findings`. They say nothing where they are not certain.

mod files;
mod findings;
mod globals;
mod meaning;
mod program;
mod read;
mod rules;
mod surroundings;

use std::collections::BTreeSet;
use std::path::PathBuf;

use files::Source;
use findings::{Finding, Findings, Severity};
use program::{At, Program};
use rules::Subject;
use surroundings::Surroundings;

use super::exit::{Exit, complain};
use super::low_args::CheckArgs;
use super::run::{on_own_thread, print};
use crate::lua::script::{Program as ScriptProgram, Script};

/// Runs it.
pub fn run(args: &CheckArgs) -> Exit {
    let args = args.clone();
    // A deep nest of expressions is walked through by recursion.
    on_own_thread(move || check(&args))
}

fn check(args: &CheckArgs) -> Exit {
    let surroundings = match Surroundings::new() {
        Ok(surroundings) => surroundings,
        Err(error) => {
            complain(&format!("internal error: cannot make a Lua VM: {error}"));
            return Exit::Internal;
        }
    };
    let (sources, failures) = files::read(&args.scripts);
    for failure in &failures {
        complain(failure);
    }
    let found = check_all(&surroundings, &sources);
    let exit = print(&if args.json { json(&found) } else { lines(&found) });
    if exit != Exit::Success {
        return exit;
    }
    if !args.json && !sources.is_empty() {
        complain(&summary(sources.len(), &found));
    }
    if !failures.is_empty() {
        Exit::Usage
    } else if found.iter().any(|finding| finding.severity == Severity::Error) {
        Exit::Script
    } else {
        Exit::Success
    }
}

/// The findings of all files, in their order.
fn check_all(surroundings: &Surroundings, sources: &[Source]) -> Vec<Finding> {
    let checked: Vec<_> = sources.iter().map(|source| (source, parse(surroundings, source))).collect();
    let mut set_by_all = BTreeSet::new();
    for (_, (program, _)) in &checked {
        set_by_all.extend(program.iter().flat_map(globals::set_by));
    }
    let mut found = Vec::new();
    for (source, (program, mut findings)) in checked {
        if let Some(program) = program {
            let folders =
                source.path.as_ref().map_or_else(|| vec![PathBuf::from(".")], |path| script_of(path).folders());
            let others = globals::of_modules(&program, surroundings, &folders);
            let names: BTreeSet<String> = others.names.into_iter().chain(set_by_all.iter().cloned()).collect();
            let subject = Subject::new(&program, surroundings, (&names, others.are_known), &folders);
            rules::apply(&subject, &mut findings);
        }
        found.extend(findings.sorted());
    }
    found
}

fn script_of(path: &std::path::Path) -> Script {
    Script { program: ScriptProgram::File(path.to_owned()), before: Vec::new(), args: Vec::new() }
}

/// Compiles a file, and reads it if that goes well.
fn parse(surroundings: &Surroundings, source: &Source) -> (Option<Program>, Findings) {
    let mut findings = Findings::of(&source.name);
    let program = match &source.path {
        Some(path) => script_of(path),
        None => Script { program: ScriptProgram::Stdin, before: Vec::new(), args: Vec::new() },
    };
    if let Err(error) = program.compile_text(surroundings.lua(), &source.text) {
        let message = error.to_string();
        let (at, text) = place_in(&message, &source.name);
        findings.error(at, "syntax", text);
        return (None, findings);
    }
    if source.text.starts_with(b"\x1bLJ") {
        return (None, findings);
    }
    match read::read(&String::from_utf8_lossy(&source.text), &source.name) {
        Ok(program) => (Some(program), findings),
        Err(unknown) => {
            let message = format!("only the syntax was checked, since {}", unknown.why);
            findings.warning(unknown.at, "not-analysed", message);
            (None, findings)
        }
    }
}

/// The line that a message of the compiler begins with, and what follows it.
fn place_in<'a>(message: &'a str, name: &str) -> (At, &'a str) {
    let rest = message.strip_prefix(name).and_then(|rest| rest.strip_prefix(':'));
    match rest.and_then(|rest| rest.split_once(": ")).and_then(|(line, text)| Some((line.parse().ok()?, text))) {
        Some((line, text)) => (At { line, column: 1 }, text),
        None => (At { line: 1, column: 1 }, message),
    }
}

fn lines(found: &[Finding]) -> String {
    found.iter().map(|finding| format!("{finding}\n")).collect()
}

/// An object a line.
fn json(found: &[Finding]) -> String {
    found.iter().filter_map(|finding| serde_json::to_string(finding).ok()).map(|line| line + "\n").collect()
}

/// `3 files: 1 error, 2 warnings`.
fn summary(files: usize, found: &[Finding]) -> String {
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = found.len() - errors;
    let found = match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        _ => [(errors, "error"), (warnings, "warning")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| count(number, word))
            .collect::<Vec<_>>()
            .join(", "),
    };
    format!("{}: {found}", count(files, "file"))
}
