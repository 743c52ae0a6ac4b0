//! The rules: each a file, which looks at a [`Program`](super::program::Program) and adds what it finds.
//!
//! Beside them, what several ask: `reads` is which names functions read, `tables` what becomes of tables, `unsendable` what cannot be
//! sent.

mod arguments;
mod captures;
mod copies;
mod fields;
mod globals;
mod late;
mod modules;
mod reads;
mod results;
mod tables;
mod unsendable;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::findings::Findings;
use super::meaning::{Sent, What, sent_functions};
use super::program::Program;
use super::surroundings::Surroundings;
use reads::Reads;
use tables::Tables;

/// What rules look at.
pub struct Subject<'a> {
    pub program: &'a Program,
    pub surroundings: &'a Surroundings,
    /// Functions that run in workers.
    pub sent: Vec<Sent>,
    pub reads: Reads<'a>,
    pub tables: Tables,
    /// Libraries and objects of which the script sets fields.
    pub extended: Vec<What>,
    /// Globals that other files set.
    pub other_globals: &'a BTreeSet<String>,
    /// Whether all globals are known: no code is made of texts, no environment replaced, every module found.
    pub globals_are_known: bool,
    /// Where `require` looks first.
    pub folders: &'a [PathBuf],
}

impl<'a> Subject<'a> {
    pub fn new(
        program: &'a Program,
        surroundings: &'a Surroundings,
        (other_globals, globals_are_known): (&'a BTreeSet<String>, bool),
        folders: &'a [PathBuf],
    ) -> Subject<'a> {
        let sent = sent_functions(program);
        let mut extended: Vec<What> = program.writes.iter().filter_map(|write| program.what(write.named)).collect();
        extended.dedup();
        let (reads, tables) = (Reads::new(program), Tables::new(program));
        Subject { program, surroundings, sent, reads, tables, extended, other_globals, globals_are_known, folders }
    }
}

/// Looks at everything.
pub fn apply(subject: &Subject, findings: &mut Findings) {
    globals::check(subject, findings);
    fields::check(subject, findings);
    arguments::check(subject, findings);
    captures::check(subject, findings);
    modules::check(subject, findings);
    results::check(subject, findings);
    copies::check(subject, findings);
    late::check(subject, findings);
    let protected = subject.program.protected_functions();
    if !protected.is_empty() {
        findings.soften(|at| subject.program.is_in_any(at, &protected));
    }
}
