//! Compression, in the three formats.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;

use crate::lua::bind::Raise;
use crate::lua::options::Options;
use crate::storage::compression::Compression;

/// Compresses what is written to it, and holds what came out until somebody takes it.
pub(super) enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Bzip2(BzEncoder<Vec<u8>>),
}

/// The option `level`, or the format's usual one.
pub(super) fn level(options: &Options, format: Compression) -> Result<u32, Raise> {
    let (least, usual, most, expected) = match format {
        Compression::Gzip => (0, 6, 9, "a whole number from 0 to 9"),
        Compression::Zstd => (1, 3, 22, "a whole number from 1 to 22"),
        Compression::Bzip2 => (1, 9, 9, "a whole number from 1 to 9"),
    };
    let Some(value) = options.value("level")? else {
        return Ok(usual);
    };
    let level = value.as_number().or_else(|| value.as_integer().map(|level| level as f64));
    match level.filter(|level| level.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(level)) {
        Some(level) => Ok(level as u32),
        None => Err(options.refuse("level", expected, &value)),
    }
}

impl Encoder {
    pub fn new(format: Compression, level: u32) -> Result<Encoder, Raise> {
        let started = match format {
            Compression::Gzip => Ok(Encoder::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(level)))),
            Compression::Zstd => zstd(level).map(Encoder::Zstd),
            Compression::Bzip2 => Ok(Encoder::Bzip2(BzEncoder::new(Vec::new(), bzip2::Compression::new(level)))),
        };
        started.map_err(failed)
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Raise> {
        let written = match self {
            Encoder::Gzip(encoder) => encoder.write_all(bytes),
            Encoder::Zstd(encoder) => encoder.write_all(bytes),
            Encoder::Bzip2(encoder) => encoder.write_all(bytes),
        };
        written.map_err(failed)
    }

    /// What came out and nobody has taken.
    pub fn ready(&mut self) -> &mut Vec<u8> {
        match self {
            Encoder::Gzip(encoder) => encoder.get_mut(),
            Encoder::Zstd(encoder) => encoder.get_mut(),
            Encoder::Bzip2(encoder) => encoder.get_mut(),
        }
    }

    /// The rest, with the end of the format.
    pub fn finish(self) -> Result<Vec<u8>, Raise> {
        let finished = match self {
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Bzip2(encoder) => encoder.finish(),
        };
        finished.map_err(failed)
    }
}

fn zstd(level: u32) -> io::Result<zstd::stream::write::Encoder<'static, Vec<u8>>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level as i32)?;
    // The other formats have one always: what was changed on its way is noticed.
    encoder.include_checksum(true)?;
    Ok(encoder)
}

/// Writing to memory fails only for want of it.
fn failed(error: io::Error) -> Raise {
    Raise::Message(format!("cannot compress: {error}"))
}
