//! `compress`: gzip, zstd and bzip2, whole or piece by piece.
//!
//! - `encoder` compresses; decoding is [`crate::storage::compression`], which objects use, too.
//! - `reader` makes a stream of what a compressed source holds, `writer` compresses what is written to it.

mod encoder;
mod reader;
mod writer;

use mlua::{BString, Lua, LuaString, Table};

use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;
use crate::storage::compression::{Compression, Decoder};

use encoder::Encoder;

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    for format in [Compression::Gzip, Compression::Zstd, Compression::Bzip2] {
        let name = format.as_str();
        let compress =
            bind(lua, &format!("compress.{name}"), move |_, (bytes, options): (LuaString, Option<Table>)| {
                let options = Options::new(options, &["level"], name)?;
                let mut encoder = Encoder::new(format, encoder::level(&options, format)?)?;
                encoder.write(&bytes.as_bytes())?;
                Ok(BString::from(encoder.finish()?))
            })?;
        module.raw_set(name, compress)?;
    }
    let decompress = bind(lua, "compress.decompress", |_, (bytes, options): (LuaString, Option<Table>)| {
        let options = Options::new(options, &["format"], "decompress")?;
        let bytes = bytes.as_bytes();
        let Some(format) = format_of(&options)?.or_else(|| Compression::of_magic(&bytes)) else {
            return Ok((None, Some("this is no gzip, zstd or bzip2 data".to_owned())));
        };
        Ok(match decompress(format, &bytes) {
            Ok(whole) => (Some(BString::from(whole)), None),
            Err(error) => (None, Some(error.to_string())),
        })
    })?;
    module.raw_set("decompress", decompress)?;
    let detect = bind(lua, "compress.detect", |_, (name, first): (Option<LuaString>, Option<LuaString>)| {
        let by_magic = first.and_then(|first| Compression::of_magic(&first.as_bytes()));
        let found = by_magic.or_else(|| Compression::of_name(&name?.to_string_lossy()));
        Ok(found.map(Compression::as_str))
    })?;
    module.raw_set("detect", detect)?;
    module.raw_set("reader", reader::function(lua)?)?;
    module.raw_set("writer", writer::function(lua)?)?;
    Ok(module)
}

/// The option `format`.
fn format_of(options: &Options) -> Result<Option<Compression>, Raise> {
    Ok(options.choice("format", &Compression::NAMES)?.and_then(Compression::named))
}

fn decompress(format: Compression, mut input: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = Decoder::new(format)?;
    let mut whole = Vec::new();
    loop {
        let step = decoder.push(input, &mut whole)?;
        input = &input[step.taken..];
        if step.wants_input {
            decoder.finish()?;
            return Ok(whole);
        }
    }
}
