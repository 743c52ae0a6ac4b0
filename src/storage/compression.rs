//! Compressed streams: telling which format one has, and decoding it chunk by chunk.
//!
//! A [`Decoder`] neither reads nor waits: its caller hands it what arrived, and takes what came out. So the same one serves
//! a script's thread and asynchronous code:
//!
//! ```ignore
//! while let Some(mut chunk) = source.next_chunk().await? {
//!     loop {
//!         let mut out = Vec::new();
//!         let step = decoder.push(&chunk, &mut out)?;
//!         chunk.advance(step.taken);
//!         give(out);
//!         if step.wants_input { break }
//!     }
//! }
//! decoder.finish()?;
//! ```

use std::fmt;
use std::io;

use bzip2::Decompress as Bzip2;
use flate2::{Decompress as Gzip, FlushDecompress};
use zstd::stream::raw::{Decoder as Zstd, Operation};

use super::CHUNK_BYTES;

/// The first bytes that [`Compression::of_magic`] wants to see, if there are so many.
pub(crate) const MAGIC_BYTES: usize = 10;

/// What windows of gzip are: 2^15 bytes, the largest that the format has.
const GZIP_WINDOW_BITS: u8 = 15;

/// A format of compressed streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    Bzip2,
}

impl Compression {
    /// The names of the formats, as scripts write them.
    pub const NAMES: [&'static str; 3] = ["gzip", "zstd", "bzip2"];

    /// The name of the format.
    pub fn as_str(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
        }
    }

    /// The format with this name.
    pub fn named(name: &str) -> Option<Compression> {
        [Compression::Gzip, Compression::Zstd, Compression::Bzip2].into_iter().find(|format| format.as_str() == name)
    }

    /// What the end of a file's name or an object's key says: `.gz`, `.zst`, `.bz2`, in any case.
    pub fn of_name(name: &str) -> Option<Compression> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "gz" | "gzip" | "tgz" => Some(Compression::Gzip),
            "zst" | "zstd" => Some(Compression::Zstd),
            "bz2" | "bzip2" | "tbz2" => Some(Compression::Bzip2),
            _ => None,
        }
    }

    /// What the first bytes say. Of [`MAGIC_BYTES`] it is sure; of fewer, only if the stream has no more.
    pub fn of_magic(first: &[u8]) -> Option<Compression> {
        match first {
            [0x1f, 0x8b, 8, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            // A frame to be skipped, with which files written in parallel begin.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            // Text may begin like this, but not with the digits of pi, or of its root, behind it.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => {
                let starts = |block: [u8; 6]| rest.iter().zip(block).all(|(byte, of_block)| *byte == of_block);
                let is_bzip2 =
                    starts([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || starts([0x17, 0x72, 0x45, 0x38, 0x50, 0x90]);
                is_bzip2.then_some(Compression::Bzip2)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one [`Decoder::push`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The bytes of the input that it took. The others are to be handed in again.
    pub taken: usize,
    /// Whether all input was taken and nothing more comes out without more of it.
    pub wants_input: bool,
}

/// Decodes one stream: all members, frames or streams in it, one after the other. It holds a window of the format's own size
/// (32 KiB, 4 MB, or up to 128 MB for zstd where the file was made so) and no data.
pub(crate) struct Decoder {
    format: Compression,
    engine: Engine,
    /// Compressed bytes so far.
    taken_bytes: u64,
    place: Place,
}

enum Engine {
    Gzip(Gzip),
    Zstd(Zstd<'static>),
    Bzip2(Bzip2),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing has come yet.
    Start,
    Within,
    /// A member is complete: another one may come, or the end.
    Between,
    /// Zeros after the last member, which archives are filled up with.
    Filling,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Decoder").field("format", &self.format).field("taken_bytes", &self.taken_bytes).finish()
    }
}

impl Decoder {
    /// A decoder for the start of a stream.
    ///
    /// # Errors
    /// Only if there is no memory for it.
    pub fn new(format: Compression) -> io::Result<Decoder> {
        let engine = match format {
            Compression::Gzip => Engine::Gzip(Gzip::new_gzip(GZIP_WINDOW_BITS)),
            Compression::Zstd => Engine::Zstd(Zstd::new()?),
            Compression::Bzip2 => Engine::Bzip2(Bzip2::new(false)),
        };
        Ok(Decoder { format, engine, taken_bytes: 0, place: Place::Start })
    }

    /// Decodes some of `input`, and appends at most [`CHUNK_BYTES`] to `out`.
    ///
    /// # Errors
    /// `InvalidData` for what is not, or no longer, of this format: one sentence that says where.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<Step> {
        out.reserve(CHUNK_BYTES);
        let most = out.len() + CHUNK_BYTES;
        let mut taken = 0;
        loop {
            if matches!(self.place, Place::Between | Place::Filling) && taken < input.len() {
                let skipped = self.between(&input[taken..])?;
                taken += skipped;
                self.taken_bytes += skipped as u64;
            }
            let wants_more = match self.place {
                Place::Between | Place::Filling => true,
                Place::Start if input.is_empty() => true,
                Place::Start | Place::Within => {
                    let (read, written) = self.step(&input[taken..], out, most)?;
                    taken += read;
                    self.taken_bytes += read as u64;
                    read == 0 && written == 0
                }
            };
            if out.len() >= most {
                return Ok(Step { taken, wants_input: false });
            }
            if wants_more && taken == input.len() {
                return Ok(Step { taken, wants_input: true });
            }
            if wants_more && self.place == Place::Within {
                // The engines take all they can get; this one is stuck.
                return Err(self.corrupt("it makes no progress"));
            }
        }
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// `UnexpectedEof`: the stream is cut off, and one sentence says where.
    pub fn finish(&self) -> io::Result<()> {
        match self.place {
            Place::Between | Place::Filling => Ok(()),
            Place::Start | Place::Within => {
                let text =
                    format!("the {} data ends early, after {} bytes: it is truncated", self.format, self.taken_bytes);
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
            }
        }
    }

    /// What may follow a complete member: zeros, or another member. Gives the bytes to skip.
    fn between(&mut self, input: &[u8]) -> io::Result<usize> {
        let zeros = input.iter().take_while(|byte| **byte == 0).count();
        if zeros == input.len() {
            self.place = Place::Filling;
            return Ok(zeros);
        }
        if zeros > 0 || self.place == Place::Filling {
            self.taken_bytes += zeros as u64;
            return Err(self.corrupt("something else follows it"));
        }
        match &mut self.engine {
            // `reset` takes the argument's word for whether there is a header; a new one keeps gzip's.
            Engine::Gzip(engine) => *engine = Gzip::new_gzip(GZIP_WINDOW_BITS),
            Engine::Bzip2(engine) => *engine = Bzip2::new(false),
            Engine::Zstd(engine) => engine.reinit()?,
        }
        self.place = Place::Within;
        Ok(0)
    }

    /// One call of the engine: the bytes taken and given. It never writes beyond `most` bytes of `out`.
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>, most: usize) -> io::Result<(usize, usize)> {
        let start = out.len();
        // The engines write to slices, and a vector's capacity may be larger than what was asked for.
        out.resize(most, 0);
        let result = self.engine.run(input, &mut out[start..]);
        let written = result.as_ref().map_or(0, |run| run.written);
        out.truncate(start + written);
        match result {
            Ok(run) => {
                self.place = if run.ended { Place::Between } else { Place::Within };
                Ok((run.read, run.written))
            }
            Err(reason) if self.place == Place::Start && Compression::of_magic(input) != Some(self.format) => {
                let text = format!("this is no {} data: {reason}", self.format);
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
            Err(reason) => Err(self.corrupt(&reason)),
        }
    }

    fn corrupt(&self, reason: &str) -> io::Error {
        let text = format!("the {} data is corrupt near byte {}: {reason}", self.format, self.taken_bytes);
        io::Error::new(io::ErrorKind::InvalidData, text)
    }
}

/// What an engine did.
struct Run {
    read: usize,
    written: usize,
    /// The end of a member.
    ended: bool,
}

impl Engine {
    fn run(&mut self, input: &[u8], out: &mut [u8]) -> Result<Run, String> {
        match self {
            Engine::Gzip(engine) => {
                let (before_in, before_out) = (engine.total_in(), engine.total_out());
                let status = engine.decompress(input, out, FlushDecompress::None);
                let status = status.map_err(|error| error.message().unwrap_or("invalid data").to_owned())?;
                Ok(Run {
                    read: (engine.total_in() - before_in) as usize,
                    written: (engine.total_out() - before_out) as usize,
                    ended: status == flate2::Status::StreamEnd,
                })
            }
            Engine::Zstd(engine) => {
                let status = engine.run_on_buffers(input, out).map_err(|error| error.to_string())?;
                Ok(Run { read: status.bytes_read, written: status.bytes_written, ended: status.remaining == 0 })
            }
            Engine::Bzip2(engine) => {
                let (before_in, before_out) = (engine.total_in(), engine.total_out());
                let status = engine.decompress(input, out).map_err(|error| match error {
                    bzip2::Error::DataMagic => "its header is missing".to_owned(),
                    _ => "invalid data".to_owned(),
                })?;
                if status == bzip2::Status::MemNeeded {
                    return Err("there is not enough memory for it".into());
                }
                Ok(Run {
                    read: (engine.total_in() - before_in) as usize,
                    written: (engine.total_out() - before_out) as usize,
                    ended: status == bzip2::Status::StreamEnd,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
