//! Colours, where they are wanted.

use std::io::IsTerminal;

/// What is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Keyword,
    Text,
    Number,
    Comment,
    /// A global of the VM's own.
    Global,
    /// The bracket that belongs to the one at the cursor.
    Bracket,
    /// What is suggested.
    Faint,
    Error,
    Heading,
}

impl Paint {
    /// The parameters of the escape sequence that begins it. Only the terminal's own sixteen colours, which its user has chosen.
    fn code(self) -> &'static str {
        match self {
            Paint::Keyword => "35",
            Paint::Text => "32",
            Paint::Number => "36",
            Paint::Comment | Paint::Faint => "90",
            Paint::Global => "34",
            Paint::Bracket => "1;4",
            Paint::Error => "31",
            Paint::Heading => "1",
        }
    }
}

/// Whether a stream gets colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors(bool);

impl Colors {
    #[cfg(test)]
    pub const NONE: Colors = Colors(false);
    /// On, whatever the streams of the tests are.
    #[cfg(test)]
    pub const ON_FOR_TESTS: Colors = Colors(true);

    /// As everywhere in this program.
    pub fn of(stream: &impl IsTerminal) -> Colors {
        Colors(crate::cli::colors::are_wanted(stream))
    }

    pub fn are_on(self) -> bool {
        self.0
    }

    /// `text` in a colour.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", paint.code()) } else { text.to_owned() }
    }
}
