//! What was found, for people and for programs.

use std::fmt::{self, Display};

use serde::Serialize;

use super::program::At;
use crate::cli::printable::printable;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails when it is run.
    Error,
    /// It does not do what it seems to.
    Warning,
}

/// One thing that is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub rule: &'static str,
    pub severity: Severity,
    /// A sentence, and what to do.
    pub message: String,
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Finding { file, line, column, rule, severity, message } = self;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let file = printable(file);
        write!(f, "{file}:{line}:{column}: {severity}: {message} [{rule}]")
    }
}

/// The findings of one file.
#[derive(Debug)]
pub struct Findings {
    file: String,
    list: Vec<Finding>,
}

impl Findings {
    pub fn of(file: &str) -> Findings {
        Findings { file: file.to_owned(), list: Vec::new() }
    }

    pub fn error(&mut self, at: At, rule: &'static str, message: impl Into<String>) {
        self.add(at, rule, Severity::Error, message.into());
    }

    pub fn warning(&mut self, at: At, rule: &'static str, message: impl Into<String>) {
        self.add(at, rule, Severity::Warning, message.into());
    }

    fn add(&mut self, At { line, column }: At, rule: &'static str, severity: Severity, message: String) {
        // Names of the script are in it, and those of a script that nobody has run yet may hold anything.
        let message = printable(&message);
        self.list.push(Finding { file: self.file.clone(), line, column, rule, severity, message });
    }

    /// Errors at such places do not end the program.
    pub fn soften(&mut self, is_caught: impl Fn(At) -> bool) {
        for finding in self.list.iter_mut().filter(|finding| finding.severity == Severity::Error) {
            if is_caught(At { line: finding.line, column: finding.column }) {
                finding.severity = Severity::Warning;
            }
        }
    }

    /// In the order of the script, each once.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.list.sort_by(|a, b| (a.line, a.column, a.rule).cmp(&(b.line, b.column, b.rule)));
        self.list.dedup();
        self.list
    }
}
