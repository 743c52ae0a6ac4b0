//! `base64`: bytes as text and back.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use mlua::{BString, Lua, LuaString, Table};

use super::position::Position;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;

/// Padding may be there or not where text is read: both are common.
const READS_BOTH: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, READS_BOTH);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, READS_BOTH.with_encode_padding(false));

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let encode = bind(lua, "base64.encode", |_, (bytes, options): (LuaString, Option<Table>)| {
        let engine = engine(options, "encode")?;
        Ok(engine.encode(bytes.as_bytes()))
    })?;
    module.raw_set("encode", encode)?;
    let decode = bind(lua, "base64.decode", |_, (text, options): (LuaString, Option<Table>)| {
        let engine = engine(options, "decode")?;
        // Mail and PEM files break it into lines.
        let text = text.as_bytes();
        let letters: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match engine.decode(letters) {
            Ok(bytes) => Ok((Some(BString::from(bytes)), None)),
            Err(error) => Ok((None, Some(format!("not base64: {}", describe(&error, &text))))),
        }
    })?;
    module.raw_set("decode", decode)?;
    Ok(module)
}

fn engine(options: Option<Table>, function: &'static str) -> Result<&'static GeneralPurpose, Raise> {
    let url_safe = Options::new(options, &["url_safe"], function)?.boolean("url_safe")?;
    Ok(if url_safe.unwrap_or(false) { &URL_SAFE } else { &STANDARD })
}

/// What is wrong with a text, of which the decoder saw all but the white space.
fn describe(error: &DecodeError, text: &[u8]) -> String {
    let symbol = |place: usize, byte: u8| {
        let mut seen = text.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
        let at = seen.nth(place).map_or(text.len(), |(at, _)| at);
        // No character of UTF-8 is longer than four bytes.
        let rest = &text[at..text.len().min(at + 4)];
        let character = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let shown = character.map_or_else(|| format!("the byte {byte:#04x}"), |character| format!("{character:?}"));
        format!("{shown} at {}", Position::of(text, at))
    };
    match *error {
        DecodeError::InvalidByte(place, byte) => symbol(place, byte),
        DecodeError::InvalidLastSymbol(place, byte) => {
            format!("{} has bits that belong to no byte", symbol(place, byte))
        }
        DecodeError::InvalidLength(_) => "the last group of four letters has only one".to_owned(),
        DecodeError::InvalidPadding => "the padding is wrong".to_owned(),
    }
}
