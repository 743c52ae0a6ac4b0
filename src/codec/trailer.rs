//! The index at the end of a message, which says what its objects are before they are met.

use std::ffi::c_int;

use mlua::ffi;

use super::ModuleSource;
use super::decode::{Decoder, Entry, OBJECTS, Read};
use super::wire::{Kind, Malformed, Reader, flag};

/// A table of objects for at most this many serves the next message of a list as well.
const REUSED: usize = 64;

impl<'m> Decoder<'_, 'm> {
    /// Reads the trailer, provides the modules, and makes room for the objects.
    ///
    /// # Safety
    /// As for `begin`.
    pub unsafe fn trailer(&mut self, message: &'m [u8], flags: u8) -> Read {
        let Some((front, last)) = message.split_last_chunk::<8>() else {
            return Ok(self.body.bad("ends too early")?);
        };
        let start = match usize::try_from(u64::from_le_bytes(*last)) {
            Ok(start) if (2..=front.len()).contains(&start) => start,
            _ => return Ok(self.body.bad("has a trailer outside of it")?),
        };
        let mut trailer = Reader::new(front, start);
        let modules = trailer.count()?;
        if modules > 0 && flags & flag::CODE == 0 {
            trailer.bad("has modules but no code")?;
        }
        for _ in 0..modules {
            let name = utf8(&trailer, trailer.clone().bytes()?)?;
            trailer.bytes()?;
            let chunk_name = utf8(&trailer, trailer.clone().bytes()?)?.to_owned();
            trailer.bytes()?;
            let source = bytes::Bytes::copy_from_slice(trailer.bytes()?);
            self.inner.surroundings.modules.provide(name, ModuleSource { chunk_name, source });
        }
        self.blobs.clear();
        for _ in 0..trailer.count()? {
            self.blobs.push(trailer.bytes()?);
        }
        self.cells.clear();
        // What the tables promise to hold must fit into the message, at a byte each at least.
        let mut promised = 0u64;
        for _ in 0..trailer.count()? {
            let Some(kind) = Kind::from_wire(trailer.varint()?) else {
                return Ok(trailer.bad("has an unknown kind of object")?);
            };
            if kind.is_code() && flags & flag::CODE == 0 {
                trailer.bad("has a function but no code")?;
            }
            let (Ok(a), Ok(b)) = (u32::try_from(trailer.varint()?), u32::try_from(trailer.varint()?)) else {
                return Ok(trailer.bad("has an object beyond all sizes")?);
            };
            // Sizes are C integers to the VM.
            const MAX: u32 = 1 << 30;
            if a > MAX || b > MAX || self.entries.len() > MAX as usize {
                trailer.bad("has an object beyond all sizes")?;
            }
            match kind {
                Kind::Table | Kind::TableWithMeta => promised += u64::from(a) + 2 * u64::from(b),
                Kind::Function | Kind::FunctionWithEnv | Kind::Handle if a as usize >= self.blobs.len() => {
                    trailer.bad("refers to a blob that is not there")?;
                }
                _ => {}
            }
            self.entries.push(Entry { kind, a, b, made: false });
        }
        if promised > start as u64 {
            trailer.bad("has tables larger than itself")?;
        }
        if trailer.remaining() > 0 {
            trailer.bad("has something after its trailer")?;
        }
        self.body = Reader::new(&front[..start], self.body.pos);
        // SAFETY: the size is at most the message's; slot `OBJECTS` exists.
        unsafe {
            let reusable = self.entries.len() <= REUSED && ffi::lua_type(self.l, OBJECTS) == ffi::LUA_TTABLE;
            if !self.entries.is_empty() && !reusable {
                ffi::lua_createtable(self.l, self.entries.len() as c_int, 0);
                ffi::lua_replace(self.l, OBJECTS);
            }
        }
        Ok(())
    }
}

fn utf8<'a>(reader: &Reader<'_>, bytes: &'a [u8]) -> Result<&'a str, Malformed> {
    std::str::from_utf8(bytes).or_else(|_| reader.bad("has a name that is not UTF-8"))
}
