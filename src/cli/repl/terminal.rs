//! The line editor on a terminal.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::config::{BellStyle, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{FileHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, Config, Context, Editor, Helper};

use super::background::Above;
use super::colors::{Colors, Paint};
use super::complete::{Candidate, Completion, complete};
use super::history::{HistoryFile, MOST_ENTRIES};
use super::modes::Changing;
use super::{Input, Session, highlight};

const PROMPT: &str = "> ";

/// Longer texts get no suggestions, and are not coloured with each key.
const LONGEST_BYTES: usize = 8 << 10;

/// More characters of a suggestion are not shown.
const LONGEST_HINT: usize = 200;

/// Reads chunks from a terminal.
pub struct Terminal {
    editor: Editor<Typist, FileHistory>,
    history: HistoryFile,
    above: Above,
    /// Something may have been written since the last prompt.
    is_used: bool,
}

impl Terminal {
    /// The editor for a session. What has to be said of the history comes second.
    pub fn open(session: Rc<Session>) -> rustyline::Result<(Terminal, Option<String>)> {
        let colors = if session.colors.are_on() { ColorMode::Enabled } else { ColorMode::Disabled };
        let config = Config::builder()
            .max_history_size(MOST_ENTRIES)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(BellStyle::None)
            .color_mode(colors)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Typist { session, is_final: Cell::new(false) }));
        let (history, notice) = HistoryFile::open(editor.history_mut());
        Ok((Terminal { editor, history, above: Above::new(), is_used: false }, notice))
    }

    /// The next chunk.
    pub fn read(&mut self) -> Input {
        if self.is_used {
            self.begin_line();
        }
        let editor = &mut self.editor;
        self.above.enter(|| match editor.create_external_printer() {
            Ok(printer) => Some(Box::new(printer)),
            Err(_) => None,
        });
        let modes = Changing::begin(true);
        let line = self.editor.readline(PROMPT);
        drop(modes);
        self.above.leave();
        self.is_used = true;
        match line {
            Ok(line) => {
                if !line.trim().is_empty() {
                    self.history.add(self.editor.history_mut(), &line);
                }
                Input::Chunk(line)
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(ReadlineError::Eof) => Input::End,
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => Input::NotText,
            Err(ReadlineError::Io(error)) => Input::Failed(error),
            Err(ReadlineError::Errno(error)) => Input::Failed(error.into()),
            Err(error) => Input::Failed(io::Error::other(error.to_string())),
        }
    }

    /// The prompt clears its line, so that it must not be that of what was printed without a newline. So many spaces as the screen is
    /// wide reach the next line, but from the begin of one.
    fn begin_line(&mut self) {
        let columns = self.editor.dimensions().map_or(80, |(columns, _)| usize::from(columns));
        let mut line = " ".repeat(columns);
        line.push('\r');
        let _ = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush());
    }

    /// An empty screen.
    pub fn clear(&mut self) {
        let _ = self.editor.clear_screen();
        self.is_used = false;
    }
}

/// Helps who types.
struct Typist {
    session: Rc<Session>,
    /// The line is shown as it stays on the screen, without a marked bracket.
    is_final: Cell<bool>,
}

impl Typist {
    fn colors(&self) -> Colors {
        self.session.colors
    }
}

impl Helper for Typist {}

impl Validator for Typist {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(if self.session.is_incomplete(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Typist {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Completion { start, candidates } = complete(&self.session, line, pos);
        let pair = |candidate: Candidate| Pair { display: candidate.shown, replacement: candidate.written };
        Ok((start, candidates.into_iter().map(pair).collect()))
    }
}

/// The rest of a chunk of the history.
struct Suggestion {
    rest: String,
    /// Its first line.
    shown: String,
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        Some(&self.rest)
    }
}

impl Hinter for Typist {
    type Hint = Suggestion;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Suggestion> {
        let history = context.history();
        if line.trim().is_empty() || pos < line.len() || line.len() > LONGEST_BYTES || history.is_empty() {
            return None;
        }
        let from = context.history_index().min(history.len() - 1);
        let found = history.starts_with(line, from, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(pos..).filter(|rest| !rest.is_empty())?;
        let mut shown: String = rest.lines().next().unwrap_or_default().chars().take(LONGEST_HINT).collect();
        if shown.len() < rest.len() {
            shown.push_str(" …");
        }
        Some(Suggestion { rest: rest.to_owned(), shown })
    }
}

impl Highlighter for Typist {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if super::commands::is_command(line) {
            let end = line.find(char::is_whitespace).unwrap_or(line.len());
            return format!("{}{}", self.colors().paint(Paint::Heading, &line[..end]), &line[end..]).into();
        }
        let is_global = |name: &str| self.session.is_own_global(name);
        let cursor = (!self.is_final.get()).then_some(pos);
        highlight::paint_with_bracket(line, self.colors(), &is_global, cursor).into()
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.colors().paint(Paint::Faint, hint).into()
    }

    fn highlight_char(&self, line: &str, _: usize, kind: CmdKind) -> bool {
        self.is_final.set(kind == CmdKind::ForcedRefresh);
        !self.is_final.get() && line.len() <= LONGEST_BYTES
    }
}
