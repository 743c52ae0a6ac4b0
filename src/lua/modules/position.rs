//! Where in a text something is, as messages tell it.

use std::fmt;

/// A line and a column, both from 1. Columns count characters of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub line: u64,
    pub column: u64,
}

impl Position {
    /// The position of the byte at `index` in `text`, which may be its end.
    pub fn of(text: &[u8], index: usize) -> Position {
        let before = &text[..index.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line = 1 + memchr::memchr_iter(b'\n', before).count() as u64;
        // Bytes that continue a character are no columns of their own.
        let characters = before[line_start..].iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64;
        Position { line, column: 1 + characters }
    }

    /// The same position, in a text that comes after `lines` whole lines of another.
    pub fn after_lines(self, lines: u64) -> Position {
        Position { line: self.line + lines, ..self }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// How many bytes of a byte order mark `text` begins with.
pub(super) fn byte_order_mark(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let position = |text: &str, index| Position::of(text.as_bytes(), index).to_string();
        assert_eq!(position("", 0), "line 1 column 1");
        assert_eq!(position("ab\ncd", 1), "line 1 column 2");
        assert_eq!(position("ab\ncd", 2), "line 1 column 3");
        assert_eq!(position("ab\ncd", 3), "line 2 column 1");
        assert_eq!(position("ab\ncd", 99), "line 2 column 3");
        assert_eq!(position("éé,", 4), "line 1 column 3");
    }
}
