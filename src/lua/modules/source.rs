//! Text that comes piece by piece: from a string, a Lua file, a stream of the storage, or anything with their methods.

use std::ops::Range;

use mlua::{Function, Lua, LuaString, MultiValue, ObjectLike, Value};

use crate::lua::bind::Raise;
use crate::lua::call_with_traceback;

/// Pieces are of about this size.
const PIECE_BYTES: usize = 64 << 10;

/// Where the text comes from.
pub(super) enum Source {
    /// A string, of which `at` bytes are given.
    Text { text: LuaString, at: usize },
    /// Something with a method `read` as Lua's files have it.
    Reader { object: Value, read: Function },
    /// A function that gives a line at each call, without its end.
    Lines(Function),
}

impl Source {
    /// Makes a source of the first argument of `function`.
    pub fn new(lua: &Lua, value: Value, function: &str) -> Result<Source, Raise> {
        let methods = match &value {
            Value::String(text) => return Ok(Source::Text { text: text.clone(), at: 0 }),
            Value::Function(next) => return Ok(Source::Lines(next.clone())),
            Value::Table(table) => (table.get::<Value>("read")?, table.get::<Value>("lines")?),
            // A userdata of C may have no fields at all, which is an error of the VM's.
            Value::UserData(userdata) => (
                userdata.get::<Value>("read").unwrap_or(Value::Nil),
                userdata.get::<Value>("lines").unwrap_or(Value::Nil),
            ),
            _ => (Value::Nil, Value::Nil),
        };
        match methods {
            (Value::Function(read), _) => Ok(Source::Reader { object: value, read }),
            (_, Value::Function(lines)) => {
                let next = call_with_traceback(lua, &lines, value)?;
                match next.into_iter().next() {
                    Some(Value::Function(next)) => Ok(Source::Lines(next)),
                    _ => Err(Raise::argument(1, "its method `lines` gives no iterator")),
                }
            }
            _ => Err(Raise::argument(
                1,
                format!(
                    "{function} reads a string, or something with a method `read` or `lines`, not a {}",
                    type_name(&value)
                ),
            )),
        }
    }

    /// Appends the next piece to `buffer`; false at the end.
    pub fn fill(&mut self, lua: &Lua, buffer: &mut Vec<u8>) -> Result<bool, Raise> {
        match self {
            Source::Text { text, at } => {
                let bytes = text.as_bytes();
                let piece = &bytes[*at..bytes.len().min(*at + PIECE_BYTES)];
                buffer.extend_from_slice(piece);
                *at += piece.len();
                Ok(!piece.is_empty())
            }
            Source::Reader { object, read } => {
                let piece = text_of(call_with_traceback(lua, read, (&*object, PIECE_BYTES))?, "read")?;
                Ok(piece.is_some_and(|piece| {
                    buffer.extend_from_slice(&piece.as_bytes());
                    !piece.as_bytes().is_empty()
                }))
            }
            Source::Lines(next) => {
                let line = text_of(call_with_traceback(lua, next, ())?, "lines")?;
                Ok(line.is_some_and(|line| {
                    buffer.extend_from_slice(&line.as_bytes());
                    buffer.push(b'\n');
                    true
                }))
            }
        }
    }
}

/// What a method for reading gave: a piece, or nil and perhaps why.
fn text_of(values: MultiValue, method: &str) -> Result<Option<LuaString>, Raise> {
    let mut values = values.into_iter();
    match (values.next().unwrap_or(Value::Nil), values.next()) {
        (Value::String(piece), _) => Ok(Some(piece)),
        (Value::Nil, None | Some(Value::Nil)) => Ok(None),
        (Value::Nil, Some(Value::String(error))) => {
            Err(Raise::message(format!("cannot read: {}", error.to_string_lossy())))
        }
        (Value::Nil, Some(error)) => Err(Raise::Value(error)),
        (other, _) => Err(Raise::message(format!("`{method}` gave a {}, not a string", type_name(&other)))),
    }
}

/// The lines of a source, of which it holds one and a piece.
pub(super) struct Lines {
    source: Source,
    buffer: Vec<u8>,
    /// Where the next line begins, and how far it was searched for its end.
    start: usize,
    searched: usize,
    is_ended: bool,
    /// How many lines were given.
    pub count: u64,
}

impl Lines {
    pub fn new(source: Source) -> Lines {
        Lines { source, buffer: Vec::new(), start: 0, searched: 0, is_ended: false, count: 0 }
    }

    /// Where the next line is in [`Lines::text`], without its end.
    pub fn next(&mut self, lua: &Lua) -> Result<Option<Range<usize>>, Raise> {
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
                let end = self.searched + found;
                return Ok(Some(self.give(end, end + 1)));
            }
            self.searched = self.buffer.len();
            if self.is_ended {
                let end = self.buffer.len();
                return Ok((self.start < end).then(|| self.give(end, end)));
            }
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
            self.is_ended = !self.source.fill(lua, &mut self.buffer)?;
        }
    }

    fn give(&mut self, end: usize, next: usize) -> Range<usize> {
        let line = self.start..end;
        (self.start, self.searched) = (next, next);
        self.count += 1;
        line
    }

    /// What is in memory.
    pub fn text(&self) -> &[u8] {
        &self.buffer
    }
}

/// What Lua calls the type of `value`: mlua has two kinds of numbers.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "number",
        other => other.type_name(),
    }
}
