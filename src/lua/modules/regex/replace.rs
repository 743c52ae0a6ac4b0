//! `gsub`: other text in place of matches.

use std::rc::Rc;

use mlua::{Function, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};

use super::walk::{Walk, captured, whole_or_groups};
use super::{Regex, Rest};
use crate::lua::bind::Raise;
use crate::lua::call_with_traceback;
use crate::lua::userdata::type_name;

/// What comes in place of a match.
enum Replacement {
    Template(Vec<Piece>),
    Function(Function),
    Table(Table),
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

pub(super) fn gsub(lua: &Lua, regex: &Rc<Regex>, text: LuaString, rest: Rest) -> Result<MultiValue, Raise> {
    let replacement = replacement(lua, regex, &rest)?;
    let most = rest.optional::<f64>(lua, 1, "number")?.unwrap_or(f64::INFINITY);
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut count) = (Vec::with_capacity(bytes.len()), 0, 0.0);
    let mut walk = Walk::new(regex, Some(0));
    while count < most && walk.next(regex, &bytes) {
        count += 1.0;
        let (start, end) = walk.span();
        out.extend_from_slice(&bytes[copied..start]);
        put(lua, &replacement, &walk, &bytes, &mut out)?;
        copied = end;
    }
    if count == 0.0 {
        return Ok((text.clone(), count).into_lua_multi(lua)?);
    }
    out.extend_from_slice(&bytes[copied..]);
    Ok((lua.create_string(&out)?, count).into_lua_multi(lua)?)
}

fn replacement(lua: &Lua, regex: &Regex, rest: &Rest) -> Result<Replacement, Raise> {
    let value = rest.value(0);
    match &value {
        Value::Function(function) => Ok(Replacement::Function(function.clone())),
        Value::Table(table) => Ok(Replacement::Table(table.clone())),
        _ => match lua.coerce_string(value.clone())? {
            Some(text) => match template(&text.as_bytes(), regex) {
                Ok(pieces) => Ok(Replacement::Template(pieces)),
                Err(text) => Err(Raise::argument(3, text)),
            },
            None => {
                let text = format!("string, function or table expected, got {}", type_name(&value));
                Err(Raise::argument(3, text))
            }
        },
    }
}

/// Appends what comes in place of the match.
fn put(lua: &Lua, replacement: &Replacement, walk: &Walk, text: &[u8], out: &mut Vec<u8>) -> Result<(), Raise> {
    let value = match replacement {
        Replacement::Template(pieces) => {
            for piece in pieces {
                match piece {
                    Piece::Text(piece) => out.extend_from_slice(piece),
                    Piece::Group(group) => out.extend_from_slice(walk.group(*group, text).unwrap_or_default()),
                }
            }
            return Ok(());
        }
        Replacement::Function(function) => {
            call_with_traceback(lua, function, whole_or_groups(lua, walk, text)?)?.pop_front().unwrap_or(Value::Nil)
        }
        Replacement::Table(table) => table.get(captured(lua, walk, usize::from(walk.groups() > 1), text)?)?,
    };
    if matches!(value, Value::Nil | Value::Boolean(false)) {
        out.extend_from_slice(walk.group(0, text).unwrap_or_default());
        return Ok(());
    }
    match lua.coerce_string(value.clone())? {
        Some(piece) => {
            out.extend_from_slice(&piece.as_bytes());
            Ok(())
        }
        None => Err(Raise::Message(format!("invalid replacement value (a {})", type_name(&value)))),
    }
}

/// `$1`, `${1}`, `$name`, `${name}`, and `$$` for a dollar sign. Any other one stands for itself.
fn template(text: &[u8], regex: &Regex) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'$' {
            plain.push(byte);
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"$") {
            plain.push(b'$');
            rest = after;
            continue;
        }
        let Some((name, after)) = reference(rest)? else {
            plain.push(b'$');
            continue;
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Group(group(name, regex)?));
        rest = after;
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// A name, and what follows it.
type Reference<'t> = (&'t [u8], &'t [u8]);

/// The name or number at the start of `text`, which follows a dollar sign, and what comes after it.
fn reference(text: &[u8]) -> Result<Option<Reference<'_>>, String> {
    if let Some(braced) = text.strip_prefix(b"{") {
        return match braced.iter().position(|byte| *byte == b'}') {
            Some(end) => Ok(Some((&braced[..end], &braced[end + 1..]))),
            None => Err("the replacement has `${` without `}`; a dollar sign is written `$$`".into()),
        };
    }
    let is_part: fn(&u8) -> bool = match text.first() {
        Some(byte) if byte.is_ascii_digit() => u8::is_ascii_digit,
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            |byte| byte.is_ascii_alphanumeric() || *byte == b'_'
        }
        _ => return Ok(None),
    };
    let end = text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len());
    Ok(Some(text.split_at(end)))
}

fn group(name: &[u8], regex: &Regex) -> Result<usize, String> {
    let name = String::from_utf8_lossy(name);
    let known = regex.compiled();
    let number = name.parse::<usize>().ok().filter(|number| *number < known.captures_len());
    let named = || known.capture_names().position(|known| known == Some(&*name));
    number.or_else(named).ok_or_else(|| {
        format!(
            "the replacement names the group `{name}`, which the pattern does not have; a dollar sign is written `$$`"
        )
    })
}
