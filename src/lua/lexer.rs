//! Lua's tokens, of text that may be unfinished or wrong: what is coloured, completed, and searched for names.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Keyword,
    Name,
    Number,
    String,
    Comment,
    /// An operator, a bracket, or a character that Lua does not know.
    Symbol,
}

/// A token: the bytes `start..end` of the text, which are whole characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// A string or a comment that goes on where the text ends.
    pub is_open: bool,
}

impl Token {
    pub fn text<'t>(&self, of: &'t str) -> &'t str {
        of.get(self.start..self.end).unwrap_or("")
    }
}

/// The reserved words.
pub const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
];

const LONG_SYMBOLS: &[&str] = &["...", "..", "==", "~=", "<=", ">=", "::"];

/// All tokens of `text`, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next() {
        found.push(token);
    }
    found
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<Token> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let second = self.bytes.get(start + 1).copied().unwrap_or(0);
        let (kind, is_open) = match first {
            b'-' if second == b'-' => (Kind::Comment, self.comment()),
            b'"' | b'\'' => (Kind::String, self.string(first)),
            b'[' if second == b'[' || second == b'=' => match self.long_bracket() {
                Some(is_open) => (Kind::String, is_open),
                None => {
                    self.at = start + 1;
                    (Kind::Symbol, false)
                }
            },
            b'0'..=b'9' => (self.number(), false),
            b'.' if second.is_ascii_digit() => (self.number(), false),
            _ if is_name(first) => {
                self.at = self.end_of(is_name);
                let is_keyword = KEYWORDS.contains(&&self.text[start..self.at]);
                (if is_keyword { Kind::Keyword } else { Kind::Name }, false)
            }
            _ => {
                let rest = &self.text[start..];
                let long = LONG_SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| symbol.len());
                self.at += long.or_else(|| rest.chars().next().map(char::len_utf8)).unwrap_or(1);
                (Kind::Symbol, false)
            }
        };
        Some(Token { kind, start, end: self.at, is_open })
    }

    fn end_of(&self, belongs: impl Fn(u8) -> bool) -> usize {
        let length = self.bytes[self.at..].iter().take_while(|byte| belongs(**byte)).count();
        self.at + length
    }

    /// Goes behind a comment; whether it is an open one.
    fn comment(&mut self) -> bool {
        self.at += 2;
        if self.bytes.get(self.at) == Some(&b'[')
            && let Some(is_open) = self.long_bracket()
        {
            return is_open;
        }
        self.at = self.end_of(|byte| byte != b'\n');
        self.at == self.bytes.len()
    }

    /// Goes behind a string in quotes. It ends at the end of its line, too.
    fn string(&mut self, quote: u8) -> bool {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at = self.after_escape(),
                b'\n' => return false,
                _ => self.at += 1,
            }
            if byte == quote {
                return false;
            }
        }
        true
    }

    /// Where the text goes on behind a backslash and the character after it.
    fn after_escape(&self) -> usize {
        let escaped = self.text.get(self.at + 1..).and_then(|rest| rest.chars().next());
        self.at + 1 + escaped.map_or(0, char::len_utf8)
    }

    /// Goes behind `[[…]]` or `[==[…]==]`; `None`, and nowhere, if here is none.
    fn long_bracket(&mut self) -> Option<bool> {
        let level = self.bytes[self.at + 1..].iter().take_while(|byte| **byte == b'=').count();
        if self.bytes.get(self.at + 1 + level) != Some(&b'[') {
            return None;
        }
        let inside = self.at + 2 + level;
        let close = format!("]{}]", "=".repeat(level));
        let end = self.text.get(inside..)?.find(&close).map(|place| inside + place + close.len());
        self.at = end.unwrap_or(self.bytes.len());
        Some(end.is_none())
    }

    fn number(&mut self) -> Kind {
        while let Some(&byte) = self.bytes.get(self.at) {
            let is_sign = (byte == b'+' || byte == b'-')
                && matches!(self.bytes[self.at - 1], b'e' | b'E' | b'p' | b'P')
                && !self.is_hexadecimal_e();
            if !(byte.is_ascii_alphanumeric() || byte == b'.' || is_sign) {
                break;
            }
            // `1..2` is wrong in Lua, but `a[1]..b` is written as often without the bracket.
            if byte == b'.' && self.bytes.get(self.at + 1) == Some(&b'.') {
                break;
            }
            self.at += 1;
        }
        Kind::Number
    }

    /// Whether the letter before is a digit of a hexadecimal number, not an exponent: `0xe+1`.
    fn is_hexadecimal_e(&self) -> bool {
        let before = &self.text[..self.at];
        let digits = before.trim_end_matches(|c: char| c.is_ascii_hexdigit());
        matches!(self.bytes[self.at - 1], b'e' | b'E') && (digits.ends_with("0x") || digits.ends_with("0X"))
    }
}

/// Bytes of names; LuaJIT takes those of other characters than ASCII's as letters.
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The place of the bracket that belongs to the one at `at`.
pub fn matching_bracket(text: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let place = tokens.iter().position(|token| token.start == at && token.kind == Kind::Symbol)?;
    let open = tokens[place].text(text);
    let pairs = [("(", ")"), ("[", "]"), ("{", "}")];
    let mut depth = 0usize;
    let mut step = |token: &Token, opens: &str, closes: &str| {
        if token.kind == Kind::Symbol {
            match token.text(text) {
                symbol if symbol == opens => depth += 1,
                symbol if symbol == closes => depth -= 1,
                _ => {}
            }
        }
        (depth == 0).then_some(token.start)
    };
    if let Some((opens, closes)) = pairs.iter().find(|(opens, _)| *opens == open) {
        return tokens[place..].iter().find_map(|token| step(token, opens, closes));
    }
    let (opens, closes) = pairs.iter().find(|(_, closes)| *closes == open)?;
    tokens[..=place].iter().rev().find_map(|token| step(token, closes, opens))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(Kind, &str)> {
        tokens(text).iter().map(|token| (token.kind, token.text(text))).collect()
    }

    #[test]
    fn kinds_are_told_apart() {
        use Kind::*;
        assert_eq!(
            shown("local größe = 0x1F + 1e-3 .. 'a\\'b' -- end"),
            [
                (Keyword, "local"),
                (Name, "größe"),
                (Symbol, "="),
                (Number, "0x1F"),
                (Symbol, "+"),
                (Number, "1e-3"),
                (Symbol, ".."),
                (String, "'a\\'b'"),
                (Comment, "-- end"),
            ]
        );
        assert_eq!(
            shown("a[1]..[==[x]]]==]"),
            [(Name, "a"), (Symbol, "["), (Number, "1"), (Symbol, "]"), (Symbol, ".."), (String, "[==[x]]]==]"),]
        );
        assert_eq!(shown("0xe+1"), [(Number, "0xe"), (Symbol, "+"), (Number, "1")]);
    }

    #[test]
    fn what_is_unfinished_is_open() {
        for (text, is_open) in
            [("'ab", true), ("'ab'", false), ("'ab\nx", false), ("[[a\nb", true), ("--[[ a", true), ("--[[a]]", false)]
        {
            assert_eq!(tokens(text)[0].is_open, is_open, "{text}");
        }
        assert!(tokens("'a\\").last().is_some_and(|token| token.is_open && token.end == 3));
    }

    #[test]
    fn any_text_has_tokens_of_whole_characters() {
        for text in
            ["\\", "'\\é", "é€\u{1F600}", "[=", "[", "--[=", "..", "0x", "1..", "\u{0}\u{1}", "\"\\\u{10FFFF}\""]
        {
            let found = tokens(text);
            assert!(found.iter().all(|token| text.get(token.start..token.end).is_some()), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn brackets_match_outside_of_strings() {
        let text = "f({ ')', [1] = (2) })";
        let found = tokens(text);
        assert_eq!(matching_bracket(text, &found, 1), Some(text.len() - 1));
        assert_eq!(matching_bracket(text, &found, text.len() - 1), Some(1));
        assert_eq!(matching_bracket(text, &found, 2), Some(text.len() - 2));
        assert_eq!(matching_bracket("(", &tokens("("), 0), None);
    }
}
