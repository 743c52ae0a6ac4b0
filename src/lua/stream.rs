//! Streams of bytes in a script's hands, with the methods of Lua's files: `:read(…)`, `:lines(…)`, `:close()`.
//!
//! Whatever can give its bytes piece by piece is a [`Pull`], and a [`ByteStream`] makes it a stream. A type of its own
//! that is a stream implements [`Readable`], mostly over a [`Buffer`], and takes its methods from [`methods`].

use std::marker::PhantomData;

use bytes::Bytes;
use mlua::{Function, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};

use super::api::storage::ObjectStream;
use super::bind::{Raise, bind};
use super::call_with_traceback;
use super::lines::{Ahead, Iterators, Lines};
use super::userdata;
use crate::codec::RUNTIME_CHUNK;
use crate::storage::CHUNK_BYTES;

/// Gives bytes piece by piece.
pub trait Pull {
    /// The next piece, never empty; `None` at the end, and ever after.
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise>;
}

/// What to read, as for Lua's files.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// Up to so many bytes.
    Bytes(u64),
    /// A line.
    Line { keep_newline: bool },
    /// All that is left, an empty string at the end.
    All,
}

impl Format {
    /// The format that is the argument at `position`; nil is a line.
    pub fn of(value: &Value, position: usize) -> Result<Format, Raise> {
        let invalid = || Err(Raise::argument(position, "invalid format"));
        let count = match value {
            Value::Nil => return Ok(Format::Line { keep_newline: false }),
            Value::String(text) => {
                let text = text.as_bytes();
                return match text.strip_prefix(b"*").unwrap_or(&text) {
                    b"l" => Ok(Format::Line { keep_newline: false }),
                    b"L" => Ok(Format::Line { keep_newline: true }),
                    b"a" => Ok(Format::All),
                    _ => invalid(),
                };
            }
            Value::Integer(count) => *count as f64,
            Value::Number(count) => *count,
            _ => return invalid(),
        };
        // What is more than anything has is all of it.
        if count >= 0.0 { Ok(Format::Bytes(count as u64)) } else { invalid() }
    }
}

/// What is reserved before it is known that there is so much to read.
const MOST_RESERVED_BYTES: usize = 1 << 20;

/// What was read and not given away: at most one chunk.
#[derive(Debug)]
pub struct Buffer {
    ahead: Ahead,
    /// Ends a line.
    newline: u8,
    /// What the source failed with. What was read by then is lost, so that nothing may follow.
    failed: Option<Raise>,
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer::with_newline(b'\n')
    }
}

impl Buffer {
    /// A buffer whose lines end with this byte.
    pub fn with_newline(newline: u8) -> Buffer {
        Buffer { ahead: Ahead::default(), newline, failed: None }
    }

    /// What is in it, which is then empty.
    pub fn take(&self) -> Option<Bytes> {
        Some(self.ahead.take()).filter(|chunk| !chunk.is_empty())
    }

    /// For iterators over its lines.
    pub fn lines(&self, keep_newline: bool) -> Lines {
        Lines { ahead: self.ahead.clone(), newline: self.newline, keep_newline }
    }

    /// Reads from the buffer, and from `source` what it lacks. `None` at the end.
    pub fn read(&mut self, lua: &Lua, source: &mut dyn Pull, format: Format) -> Result<Option<LuaString>, Raise> {
        match format {
            Format::Line { keep_newline } => self.line(lua, source, keep_newline),
            Format::Bytes(count) => self.bytes(lua, source, count),
            Format::All => {
                let rest = self.bytes(lua, source, u64::MAX)?;
                Ok(Some(rest.map_or_else(|| lua.create_string(""), Ok)?))
            }
        }
    }

    /// What is in it, or the next piece of `source`, which fails again once it failed. `None` at the end.
    pub fn next_chunk(&mut self, lua: &Lua, source: &mut dyn Pull) -> Result<Option<Bytes>, Raise> {
        if let Some(chunk) = self.take() {
            return Ok(Some(chunk));
        }
        if let Some(raise) = &self.failed {
            return Err(raise.clone());
        }
        source.next_chunk(lua).inspect_err(|raise| self.failed = Some(raise.clone()))
    }

    /// Makes sure that there is something to give; false at the end.
    fn fill(&mut self, lua: &Lua, source: &mut dyn Pull) -> Result<bool, Raise> {
        if self.ahead.borrow().is_empty() {
            match self.next_chunk(lua, source)? {
                Some(chunk) => self.ahead.replace(chunk),
                None => return Ok(false),
            };
        }
        Ok(true)
    }

    /// Up to `count` bytes of what is there.
    fn split(&mut self, count: u64) -> Bytes {
        let mut ahead = self.ahead.borrow_mut();
        let count = usize::try_from(count).map_or(ahead.len(), |count| count.min(ahead.len()));
        ahead.split_to(count)
    }

    fn line(&mut self, lua: &Lua, source: &mut dyn Pull, keep_newline: bool) -> Result<Option<LuaString>, Raise> {
        // What earlier chunks hold of the line.
        let mut begun: Option<Vec<u8>> = None;
        while self.fill(lua, source)? {
            let newline = memchr::memchr(self.newline, &self.ahead.borrow());
            let Some(newline) = newline else {
                begun.get_or_insert_default().extend_from_slice(&self.ahead.take());
                continue;
            };
            let piece = self.split(newline as u64 + 1);
            let piece = &piece[..newline + usize::from(keep_newline)];
            return Ok(Some(match &mut begun {
                None => lua.create_string(piece)?,
                Some(begun) => {
                    begun.extend_from_slice(piece);
                    lua.create_string(begun)?
                }
            }));
        }
        Ok(begun.map(|last| lua.create_string(last)).transpose()?)
    }

    /// Up to `count` bytes; `None` at the end.
    fn bytes(&mut self, lua: &Lua, source: &mut dyn Pull, count: u64) -> Result<Option<LuaString>, Raise> {
        if !self.fill(lua, source)? {
            return Ok(None);
        }
        let first = self.split(count);
        if first.len() as u64 == count {
            return Ok(Some(lua.create_string(&first)?));
        }
        let mut piece = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX).min(MOST_RESERVED_BYTES));
        piece.extend_from_slice(&first);
        while (piece.len() as u64) < count && self.fill(lua, source)? {
            piece.extend_from_slice(&self.split(count - piece.len() as u64));
        }
        Ok(Some(lua.create_string(piece)?))
    }
}

/// A userdata that is a stream.
pub trait Readable {
    /// Reads one thing; `None` at the end. Raises if the stream is closed.
    fn read(&mut self, lua: &Lua, format: Format) -> Result<Option<LuaString>, Raise>;
    /// Gives what is there, or the next piece, for those who want bytes and no Lua string. Otherwise like `read`.
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise>;
    /// Lets go of the source, and of what was read ahead. Safe to call twice.
    fn close(&mut self);
    /// What was read ahead; `None` if the stream is closed.
    fn buffer(&self) -> Option<&Buffer>;
}

/// The error of whoever reads from a stream that is closed.
pub fn closed() -> Raise {
    Raise::message("attempt to use a closed stream")
}

/// The methods of a stream.
pub fn methods<T: Readable + 'static>(lua: &Lua) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let read = bind(lua, "stream.read", |lua, mut formats: MultiValue| {
        let this = formats.pop_front().unwrap_or(Value::Nil);
        read_all(lua, &mut *userdata::borrow_mut::<T>(&this, "stream")?, formats)
    })?;
    methods.raw_set("read", read)?;
    let iterators = Iterators::new(lua, "stream.lines", |lua, this, keep_newline| {
        userdata::borrow_mut::<T>(&this, "stream")?.read(lua, Format::Line { keep_newline })
    })?;
    let lines = bind(lua, "stream.lines", move |lua, (this, wanted): (Value, Value)| {
        let format = Format::of(&wanted, 2)?;
        if let Format::Line { keep_newline } = format {
            let lines = userdata::borrow::<T>(&this, "stream")?.buffer().map(|buffer| buffer.lines(keep_newline));
            if let Some(lines) = lines {
                return Ok(iterators.over(lua, &this, lines)?);
            }
        }
        userdata::this::<T>(&this, "stream")?;
        let next =
            bind(lua, "stream.lines", move |lua, ()| userdata::borrow_mut::<T>(&this, "stream")?.read(lua, format))?;
        Ok(next)
    })?;
    methods.raw_set("lines", lines)?;
    let close = bind(lua, "stream.close", |_, this: Value| {
        userdata::borrow_mut::<T>(&this, "stream")?.close();
        Ok(true)
    })?;
    methods.raw_set("close", close)?;
    Ok(methods)
}

/// Reads one thing for each format, and a line if there is none; the first that is not there is nil and the last.
pub fn read_all(lua: &Lua, stream: &mut dyn Readable, mut formats: MultiValue) -> Result<MultiValue, Raise> {
    if formats.is_empty() {
        formats.push_back(Value::Nil);
    }
    let mut values = MultiValue::with_capacity(formats.len());
    for (index, wanted) in formats.iter().enumerate() {
        let piece = stream.read(lua, Format::of(wanted, index + 2)?)?;
        let is_end = piece.is_none();
        values.push_back(piece.map_or(Value::Nil, Value::String));
        if is_end {
            break;
        }
    }
    Ok(values)
}

/// A stream over anything that gives bytes.
pub struct ByteStream {
    /// What it is a stream of, for `tostring`.
    of: String,
    /// `None`: closed.
    source: Option<Box<dyn Pull>>,
    buffer: Buffer,
}

impl ByteStream {
    /// `of` is what `tostring` shows after "stream of".
    pub fn new(of: impl Into<String>, source: impl Pull + 'static) -> ByteStream {
        ByteStream { of: of.into(), source: Some(Box::new(source)), buffer: Buffer::default() }
    }
}

impl Readable for ByteStream {
    fn read(&mut self, lua: &Lua, format: Format) -> Result<Option<LuaString>, Raise> {
        let source = self.source.as_mut().ok_or_else(closed)?;
        self.buffer.read(lua, &mut **source, format)
    }

    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        let source = self.source.as_mut().ok_or_else(closed)?;
        self.buffer.next_chunk(lua, &mut **source)
    }

    fn close(&mut self) {
        self.source = None;
        self.buffer.take();
    }

    fn buffer(&self) -> Option<&Buffer> {
        Some(&self.buffer)
    }
}

impl UserData for ByteStream {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "stream");
        fields.add_meta_field_with(MetaMethod::Index, methods::<ByteStream>);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(if this.source.is_some() { format!("stream of {}", this.of) } else { "stream (closed)".into() })
        });
    }
}

/// The bytes of what a script hands in: a string, a stream, an open file, or anything else that has a method `read`. A stream
/// stays open, and goes on where this ended. `None` if `value` is nothing of these; `what` it is is for messages.
pub fn pull(lua: &Lua, value: &Value, what: &'static str) -> Result<Option<Box<dyn Pull>>, Raise> {
    if let Value::String(text) = value {
        return Ok(Some(Box::new(Text { text: text.clone(), given: 0 })));
    }
    if let Some(userdata) = value.as_userdata() {
        if userdata.is::<ByteStream>() {
            return Ok(Some(Box::new(Shared::<ByteStream>(value.clone(), PhantomData))));
        }
        if userdata.is::<ObjectStream>() {
            return Ok(Some(Box::new(Shared::<ObjectStream>(value.clone(), PhantomData))));
        }
    }
    Ok(match LuaReader::of(lua, value)? {
        Some(reader) => Some(Box::new(Named { reader, what })),
        None => None,
    })
}

struct Text {
    text: LuaString,
    given: usize,
}

impl Pull for Text {
    fn next_chunk(&mut self, _: &Lua) -> Result<Option<Bytes>, Raise> {
        let bytes = self.text.as_bytes();
        let rest = &bytes[self.given..];
        let piece = &rest[..rest.len().min(CHUNK_BYTES)];
        self.given += piece.len();
        Ok((!piece.is_empty()).then(|| Bytes::copy_from_slice(piece)))
    }
}

/// A stream that the script has, too.
struct Shared<T>(Value, PhantomData<T>);

impl<T: Readable + 'static> Pull for Shared<T> {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        userdata::borrow_mut::<T>(&self.0, "stream")?.next_chunk(lua)
    }
}

struct Named {
    reader: LuaReader,
    what: &'static str,
}

impl Pull for Named {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        self.reader.next_piece(lua, CHUNK_BYTES, self.what)
    }
}

/// Anything of a script's that has a method `read`: open files, streams, tables.
pub struct LuaReader {
    object: Value,
    read: Function,
}

impl LuaReader {
    /// `None` if `value` has no such method.
    pub fn of(lua: &Lua, value: &Value) -> Result<Option<LuaReader>, Raise> {
        Ok(method(lua, value, "read")?.map(|read| LuaReader { object: value.clone(), read }))
    }

    /// The next piece, about `size_bytes` long and never empty; `None` at the end. `what` it belongs to is for messages.
    pub fn next_piece(&self, lua: &Lua, size_bytes: usize, what: &str) -> Result<Option<Bytes>, Raise> {
        loop {
            let mut values = call_with_traceback(lua, &self.read, (&self.object, size_bytes))?;
            let piece = values.pop_front().unwrap_or(Value::Nil);
            return match piece {
                // Nothing yet.
                Value::String(piece) if piece.as_bytes().is_empty() => continue,
                Value::String(piece) => Ok(Some(Bytes::copy_from_slice(&piece.as_bytes()))),
                Value::Nil => match values.pop_front() {
                    None | Some(Value::Nil) => Ok(None),
                    Some(Value::String(text)) => Err(Raise::Message(text.to_string_lossy())),
                    Some(error) => Err(Raise::Value(error)),
                },
                other => {
                    let text =
                        format!("the {what}'s `read` gave a {}, not a string or nil", userdata::type_name(&other));
                    Err(Raise::Message(text))
                }
            };
        }
    }
}

/// The method `name` of a userdata or table, reached as Lua code reaches it: a field of foreign userdata, too.
pub fn method(lua: &Lua, value: &Value, name: &str) -> Result<Option<Function>, Raise> {
    if !matches!(value, Value::UserData(_) | Value::Table(_)) {
        return Ok(None);
    }
    let get: Function =
        lua.load("local object, name = ... return object[name]").set_name(RUNTIME_CHUNK).into_function()?;
    let found = call_with_traceback(lua, &get, (value, name)).ok().and_then(|mut values| values.pop_front());
    Ok(found.and_then(|found| found.as_function().cloned()))
}
