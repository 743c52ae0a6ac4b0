//! What Tab offers.
//!
//! - [`context`] tells what is being typed, from its tokens.
//! - [`values`] are names, fields and methods of what there is; no code is run to find them.
//! - [`strings`] are what texts stand for: modules, files, stored objects.
//! - [`options`] are the names in tables of options, from the annotations.

mod context;
mod options;
mod strings;
mod values;

use std::time::{Duration, Instant};

use self::context::Context;
use super::{Session, commands};

/// Who pressed Tab does not notice less.
const BUDGET: Duration = Duration::from_millis(12);
/// More candidates help nobody.
const MOST: usize = 1000;

/// What may stand where the cursor is.
#[derive(Debug, Default)]
pub struct Completion {
    /// Where the text begins that a candidate replaces.
    pub start: usize,
    /// The candidates, in order: as they are shown, and as they are written.
    pub candidates: Vec<Candidate>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub shown: String,
    pub written: String,
}

impl Candidate {
    fn new(name: impl Into<String>) -> Candidate {
        let name = name.into();
        Candidate { shown: name.clone(), written: name }
    }
}

/// Until when to search.
#[derive(Clone, Copy)]
struct Deadline(Instant);

impl Deadline {
    fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}

/// The full name, in the annotations, of the function or of the class of the object that an expression leads to.
pub fn function_at(session: &Session, expression: &str) -> Option<String> {
    match context::of(&format!("{expression}.")) {
        Context::Member { steps, .. } => options::name_of(session, &steps),
        _ => None,
    }
}

/// What may stand at `cursor` in `text`.
pub fn complete(session: &Session, text: &str, cursor: usize) -> Completion {
    let Some(before) = text.get(..cursor) else { return Completion::default() };
    let deadline = Deadline(Instant::now() + BUDGET);
    if commands::is_command(before) {
        return command(session, before, deadline);
    }
    code(session, before, 0, deadline)
}

fn code(session: &Session, text: &str, from: usize, deadline: Deadline) -> Completion {
    let context = context::of(&text[from..]);
    let (start, candidates) = match &context {
        Context::Nothing => (text.len(), Vec::new()),
        Context::Text { text, start, is_module } => {
            let found = if *is_module {
                strings::modules(session, text, deadline).into_iter().map(Candidate::new).collect()
            } else {
                strings::places(session, text, deadline)
            };
            (*start, found)
        }
        Context::Member { steps, is_method, prefix } => {
            (text.len() - from - prefix.len(), values::members(session, steps, *is_method, prefix, deadline))
        }
        Context::Name { prefix, call } => {
            let start = text.len() - from - prefix.len();
            let options = call.as_ref().map(|call| options::names(session, call, prefix)).unwrap_or_default();
            let found = if options.is_empty() { values::names(session, prefix, deadline) } else { options };
            (start, found)
        }
    };
    sorted(from + start, candidates)
}

fn sorted(start: usize, mut candidates: Vec<Candidate>) -> Completion {
    candidates.sort();
    candidates.dedup();
    candidates.truncate(MOST);
    Completion { start, candidates }
}

/// A command, or what follows it.
fn command(session: &Session, text: &str, deadline: Deadline) -> Completion {
    let start = text.len() - text.trim_start().len();
    let Some(end) = text[start..].find(char::is_whitespace).map(|end| start + end) else {
        let begun = commands::ALL.iter().filter(|command| command.name.starts_with(&text[start..]));
        return sorted(start, begun.map(|command| Candidate::new(command.name)).collect());
    };
    let argument = end + text[end..].len() - text[end..].trim_start().len();
    let typed = &text[argument..];
    match commands::argument_of(&text[start..end]) {
        Some("CODE") => code(session, text, argument, deadline),
        Some("FILE") => {
            let files = strings::files(typed, deadline);
            sorted(argument, files)
        }
        Some("[COMMAND]") => {
            let plain = |name: &'static str| if typed.starts_with('.') { name } else { &name[1..] };
            let names = commands::ALL.iter().map(|command| plain(command.name)).filter(|name| name.starts_with(typed));
            sorted(argument, names.map(Candidate::new).collect())
        }
        Some("NAME") => sorted(argument, options::described(typed).into_iter().map(Candidate::new).collect()),
        _ => Completion { start: text.len(), candidates: Vec::new() },
    }
}
