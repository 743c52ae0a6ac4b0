//! `path`: names of files, taken apart and put together. Nothing is looked at.

use mlua::{BString, Lua, LuaString, MultiValue, Table};

use crate::lua::bind::{Raise, bind};

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let join = bind(lua, "path.join", |lua, parts: MultiValue| {
        let mut joined = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let given = part.type_name();
            let Some(part) = lua.coerce_string(part)? else {
                return Err(Raise::argument(index + 1, format!("string expected, got {given}")));
            };
            add(&mut joined, &part.as_bytes());
        }
        Ok(BString::from(joined))
    })?;
    module.raw_set("join", join)?;
    for (name, part) in PARTS {
        let function =
            bind(lua, &format!("path.{name}"), move |_, path: LuaString| Ok(BString::from(part(&path.as_bytes()))))?;
        module.raw_set(*name, function)?;
    }
    let is_absolute = bind(lua, "path.is_absolute", |_, path: LuaString| Ok(path.as_bytes().starts_with(b"/")))?;
    module.raw_set("is_absolute", is_absolute)?;
    let relative = bind(lua, "path.relative", |_, (path, base): (LuaString, Option<LuaString>)| {
        let base = base.map_or_else(|| b".".to_vec(), |base| base.as_bytes().to_vec());
        let found = relative(&path.as_bytes(), &base).or_else(|| {
            // One of them is relative to where we are.
            let here = std::env::current_dir().ok()?.into_os_string();
            let here = std::os::unix::ffi::OsStringExt::into_vec(here);
            let absolute = |path: &[u8]| {
                let mut whole = here.clone();
                add(&mut whole, path);
                whole
            };
            relative(&absolute(&path.as_bytes()), &absolute(&base))
        });
        match found {
            Some(found) => Ok(BString::from(found)),
            None => Err(Raise::Message(format!(
                "there is no way from {:?} to {:?} without a name for the folder that `..` leaves",
                String::from_utf8_lossy(&base),
                path.to_string_lossy()
            ))),
        }
    })?;
    module.raw_set("relative", relative)?;
    Ok(module)
}

/// Takes one part out of a path.
type Part = fn(&[u8]) -> Vec<u8>;

const PARTS: &[(&str, Part)] = &[
    ("dirname", |path| dirname(path).to_vec()),
    ("basename", |path| basename(path).to_vec()),
    ("stem", |path| stem_and_extension(path).0.to_vec()),
    ("extension", |path| stem_and_extension(path).1.to_vec()),
    ("normalize", normalize),
];

/// Appends a part: an absolute one goes in place of all before it, an empty one is none.
fn add(joined: &mut Vec<u8>, part: &[u8]) {
    if part.starts_with(b"/") {
        joined.clear();
    } else if !joined.is_empty() && !part.is_empty() && !joined.ends_with(b"/") {
        joined.push(b'/');
    }
    joined.extend_from_slice(part);
}

fn without_slashes_at_end(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// The folder, as the command of this name gives it.
fn dirname(path: &[u8]) -> &[u8] {
    let trimmed = without_slashes_at_end(path);
    if trimmed.is_empty() {
        return if path.is_empty() { b"." } else { b"/" };
    }
    match trimmed.iter().rposition(|byte| *byte == b'/') {
        None => b".",
        Some(slash) => match without_slashes_at_end(&trimmed[..slash]) {
            b"" => b"/",
            folder => folder,
        },
    }
}

fn basename(path: &[u8]) -> &[u8] {
    let trimmed = without_slashes_at_end(path);
    if trimmed.is_empty() && !path.is_empty() {
        return b"/";
    }
    let start = trimmed.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    &trimmed[start..]
}

/// The last name without and with what follows its last dot; a dot in front begins no extension.
fn stem_and_extension(path: &[u8]) -> (&[u8], &[u8]) {
    let name = basename(path);
    match name.iter().rposition(|byte| *byte == b'.') {
        Some(dot) if dot > 0 && name != b".." => name.split_at(dot),
        _ => (name, b""),
    }
}

/// The names of a path, without `.` and with `..` taken back where that is possible.
fn names(path: &[u8]) -> Vec<&[u8]> {
    let is_absolute = path.starts_with(b"/");
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => match names.last() {
                Some(last) if *last != b".." => {
                    names.pop();
                }
                _ if is_absolute => {}
                _ => names.push(name),
            },
            name => names.push(name),
        }
    }
    names
}

fn normalize(path: &[u8]) -> Vec<u8> {
    let mut normal = if path.starts_with(b"/") { b"/".to_vec() } else { Vec::new() };
    normal.extend(names(path).join(&b'/'));
    if normal.is_empty() { b".".to_vec() } else { normal }
}

/// The way from `base` to `path`; `None` if that cannot be told from the names.
fn relative(path: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    if path.starts_with(b"/") != base.starts_with(b"/") {
        return None;
    }
    let (path, base) = (names(path), names(base));
    let common = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    if base[common..].contains(&&b".."[..]) {
        return None;
    }
    let up = std::iter::repeat_n(&b".."[..], base.len() - common);
    let way: Vec<&[u8]> = up.chain(path[common..].iter().copied()).collect();
    Some(if way.is_empty() { b".".to_vec() } else { way.join(&b'/') })
}
