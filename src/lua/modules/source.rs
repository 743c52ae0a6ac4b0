//! Text that comes piece by piece: from a string, a Lua file, a stream of the storage, or anything with their methods.

use std::ops::Range;

use mlua::{Function, Lua, Value};

use crate::lua::bind::Raise;
use crate::lua::call_with_traceback;
use crate::lua::stream::{Pull, method, pull};
use crate::lua::userdata::type_name;

/// Where the text comes from.
pub(super) enum Source {
    /// A string, a stream, or something else with a method `read`.
    Pieces(Box<dyn Pull>),
    /// A function that gives a line at each call, with its newline or without.
    Lines(Function),
}

impl Source {
    /// Makes a source of the first argument of `function`.
    pub fn new(lua: &Lua, value: Value, function: &str) -> Result<Source, Raise> {
        if let Value::Function(next) = value {
            return Ok(Source::Lines(next));
        }
        if let Some(pieces) = pull(lua, &value, "source")? {
            return Ok(Source::Pieces(pieces));
        }
        let Some(lines) = method(lua, &value, "lines")? else {
            let text = format!(
                "{function} reads a string, or something with a method `read` or `lines`, not a {}",
                type_name(&value)
            );
            return Err(Raise::argument(1, text));
        };
        match call_with_traceback(lua, &lines, value)?.pop_front() {
            Some(Value::Function(next)) => Ok(Source::Lines(next)),
            _ => Err(Raise::argument(1, "its method `lines` gives no iterator")),
        }
    }

    /// Appends the next piece to `buffer`; false at the end.
    pub fn fill(&mut self, lua: &Lua, buffer: &mut Vec<u8>) -> Result<bool, Raise> {
        let next = match self {
            Source::Pieces(pieces) => {
                let piece = pieces.next_chunk(lua)?;
                return Ok(piece.inspect(|piece| buffer.extend_from_slice(piece)).is_some());
            }
            Source::Lines(next) => next,
        };
        match call_with_traceback(lua, next, ())?.pop_front() {
            None | Some(Value::Nil) => Ok(false),
            Some(Value::String(line)) => {
                let line = line.as_bytes();
                buffer.extend_from_slice(&line);
                if line.last() != Some(&b'\n') {
                    buffer.push(b'\n');
                }
                Ok(true)
            }
            Some(other) => Err(Raise::message(format!("`lines` gave a {}, not a string", type_name(&other)))),
        }
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
