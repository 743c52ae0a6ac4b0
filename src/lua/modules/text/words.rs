//! Words of a text: runs of bytes of a class, 64 bytes at a time.

/// Which bytes make a word, as Lua's patterns have it: letters and digits are those of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `%a`
    Letters,
    /// `%w`
    Alphanumeric,
    /// `%S`
    NonSpace,
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// The high bit of each byte that is `least` or more. The bytes are below 0x80, so that none carries into the next.
#[inline]
const fn at_least(bytes: u64, least: u8) -> u64 {
    bytes + ONES * (0x80 - least as u64)
}

/// The high bit of each byte of ASCII from `first` to `last`.
#[inline]
const fn between(bytes: u64, first: u8, last: u8) -> u64 {
    let low = bytes & !HIGH;
    at_least(low, first) & !at_least(low, last + 1) & !bytes & HIGH
}

/// Eight bytes with their capital letters of ASCII as small ones.
#[inline]
pub(super) const fn lower(bytes: u64) -> u64 {
    bytes | between(bytes, b'A', b'Z') >> 2
}

impl Class {
    /// The high bit of each byte that is in the class.
    #[inline]
    const fn members(self, bytes: u64) -> u64 {
        match self {
            Class::Letters => between(bytes | (ONES * 0x20), b'a', b'z'),
            Class::Alphanumeric => between(bytes | (ONES * 0x20), b'a', b'z') | between(bytes, b'0', b'9'),
            Class::NonSpace => HIGH & !(between(bytes, b'\t', b'\r') | between(bytes, b' ', b' ')),
        }
    }

    /// A bit for each byte of a block that is in the class.
    #[inline]
    fn mask(self, block: &[u8; 64]) -> u64 {
        /// Brings the lowest bits of eight bytes together in the highest byte.
        const GATHER: u64 = 0x0102_0408_1020_4080;
        let (words, _) = block.as_chunks::<8>();
        words.iter().rev().fold(0, |mask, word| {
            let members = self.members(u64::from_le_bytes(*word));
            mask << 8 | (members >> 7).wrapping_mul(GATHER) >> 56
        })
    }

    /// Calls `word` with the begin and the end of each run in `text`.
    #[inline]
    pub fn runs(self, text: &[u8], mut word: impl FnMut(usize, usize)) {
        let (blocks, rest) = text.as_chunks::<64>();
        let mut start = None;
        let mut last = 0;
        let mut base = 0;
        let mut visit = |mask: u64| {
            // Where a byte is of another kind than the one before.
            let mut edges = mask ^ (mask << 1 | last);
            last = mask >> 63;
            while edges != 0 {
                let at = base + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                match start.take() {
                    None => start = Some(at),
                    Some(start) => word(start, at),
                }
            }
            base += 64;
        };
        for block in blocks {
            visit(self.mask(block));
        }
        let mut block = [b' '; 64];
        block[..rest.len()].copy_from_slice(rest);
        visit(self.mask(&block));
        if let Some(start) = start {
            word(start, text.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(class: Class, byte: u8) -> bool {
        match class {
            Class::Letters => byte.is_ascii_alphabetic(),
            Class::Alphanumeric => byte.is_ascii_alphanumeric(),
            Class::NonSpace => !matches!(byte, 9..=13 | 32),
        }
    }

    #[test]
    fn every_byte_is_of_its_class() {
        for class in [Class::Letters, Class::Alphanumeric, Class::NonSpace] {
            for byte in 0..=255u8 {
                for at in 0..8 {
                    let mut bytes = [b'-', b'x', 0xff, 0x80, 0, b' ', 0x7f, b'@'];
                    bytes[at] = byte;
                    let members = class.members(u64::from_le_bytes(bytes)).to_le_bytes();
                    let expected = bytes.map(|byte| if plain(class, byte) { 0x80 } else { 0 });
                    assert_eq!(members, expected, "{class:?} {bytes:?}");
                    let lowered = lower(u64::from_le_bytes(bytes)).to_le_bytes();
                    assert_eq!(lowered, bytes.map(|byte| byte.to_ascii_lowercase()));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn runs_are_those_of_single_bytes(text in proptest::collection::vec(prop_oneof![Just(b' '), Just(b'a'), any::<u8>()], 0..300)) {
            for class in [Class::Letters, Class::Alphanumeric, Class::NonSpace] {
                let mut runs = Vec::new();
                class.runs(&text, |start, end| runs.push(&text[start..end]));
                let expected: Vec<&[u8]> =
                    text.split(|byte| !plain(class, *byte)).filter(|run| !run.is_empty()).collect();
                prop_assert_eq!(runs, expected);
            }
        }
    }
}
