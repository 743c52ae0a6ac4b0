//! Whether a chunk that grows line by line is surely not complete: what is open in it is counted, each line once.
//!
//! The compiler could tell, too, and sees errors before the last line: it is asked for short texts always, for long ones each time
//! they have doubled.

use crate::lua::lexer::{Kind, tokens};

/// Shorter texts are compiled with each line.
const SHORT_BYTES: usize = 4 << 10;

/// The chunk that is being typed.
#[derive(Default)]
pub struct Pending {
    text: String,
    /// Up to here its tokens are counted; the one that begins here is open.
    counted: usize,
    /// What ends the long string or comment that is open.
    closing: Option<String>,
    /// Brackets and blocks that are open. A text with too many ends is wrong, which the compiler tells.
    depth: i64,
    /// The length at which it was last compiled.
    compiled_bytes: usize,
}

impl Pending {
    /// Whether `text` needs more lines for sure. `false`: that is for the compiler to say.
    pub fn is_surely_incomplete(&mut self, text: &str) -> bool {
        self.follow(text);
        if text.len() > SHORT_BYTES && self.is_open() && text.len() < self.compiled_bytes * 2 {
            return true;
        }
        self.compiled_bytes = text.len();
        false
    }

    fn is_open(&self) -> bool {
        self.depth > 0 || self.closing.is_some() || self.counted < self.text.len()
    }

    /// Takes in what is new in `text`; all of it, if that is not the former one with more lines.
    fn follow(&mut self, text: &str) {
        match text.strip_prefix(self.text.as_str()) {
            Some(new) if new.starts_with('\n') && !self.text.is_empty() => {
                let from = self.text.len();
                self.text.push_str(new);
                self.count(from);
            }
            _ => {
                *self = Pending { text: text.to_owned(), ..Pending::default() };
                self.count(0);
            }
        }
    }

    /// Counts what is open, where the text is new from `new` on.
    fn count(&mut self, new: usize) {
        if let Some(closing) = &self.closing {
            match self.text[new..].find(closing.as_str()) {
                Some(place) => self.counted = new + place + closing.len(),
                None => return,
            }
            self.closing = None;
        }
        let rest = &self.text[self.counted..];
        let mut end = rest.len();
        for token in tokens(rest) {
            let word = token.text(rest);
            match (token.kind, word) {
                (Kind::Symbol, "(" | "[" | "{") | (Kind::Keyword, "function" | "do" | "if" | "repeat") => {
                    self.depth += 1
                }
                (Kind::Symbol, ")" | "]" | "}") | (Kind::Keyword, "end" | "until") => self.depth -= 1,
                (Kind::String | Kind::Comment, _) if token.is_open => {
                    self.closing = closing_of(word);
                    // A string in quotes goes on behind a backslash only.
                    if self.closing.is_none() && token.kind == Kind::String && word.ends_with('\\') {
                        end = token.start;
                    }
                }
                _ => {}
            }
        }
        self.counted += end;
    }
}

/// What ends a long string or comment, by its begin: `]==]`. `None` if it is another one.
fn closing_of(word: &str) -> Option<String> {
    let bracket = word.strip_prefix("--").unwrap_or(word).strip_prefix('[')?;
    let level = bracket.bytes().take_while(|byte| *byte == b'=').count();
    bracket[level..].starts_with('[').then(|| format!("]{}]", "=".repeat(level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether something is open after each line.
    fn open(lines: &[&str]) -> Vec<bool> {
        let (mut pending, mut text) = (Pending::default(), String::new());
        let mut found = Vec::new();
        for line in lines {
            if !found.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
            pending.follow(&text);
            found.push(pending.is_open());
            let mut anew = Pending::default();
            anew.follow(&text);
            assert_eq!(anew.is_open(), pending.is_open(), "{text}");
        }
        found
    }

    #[test]
    fn what_is_open_is_known_after_each_line() {
        assert_eq!(open(&["x = {", "1, -- {", "f(2)", "}"]), [true, true, true, false]);
        assert_eq!(
            open(&["for i = 1, 2 do", "if x then", "elseif y then", "end", "end"]),
            [true, true, true, true, false]
        );
        assert_eq!(open(&["repeat", "local f = function()", "end", "until x"]), [true, true, true, false]);
        assert_eq!(open(&["x = [==[", "]] { ", "]==] {", "}"]), [true, true, true, false]);
        assert_eq!(open(&["--[[ (", "", "]]"]), [true, true, false]);
        assert_eq!(open(&["x = 'a\\", "b\\", "( c'"]), [true, true, false]);
        assert_eq!(open(&["x = 'a", "-- c"]), [false, false]);
        assert_eq!(open(&["end", "x = 1"]), [false, false]);
    }

    #[test]
    fn long_texts_are_compiled_each_time_they_have_doubled() {
        let mut pending = Pending::default();
        let mut text = String::from("x = {");
        let mut compiled = 0;
        while text.len() < SHORT_BYTES * 16 {
            text.push_str("\n  'some more words',");
            compiled += usize::from(!pending.is_surely_incomplete(&text) && text.len() > SHORT_BYTES);
        }
        assert!(compiled <= 5, "{compiled}");
        text.push_str("\n}");
        assert!(!pending.is_surely_incomplete(&text));
        // A change before the end is seen.
        assert!(!pending.is_surely_incomplete("x = {\n"));
    }
}
