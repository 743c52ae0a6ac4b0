//! Separators and quotes.

use mlua::Value;

use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// How fields are told apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub separator: u8,
    /// `None`: quotes mean nothing.
    pub quote: Option<u8>,
    /// A line that begins with it is no row.
    pub comment: Option<u8>,
}

impl Dialect {
    pub fn read(options: &Options) -> Result<Dialect, Raise> {
        let quote = match options.value("quote")? {
            Some(Value::Boolean(false)) => None,
            _ => Some(character(options, "quote")?.unwrap_or(b'"')),
        };
        let separator = character(options, "separator")?.unwrap_or(b',');
        if Some(separator) == quote {
            return Err(options.refuse(
                "separator",
                "another character than the quote",
                &options.value("separator")?.unwrap_or(Value::Nil),
            ));
        }
        Ok(Dialect { separator, quote, comment: None })
    }

    /// The same, and what only reading knows.
    pub fn read_with_comment(options: &Options) -> Result<Dialect, Raise> {
        Ok(Dialect { comment: character(options, "comment")?, ..Dialect::read(options)? })
    }
}

/// An option that is one character of ASCII, and no end of a line.
fn character(options: &Options, key: &str) -> Result<Option<u8>, Raise> {
    let Some(value) = options.value(key)? else { return Ok(None) };
    if let Value::String(text) = &value
        && let [character @ 0..0x80] = text.as_bytes()[..]
        && !matches!(character, b'\n' | b'\r')
    {
        return Ok(Some(character));
    }
    Err(options.refuse(key, "one character of ASCII", &value))
}
