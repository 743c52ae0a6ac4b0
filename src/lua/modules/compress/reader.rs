//! `compress.reader`: what a compressed source holds, as a stream.

use bytes::{Buf, Bytes, BytesMut};
use mlua::{Function, Lua, Table, Value};

use super::format_of;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;
use crate::lua::stream::{self, ByteStream, Pull};
use crate::lua::userdata::type_name;
use crate::storage::compression::{Compression, Decoder, MAGIC_BYTES};

pub(super) fn function(lua: &Lua) -> mlua::Result<Function> {
    bind(lua, "compress.reader", |lua, (source, options): (Value, Option<Table>)| {
        let options = Options::new(options, &["format", "name"], "reader")?;
        let name = options.string("name")?;
        let expected = match format_of(&options)? {
            Some(format) => Expected::Surely(format),
            None => Expected::Perhaps(name.as_deref().and_then(Compression::of_name)),
        };
        let Some(source) = stream::pull(lua, &source, "source")? else {
            return Err(Raise::argument(
                1,
                format!("string, stream or open file expected, got {}", type_name(&source)),
            ));
        };
        let of = name.unwrap_or_else(|| "decompressed data".into());
        Ok(ByteStream::new(of, Decompressed { source, rest: Bytes::new(), state: State::Start(expected) }))
    })
}

#[derive(Clone, Copy)]
enum Expected {
    /// The script says so.
    Surely(Compression),
    /// The name says so, if there is one; the first bytes know better.
    Perhaps(Option<Compression>),
}

enum State {
    Start(Expected),
    Plain,
    Compressed(Decoder),
    Ended,
    /// It failed before, and fails again.
    Broken(String),
}

/// Decodes a source. It holds one piece of it.
struct Decompressed {
    source: Box<dyn Pull>,
    /// What was read and not decoded.
    rest: Bytes,
    state: State,
}

impl Pull for Decompressed {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        loop {
            match &mut self.state {
                State::Start(expected) => {
                    let expected = *expected;
                    self.state = self.begin(lua, expected)?;
                }
                State::Plain if self.rest.is_empty() => return self.source.next_chunk(lua),
                State::Plain => return Ok(Some(std::mem::take(&mut self.rest))),
                State::Compressed(decoder) => {
                    let mut out = Vec::new();
                    match advance(decoder, &mut *self.source, &mut self.rest, &mut out, lua) {
                        Ok(true) => {}
                        Ok(false) => self.state = State::Ended,
                        Err(Failure::Data(error)) => self.state = State::Broken(error.to_string()),
                        Err(Failure::Source(raise)) => return Err(raise),
                    }
                    // What came before the error is good.
                    if !out.is_empty() {
                        return Ok(Some(out.into()));
                    }
                }
                State::Ended => return Ok(None),
                State::Broken(text) => return Err(Raise::Message(text.clone())),
            }
        }
    }
}

impl Decompressed {
    /// Looks at the first bytes.
    fn begin(&mut self, lua: &Lua, expected: Expected) -> Result<State, Raise> {
        let mut first = BytesMut::from(&std::mem::take(&mut self.rest)[..]);
        let mut is_all = false;
        while first.len() < MAGIC_BYTES && !is_all {
            match self.source.next_chunk(lua) {
                Ok(Some(piece)) => first.extend_from_slice(&piece),
                Ok(None) => is_all = true,
                Err(raise) => {
                    self.rest = first.freeze();
                    return Err(raise);
                }
            }
        }
        let format = match expected {
            Expected::Surely(format) => Some(format),
            Expected::Perhaps(named) => Compression::of_magic(&first).or(named),
        };
        self.rest = first.freeze();
        match format {
            None => Ok(State::Plain),
            Some(format) => match Decoder::new(format) {
                Ok(decoder) => Ok(State::Compressed(decoder)),
                Err(error) => Err(Raise::Message(error.to_string())),
            },
        }
    }
}

enum Failure {
    Data(std::io::Error),
    Source(Raise),
}

/// Decodes some more into `out`; false at the end.
fn advance(
    decoder: &mut Decoder,
    source: &mut dyn Pull,
    rest: &mut Bytes,
    out: &mut Vec<u8>,
    lua: &Lua,
) -> Result<bool, Failure> {
    let step = decoder.push(rest, out).map_err(Failure::Data)?;
    rest.advance(step.taken);
    if step.wants_input {
        match source.next_chunk(lua).map_err(Failure::Source)? {
            Some(piece) => *rest = piece,
            None => {
                decoder.finish().map_err(Failure::Data)?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}
