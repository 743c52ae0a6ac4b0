//! Strings as JSON writes them.

/// What stands for a byte in a string: 0 itself, `u` the escape of its number, else a backslash and this.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes `text` in quotes. Gives the place of the first byte that is no UTF-8.
#[inline]
pub(super) fn put_string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), usize> {
    out.push(b'"');
    if is_plain(text) {
        out.extend_from_slice(text);
    } else {
        std::str::from_utf8(text).map_err(|error| error.valid_up_to())?;
        put_escaped(out, text);
    }
    out.push(b'"');
    Ok(())
}

/// Whether `text` is ASCII without anything to escape: eight bytes at a time.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let (words, rest) = text.as_chunks::<8>();
    let odd = words.iter().fold(0, |odd, word| {
        let word = u64::from_le_bytes(*word);
        // For a byte below 0x80, taking away sets its high bit if it is less. One that borrows from the next is odd itself.
        let control = word.wrapping_sub(ONES * 0x20);
        let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
        let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
        odd | word | control | quote | backslash
    });
    odd & HIGH == 0 && rest.iter().all(|&byte| byte < 0x80 && ESCAPES[usize::from(byte)] == 0)
}

fn put_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let mut written = 0;
    for (at, &byte) in text.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&text[written..at]);
        written = at + 1;
        if escape == b'u' {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&text[written..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_plain_or_not_wherever_it_is() {
        for byte in 0..=255u8 {
            let plain = (0x20..0x80).contains(&byte) && byte != b'"' && byte != b'\\';
            for length in 1..20 {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), plain, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
