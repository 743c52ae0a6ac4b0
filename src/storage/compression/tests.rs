use std::io::Write;

use super::*;

const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Bzip2];

fn encoded(format: Compression, bytes: &[u8]) -> Vec<u8> {
    match format {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            // As the tool `zstd` does: without it, nothing would tell literals that were changed.
            encoder.include_checksum(true).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// Decodes input that comes in pieces of `size` bytes, and gives the largest piece that came out, too.
fn decoded(format: Compression, input: &[u8], size: usize) -> io::Result<(Vec<u8>, usize)> {
    let mut decoder = Decoder::new(format)?;
    let (mut whole, mut largest) = (Vec::new(), 0);
    for piece in input.chunks(size) {
        let mut piece = piece;
        loop {
            let mut out = Vec::new();
            let step = decoder.push(piece, &mut out)?;
            piece = &piece[step.taken..];
            largest = largest.max(out.len());
            whole.extend(out);
            if step.wants_input {
                assert!(piece.is_empty());
                break;
            }
        }
    }
    decoder.finish()?;
    Ok((whole, largest))
}

fn text() -> Vec<u8> {
    (0..200_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 12).to_string().into_bytes()).collect()
}

#[test]
fn what_was_encoded_comes_back_in_pieces_of_any_size() {
    let text = text();
    for format in ALL {
        let whole = encoded(format, &text);
        for size in [7, 4096, whole.len()] {
            assert_eq!(decoded(format, &whole, size).unwrap().0, text, "{format}");
        }
        assert_eq!(decoded(format, &encoded(format, b""), 1).unwrap().0, b"");
    }
}

#[test]
fn every_member_is_read_and_zeros_may_follow() {
    for format in ALL {
        let mut whole = encoded(format, b"one ");
        whole.extend(encoded(format, b""));
        whole.extend(encoded(format, b"two"));
        for size in [1, 5, whole.len()] {
            assert_eq!(decoded(format, &whole, size).unwrap().0, b"one two", "{format}");
        }
        whole.extend([0; 700]);
        assert_eq!(decoded(format, &whole, 13).unwrap().0, b"one two", "{format}");
        whole.extend(b"rest");
        assert_eq!(decoded(format, &whole, 13).unwrap_err().kind(), io::ErrorKind::InvalidData, "{format}");
    }
}

#[test]
fn what_comes_out_is_bounded() {
    let zeros = vec![0; 20 << 20];
    for format in ALL {
        let (whole, largest) = decoded(format, &encoded(format, &zeros), usize::MAX).unwrap();
        assert_eq!((whole.len(), largest), (zeros.len(), CHUNK_BYTES), "{format}");
    }
}

#[test]
fn every_cut_is_noticed() {
    for format in ALL {
        let whole = encoded(format, b"some text that is long enough");
        for length in 0..whole.len() {
            let error = decoded(format, &whole[..length], 3).unwrap_err();
            let expected = format!("the {format} data ends early, after {length} bytes: it is truncated");
            assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::UnexpectedEof, expected));
        }
    }
}

#[test]
fn what_is_corrupt_is_told() {
    let text = text();
    for format in ALL {
        let mut whole = encoded(format, &text);
        let middle = whole.len() / 2;
        for byte in &mut whole[middle..middle + 40] {
            *byte ^= 0x55;
        }
        let error = decoded(format, &whole, 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{format}: {error}");
        assert!(error.to_string().starts_with(&format!("the {format} data is corrupt near byte ")), "{error}");
        let error = decoded(format, b"plain text, and more of it", 1000).unwrap_err();
        assert!(error.to_string().starts_with(&format!("this is no {format} data: ")), "{error}");
    }
}

#[test]
fn formats_are_recognised() {
    for format in ALL {
        let whole = encoded(format, b"text");
        assert_eq!(Compression::of_magic(&whole[..MAGIC_BYTES]), Some(format));
        assert_eq!(Compression::of_magic(&encoded(format, b"")), Some(format));
        assert_eq!(Compression::named(format.as_str()), Some(format));
    }
    assert_eq!(Compression::of_magic(b"BZh9 is how a text may begin"), None);
    assert_eq!(Compression::of_magic(b""), None);
    assert_eq!(Compression::of_name("a/b.csv.GZ"), Some(Compression::Gzip));
    assert_eq!(Compression::of_name("b.zst"), Some(Compression::Zstd));
    assert_eq!(Compression::of_name("b.bz2"), Some(Compression::Bzip2));
    assert_eq!(Compression::of_name("gz"), None);
}
