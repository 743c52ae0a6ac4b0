//! Reads what a function mentions out of its bytecode: globals, string constants, modules it requires.
//!
//! The format is that of `string.dump` in LuaJIT 2.1: prototypes, innermost first, each with its instructions and constants.

use std::collections::BTreeSet;

type Name = Box<[u8]>;

/// What a function and the functions inside it mention.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Globals read or written by name.
    pub globals: BTreeSet<Name>,
    /// All string constants, keys and globals' names included.
    pub strings: BTreeSet<Name>,
    /// String constants of those functions that mention `require`.
    pub beside_require: BTreeSet<Name>,
}

impl Mentions {
    /// Whether globals may be reached under names that are not written as such: `_G[name]`, `getfenv()[name]`.
    pub fn reaches_globals_indirectly(&self) -> bool {
        ["_G", "getfenv"].iter().any(|name| self.globals.contains(name.as_bytes()))
    }
}

const HEAD: &[u8] = b"\x1bLJ\x02";
const FLAG_BIG_ENDIAN: u32 = 0x01;
const FLAG_STRIPPED: u32 = 0x02;
/// Opcodes, `BC_GGET` and `BC_GSET` of LuaJIT 2.1. A test compares them with the VM.
const GGET: u8 = 54;
const GSET: u8 = 55;
/// `BC_UGET`, and `BC_TSETV`, `BC_TSETS`, `BC_TSETB`.
const UGET: u8 = 45;
const TSET: std::ops::RangeInclusive<u8> = 60..=62;

/// `None`: not bytecode of this VM.
pub(super) fn mentions(dump: &[u8]) -> Option<Mentions> {
    let mut reader = Bytes(dump.strip_prefix(HEAD)?);
    let flags = reader.uleb()?;
    if flags & FLAG_BIG_ENDIAN != 0 {
        return None;
    }
    let stripped = flags & FLAG_STRIPPED != 0;
    if !stripped {
        let len = reader.uleb()?;
        reader.take(len as usize)?;
    }
    let mut mentions = Mentions::default();
    loop {
        let len = reader.uleb()? as usize;
        if len == 0 {
            return reader.0.is_empty().then_some(mentions);
        }
        prototype(Bytes(reader.take(len)?), stripped, &mut mentions)?;
    }
}

/// The numbers, from 0, of the upvalues in which a function itself sets fields; those inside it do not count.
pub fn changed_upvalues(dump: &[u8]) -> Vec<u16> {
    let mut changed = Vec::new();
    // Of those that hold an upvalue just now.
    let mut slots = [None; 256];
    for instruction in outermost_code(dump).unwrap_or_default().chunks_exact(4) {
        let [op, a, c, b] = [instruction[0], instruction[1], instruction[2], instruction[3]];
        if op == UGET {
            slots[usize::from(a)] = Some(u16::from_le_bytes([c, b]));
        } else if TSET.contains(&op) {
            changed.extend(slots[usize::from(b)]);
        }
    }
    changed
}

/// The instructions of the last prototype of a dump.
fn outermost_code(dump: &[u8]) -> Option<&[u8]> {
    let mut reader = Bytes(dump.strip_prefix(HEAD)?);
    let flags = reader.uleb()?;
    let stripped = flags & FLAG_STRIPPED != 0;
    if !stripped {
        let len = reader.uleb()?;
        reader.take(len as usize)?;
    }
    let mut last: &[u8] = &[];
    loop {
        let len = reader.uleb()? as usize;
        if len == 0 {
            break;
        }
        last = reader.take(len)?;
    }
    let mut reader = Bytes(last);
    reader.take(4)?;
    let (_, _, instructions) = (reader.uleb()?, reader.uleb()?, reader.uleb()? as usize);
    if !stripped && reader.uleb()? > 0 {
        reader.uleb()?;
        reader.uleb()?;
    }
    reader.take(instructions.checked_mul(4)?)
}

fn prototype(mut reader: Bytes<'_>, stripped: bool, mentions: &mut Mentions) -> Option<()> {
    // Flags, number of parameters, frame size.
    reader.take(3)?;
    let upvalues = reader.byte()? as usize;
    let gc_constants = reader.uleb()? as usize;
    let numbers = reader.uleb()? as usize;
    let instructions = reader.uleb()? as usize;
    let (mut debug_len, mut lines) = (0, 0);
    if !stripped {
        debug_len = reader.uleb()? as usize;
        if debug_len > 0 {
            reader.uleb()?;
            lines = reader.uleb()?;
        }
    }
    let code = reader.take(instructions.checked_mul(4)?)?;
    reader.take(upvalues * 2)?;
    let mut constants: Vec<Option<&[u8]>> = Vec::new();
    let mut strings: Vec<&[u8]> = Vec::new();
    for _ in 0..gc_constants {
        let constant = gc_constant(&mut reader, &mut strings)?;
        constants.push(constant);
        strings.extend(constant);
    }
    for _ in 0..numbers {
        if reader.uleb33_is_float()? {
            reader.uleb()?;
        }
    }
    let debug = reader.take(debug_len)?;
    if !reader.0.is_empty() {
        return None;
    }
    let mut requires = strings.contains(&&b"require"[..]) || upvalue_is_require(debug, instructions, lines, upvalues);
    for instruction in code.chunks_exact(4) {
        if instruction[0] == GGET || instruction[0] == GSET {
            let operand = usize::from(u16::from_le_bytes([instruction[2], instruction[3]]));
            // Constants are numbered from the end.
            let name = (*constants.get(constants.len().checked_sub(operand + 1)?)?)?;
            requires |= name == b"require";
            mentions.globals.insert(name.into());
        }
    }
    for string in strings {
        if requires {
            mentions.beside_require.insert(string.into());
        }
        mentions.strings.insert(string.into());
    }
    Some(())
}

/// `local require = require` at the top of a file makes it an upvalue of the functions below.
fn upvalue_is_require(debug: &[u8], instructions: usize, lines: u32, upvalues: usize) -> bool {
    let width = match lines {
        0..256 => 1,
        256..65536 => 2,
        _ => 4,
    };
    let names = debug.get(instructions.saturating_mul(width)..).unwrap_or_default();
    names.split(|&byte| byte == 0).take(upvalues).any(|name| name == b"require")
}

/// `Some(Some(text))` for a string; those inside a table constant go to `strings`.
fn gc_constant<'a>(reader: &mut Bytes<'a>, strings: &mut Vec<&'a [u8]>) -> Option<Option<&'a [u8]>> {
    match reader.uleb()? {
        0 => {}
        1 => {
            let array = reader.uleb()?;
            let pairs = reader.uleb()?;
            for _ in 0..u64::from(array) + 2 * u64::from(pairs) {
                match reader.uleb()? {
                    0..=2 => {}
                    3 => {
                        reader.uleb()?;
                    }
                    4 => {
                        reader.uleb()?;
                        reader.uleb()?;
                    }
                    string => strings.push(reader.take(string as usize - 5)?),
                }
            }
        }
        number @ 2..=4 => {
            for _ in 0..if number == 4 { 4 } else { 2 } {
                reader.uleb()?;
            }
        }
        string => return Some(Some(reader.take(string as usize - 5)?)),
    }
    Some(None)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn uleb(&mut self) -> Option<u32> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).ok();
            }
        }
        None
    }

    /// Skips a number constant's first half: 33 bits, whose lowest says whether a second half follows.
    fn uleb33_is_float(&mut self) -> Option<bool> {
        let first = self.byte()?;
        let mut byte = first;
        for _ in 0..4 {
            if byte < 0x80 {
                break;
            }
            byte = self.byte()?;
        }
        (byte < 0x80).then_some(first & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlua::{Lua, LuaString};

    fn of(source: &str) -> Mentions {
        let lua = Lua::new();
        let dump: LuaString = lua.load("return string.dump(loadstring(..., '=test'), 'd')").call(source).unwrap();
        mentions(&dump.as_bytes()).unwrap()
    }

    fn texts(names: &BTreeSet<Name>) -> Vec<&str> {
        names.iter().map(|name| std::str::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn the_opcodes_are_those_of_the_vm() {
        assert_eq!(texts(&of("return reading").globals), ["reading"]);
        assert_eq!(texts(&of("writing = 1").globals), ["writing"]);
        // Fields, locals, methods and upvalues are not globals.
        let body =
            "local t, x = {f = 1}, 2; return function(a) t.f = a.g; a:h('k'); return x, #t, -x, a .. 'z', {1, 2} end";
        assert!(of(body).globals.is_empty());
    }

    #[test]
    fn changed_upvalues_are_told_from_those_that_are_read() {
        let lua = Lua::new();
        let source = "local a, b, c, d = {}, {}, {}, {}
            return string.dump(function(x) local t = {} t[x] = a[x]; b[x] = 1; c.n = x; local function f() d[1] = x end
            return a, f end, 'd')";
        let dump: LuaString = lua.load(source).eval().unwrap();
        // In the order in which the function names them: a, b, c, d.
        assert_eq!(changed_upvalues(&dump.as_bytes()), [1, 2]);
        assert!(changed_upvalues(b"\x1bLJ\x02\x08\xff").is_empty());
    }

    #[test]
    fn nested_functions_and_every_kind_of_constant_are_read() {
        let found = of("local a = {1, 2.5, -3, true, nil, 'in table', k = 1e300, [false] = 'v'}
            local n = 1e9 + 0.1 + 4294967296 + -2147483648 + 2147483647
            return function() return function() return deep, 1LL, 2ULL, 3i, -1e-300, a, n end end");
        assert_eq!(texts(&found.globals), ["deep"]);
        assert!(["in table", "k", "v"].iter().all(|text| found.strings.contains(text.as_bytes())));
    }

    #[test]
    fn names_beside_require_are_candidates_for_modules() {
        let found = of("local other = 'no' return function() local m = require('inspect') return m end");
        assert_eq!(texts(&found.beside_require), ["inspect", "require"]);
        let local = of("local require = require return function() return require 'a.b' end");
        assert!(local.beside_require.contains(&b"a.b"[..]));
    }

    #[test]
    fn anything_else_is_none() {
        assert!(mentions(b"").is_none());
        assert!(mentions(b"\x1bLJ\x02\x08\xff\xff\xff\xff\xff\xff").is_none());
        let lua = Lua::new();
        let dump: LuaString = lua.load("return string.dump(function() return x, 'y', {1} end)").eval().unwrap();
        for len in 0..dump.as_bytes().len() {
            assert!(mentions(&dump.as_bytes()[..len]).is_none(), "cut at {len}");
        }
    }
}
