//! Objects that are stored compressed, read as they were before.

use async_trait::async_trait;
use bytes::{Buf, Bytes};

use super::compression::{Compression, Decoder, MAGIC_BYTES};
use super::object::{ChunkSource, ObjectReader};
use super::{StorageError, StorageErrorKind};

/// The reader of what was compressed; any other is given back as it is. What the first bytes say counts, not the name: a server may
/// have decoded the object already. A part of such an object alone is of no use.
pub(super) async fn decompressed(
    mut reader: ObjectReader,
    action: String,
    is_whole: bool,
) -> Result<ObjectReader, StorageError> {
    // A network may give fewer at once than tell the format.
    let mut first = Bytes::new();
    while first.len() < MAGIC_BYTES
        && let Some(chunk) = reader.next_chunk().await?
    {
        first = if first.is_empty() { chunk } else { [&first[..], &chunk[..]].concat().into() };
    }
    let (info, length_bytes) = (reader.info.clone(), reader.length_bytes);
    let chunks: Box<dyn ChunkSource> = match Compression::of_magic(&first) {
        None => Box::new(Again { first: Some(first).filter(|first| !first.is_empty()), reader }),
        Some(format) if !is_whole => {
            let reason = format!(
                "it is {format} data, which cannot be cut: give it a name that says so, or leave out the options that cut it"
            );
            return Err(StorageError::new(StorageErrorKind::InvalidData, action, reason));
        }
        Some(format) => {
            let decoder = Decoder::new(format).map_err(|error| StorageError::io(&action, &error))?;
            Box::new(Decompressed { reader, decoder, input: first, action })
        }
    };
    Ok(ObjectReader::new(info, length_bytes, chunks))
}

/// A reader whose first bytes were looked at.
struct Again {
    first: Option<Bytes>,
    reader: ObjectReader,
}

#[async_trait]
impl ChunkSource for Again {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.reader.next_chunk().await,
        }
    }
}

struct Decompressed {
    reader: ObjectReader,
    decoder: Decoder,
    /// What was read and not decoded yet.
    input: Bytes,
    action: String,
}

impl Decompressed {
    fn failed(&self, error: &std::io::Error) -> StorageError {
        StorageError::new(StorageErrorKind::InvalidData, &self.action, error.to_string())
    }
}

#[async_trait]
impl ChunkSource for Decompressed {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        loop {
            let mut out = Vec::new();
            let step = self.decoder.push(&self.input, &mut out).map_err(|error| self.failed(&error))?;
            self.input.advance(step.taken);
            if !out.is_empty() {
                return Ok(Some(out.into()));
            }
            if step.wants_input {
                match self.reader.next_chunk().await? {
                    Some(chunk) => self.input = chunk,
                    None => return self.decoder.finish().map(|()| None).map_err(|error| self.failed(&error)),
                }
            }
        }
    }
}
