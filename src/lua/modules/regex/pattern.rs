//! Compiled patterns.

use mlua::LuaString;
use regex::bytes::{Regex as Compiled, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::lua::bind::Raise;

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// Letters match in both cases.
    pub ignore_case: bool,
    /// `^` and `$` match at lines, too.
    pub multi_line: bool,
    /// `.` matches a newline, too.
    pub dot_all: bool,
    /// White space in the pattern means nothing, and `#` begins a comment.
    pub extended: bool,
}

impl Flags {
    pub const NAMES: [&'static str; 4] = ["ignore_case", "multi_line", "dot_all", "extended"];
}

/// A pattern and what it was made of, so that it can be made again elsewhere.
#[derive(Debug)]
pub struct Regex {
    compiled: Compiled,
    flags: Flags,
}

impl Regex {
    /// # Errors
    /// One sentence that says what is wrong with the pattern, and where.
    pub fn new(pattern: &str, flags: Flags) -> Result<Regex, String> {
        let compiled = RegexBuilder::new(pattern)
            .case_insensitive(flags.ignore_case)
            .multi_line(flags.multi_line)
            .dot_matches_new_line(flags.dot_all)
            .ignore_whitespace(flags.extended)
            .build();
        match compiled {
            Ok(compiled) => Ok(Regex { compiled, flags }),
            Err(error) => Err(describe(pattern, &error)),
        }
    }

    /// The pattern that is the argument at `position`.
    pub(super) fn of(pattern: &LuaString, flags: Flags, position: usize) -> Result<Regex, Raise> {
        let Ok(text) = pattern.to_str() else {
            let text = "a pattern is UTF-8; write other bytes as `(?-u:\\xFF)`";
            return Err(Raise::argument(position, text));
        };
        Regex::new(&text, flags).map_err(|text| Raise::argument(position, text))
    }

    pub fn pattern(&self) -> &str {
        self.compiled.as_str()
    }

    pub fn flags(&self) -> Flags {
        self.flags
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }
}

/// The crate draws a picture of several lines; its last line and the column of its first mark say all.
fn describe(pattern: &str, error: &regex::Error) -> String {
    let shown = format!("bad pattern `{pattern}`");
    let regex::Error::Syntax(picture) = error else {
        return format!("{shown}: it is too large when compiled");
    };
    let reason = picture.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
    let is_marks = |line: &&str| line.contains('^') && line.bytes().all(|byte| matches!(byte, b' ' | b'^'));
    // The first line is a title. A pattern that is itself of blanks and marks comes before its marks.
    let marks = picture.lines().skip(2).find(is_marks).and_then(|line| line.find('^'));
    match marks {
        Some(column) if !pattern.contains('\n') && column >= 4 => {
            format!("{shown}: {reason}, at character {}", column - 4 + 1)
        }
        _ => format!("{shown}: {reason}"),
    }
}
