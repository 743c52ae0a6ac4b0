//! The bytes of a message: its tags, and the writer and reader of its primitive parts.
//!
//! ```text
//! message = version flags [several: count] value* content* [objects: trailer offset:8]
//! trailer = modules blobs entries       offset: where the trailer starts, 8 bytes, little-endian
//! modules = count { name chunk-name source }
//! blobs   = count { bytes }             bytecode of functions, saved handles
//! entries = count { kind a b }          one an object, in the order of the contents
//! ```
//!
//! An object (a table, a function, a handle) is `REF id` wherever it appears; its content stands once, in the order of ids.
//! The sizes in the trailer are exact, so that a reader creates a table at its final size before it has seen its content.
//! All integers are LEB128, at most ten bytes. A string is its length and its bytes.

/// The first byte. Another one is refused: driver and worker are the same binary, and cached messages carry it.
pub(super) const VERSION: u8 = 1;

pub(super) mod flag {
    /// There is a trailer.
    pub const OBJECTS: u8 = 1;
    /// Functions, globals or modules are in it: not for untrusted bytes.
    pub const CODE: u8 = 2;
    /// A count of roots follows; without it there is one.
    pub const SEVERAL: u8 = 4;
    pub const ALL: u8 = OBJECTS | CODE | SEVERAL;
}

pub(super) mod tag {
    pub const NIL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    /// Eight bytes, little-endian.
    pub const FLOAT: u8 = 3;
    /// A number without a fraction, zigzag.
    pub const INTEGER: u8 = 4;
    pub const INT64: u8 = 5;
    pub const UINT64: u8 = 6;
    pub const COMPLEX: u8 = 7;
    pub const STRING: u8 = 8;
    /// A string that stands earlier in the message, by the offset of its tag.
    pub const AGAIN: u8 = 9;
    pub const REF: u8 = 10;
    /// Part of the VM, by name.
    pub const PERMANENT: u8 = 11;
    /// The value of a module, by name.
    pub const MODULE: u8 = 12;
    /// Up to and including `SMALL_LAST`: the integers from `SMALL_MIN`.
    pub const SMALL: u8 = 0x40;
    pub const SMALL_LAST: u8 = 0xbf;
    pub const SMALL_MIN: i64 = -16;
    /// From here on: a string of `tag - SHORT` bytes.
    pub const SHORT: u8 = 0xc0;
}

/// What an entry of the trailer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// `a` array slots and `b` pairs.
    Table = 0,
    /// The same; its content starts with the metatable.
    TableWithMeta = 1,
    /// `a` is its blob, `b` its number of upvalues.
    Function = 2,
    /// The same; its content starts with the environment.
    FunctionWithEnv = 3,
    /// Content: name, value.
    Global = 4,
    /// A field of a table of the VM that the script added. Content: the table's name, the field, the value.
    Patch = 5,
    /// `a` is its blob. No content.
    Handle = 6,
}

impl Kind {
    pub fn from_wire(byte: u64) -> Option<Kind> {
        const ALL: [Kind; 7] = [
            Kind::Table,
            Kind::TableWithMeta,
            Kind::Function,
            Kind::FunctionWithEnv,
            Kind::Global,
            Kind::Patch,
            Kind::Handle,
        ];
        ALL.get(usize::try_from(byte).ok()?).copied()
    }

    pub fn is_code(self) -> bool {
        matches!(self, Kind::Function | Kind::FunctionWithEnv | Kind::Global | Kind::Patch)
    }
}

/// Strings of these lengths are worth a back reference. The upper bound also keeps a hostile message from
/// making a reader hash the same megabytes again and again.
pub(super) const AGAIN_LEN: std::ops::RangeInclusive<usize> = 3..=100;

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[inline]
pub(super) fn put_number(out: &mut Vec<u8>, number: f64) {
    // Beyond 2^53 a varint is no shorter than the eight bytes.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = number as i64;
    if whole as f64 == number && number.abs() < EXACT && (whole != 0 || number.is_sign_positive()) {
        let small = whole.wrapping_sub(tag::SMALL_MIN);
        if (0..=i64::from(tag::SMALL_LAST - tag::SMALL)).contains(&small) {
            out.push(tag::SMALL + small as u8);
        } else {
            out.push(tag::INTEGER);
            put_varint(out, (whole << 1 ^ whole >> 63) as u64);
        }
    } else {
        // The sign and payload of a NaN mean nothing in Lua, and differ from one processor to the next.
        let number = if number.is_nan() { f64::NAN } else { number };
        let mut bytes = [tag::FLOAT; 9];
        bytes[1..].copy_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&bytes);
    }
}

#[inline]
pub(super) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() <= usize::from(u8::MAX - tag::SHORT) {
        out.push(tag::SHORT + bytes.len() as u8);
        out.extend_from_slice(bytes);
    } else {
        out.push(tag::STRING);
        put_bytes(out, bytes);
    }
}

/// What is wrong with a message: a short phrase, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str, pub usize);

/// Reads the parts of a message, and never past the end of the section it was given.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub pos: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], pos: usize) -> Self {
        Reader { bytes, pos }
    }

    pub fn bad<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed(what, self.pos))
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.pos
    }

    #[inline]
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        match self.bytes.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                Ok(byte)
            }
            None => self.bad("ends too early"),
        }
    }

    #[inline]
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        if len > self.remaining() {
            return self.bad("ends too early");
        }
        let taken = &self.bytes[self.pos..self.pos + len];
        self.pos += len;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    #[inline]
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return self.bad("has an integer beyond 64 bits");
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// A count or length of things that take at least a byte each in what remains.
    pub fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.remaining() => Ok(count),
            _ => self.bad("has a count beyond its end"),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.count()?;
        self.take(len)
    }

    pub fn integer(&mut self) -> Result<i64, Malformed> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The string whose tag, already read, is `first`.
    #[inline]
    pub fn string(&mut self, first: u8) -> Result<&'a [u8], Malformed> {
        match first {
            tag::SHORT.. => self.take(usize::from(first - tag::SHORT)),
            tag::STRING => self.bytes(),
            tag::AGAIN => {
                let before = self.pos;
                let at = self.varint()?;
                let Some(at) = usize::try_from(at).ok().filter(|&at| at < before) else {
                    return self.bad("refers to a string that does not come before");
                };
                let mut earlier = Reader::new(&self.bytes[..before], at);
                let text = match earlier.byte()? {
                    tag::AGAIN => return self.bad("refers to a reference"),
                    literal => earlier.string(literal)?,
                };
                if !AGAIN_LEN.contains(&text.len()) {
                    return self.bad("refers to a string of a length that is never shared");
                }
                Ok(text)
            }
            _ => self.bad("lacks a string where one must be"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, value);
        out
    }

    #[test]
    fn small_integers_take_one_byte_and_negative_zero_keeps_its_sign() {
        for n in -16..=111 {
            assert_eq!(number(f64::from(n)).len(), 1);
        }
        assert_eq!(number(112.0)[0], tag::INTEGER);
        assert_eq!(number(-0.0)[0], tag::FLOAT);
        assert_eq!(number(f64::NAN), number(-f64::NAN));
        assert_eq!(number(2f64.powi(53))[0], tag::FLOAT);
    }

    #[test]
    fn varints_round_trip_and_overlong_ones_are_refused() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(Reader::new(&out, 0).varint(), Ok(value));
        }
        assert!(Reader::new(&[0xff; 11], 0).varint().is_err());
        assert!(Reader::new(&[0x80], 0).varint().is_err());
    }

    #[test]
    fn a_string_reference_points_backwards_at_a_literal() {
        let mut out = Vec::new();
        put_string(&mut out, b"abc");
        out.extend([tag::AGAIN, 0, tag::AGAIN, 4]);
        let mut reader = Reader::new(&out, 4);
        let first = reader.byte().unwrap();
        assert_eq!(reader.string(first), Ok(&b"abc"[..]));
        let first = reader.byte().unwrap();
        assert!(reader.string(first).is_err());
    }
}
