//! `base64`: bytes as text and back.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mlua::{BString, Lua, LuaString, Table};

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
        let text: Vec<u8> = text.as_bytes().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match engine.decode(text) {
            Ok(bytes) => Ok((Some(BString::from(bytes)), None)),
            Err(error) => Ok((None, Some(format!("not base64: {error}")))),
        }
    })?;
    module.raw_set("decode", decode)?;
    Ok(module)
}

fn engine(options: Option<Table>, function: &'static str) -> Result<&'static GeneralPurpose, Raise> {
    let url_safe = Options::new(options, &["url_safe"], function)?.boolean("url_safe")?;
    Ok(if url_safe.unwrap_or(false) { &URL_SAFE } else { &STANDARD })
}
