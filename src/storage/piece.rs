//! Pieces of objects, cut at lines.
//!
//! A piece names a range of bytes. Cut at a newline, it is made of the lines that begin in that range: it starts after
//! the first newline, unless a line begins with it, and goes on past its end to the end of its last line. So every line is in exactly
//! one piece, and nobody has to look into the object before it is cut.

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use serde::{Deserialize, Serialize};

use super::address::Scheme;
use super::decompress::decompressed;
use super::object::{ByteRange, ChunkSource, ObjectReader, UNKNOWN_SIZE};
use super::source::ObjectSource;
use super::{StorageError, StorageErrorKind};

/// How much more than the piece is asked for at once: most lines end there, and need no second request.
const BEYOND_BYTES: u64 = 64 * 1024;

/// A piece of an object, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub scheme: Scheme,
    pub bucket: String,
    pub key: String,
    /// Of the whole object, as it was when it was found; [`UNKNOWN_SIZE`] if its server did not tell.
    pub size_bytes: u64,
    /// What the object must still have when it is read. Empty: nothing is known.
    pub etag: String,
    /// The range of the piece: `first..end`.
    pub first: u64,
    pub end: u64,
    /// From 1 to `total_parts`.
    pub part: u64,
    pub total_parts: u64,
    /// The bytes that a piece should have, if the object was to be cut.
    pub chunk_size_bytes: Option<u64>,
    /// The byte that ends a line; `None`: pieces are exact ranges.
    pub newline: Option<u8>,
}

impl Piece {
    /// The address of the object.
    pub fn url(&self) -> String {
        self.scheme.url(&self.bucket, &self.key)
    }

    /// Whether it is all of the object.
    pub fn is_whole(&self) -> bool {
        self.total_parts == 1
    }

    /// Opens the piece.
    ///
    /// # Errors
    /// `no_such_key` if the object has vanished since it was found, `object_changed` if it is another one.
    /// `invalid_data`, here or as it is read, if what is stored compressed is cut off or corrupt.
    pub async fn open(&self, source: &ObjectSource) -> Result<ObjectReader, StorageError> {
        let reader = self.open_stored(source).await?;
        // Lines are those of the content as it was before it was compressed; exact ranges are of what is stored.
        if self.part > 1 || self.newline.is_none() {
            return Ok(reader);
        }
        decompressed(reader, format!("read {}", self.url()), self.is_whole()).await
    }

    async fn open_stored(&self, source: &ObjectSource) -> Result<ObjectReader, StorageError> {
        if self.is_whole() {
            let reader = source.get_object_stream(&self.bucket, &self.key, None).await;
            return self.checked(reader);
        }
        let (first, last) = match self.newline {
            None => (self.first, self.end - 1),
            Some(_) => (self.first.saturating_sub(1), (self.end - 1).saturating_add(BEYOND_BYTES)),
        };
        let reader = self.range(source, first, last).await?;
        let (info, length_bytes) = (reader.info.clone(), reader.length_bytes);
        let Some(newline) = self.newline else { return Ok(reader) };
        let lines = Lines {
            piece: self.clone(),
            source: source.clone(),
            newline,
            next: first,
            after: first + length_bytes,
            reader,
            skips: self.first > 0,
            is_over: false,
        };
        Ok(ObjectReader::new(info, self.end - self.first, Box::new(lines)))
    }

    async fn range(&self, source: &ObjectSource, first: u64, last: u64) -> Result<ObjectReader, StorageError> {
        let range = ByteRange { first, last: Some(last) };
        let reader = source.get_object_stream(&self.bucket, &self.key, Some(range)).await;
        self.checked(reader)
    }

    /// The object that was found, and no other.
    fn checked(&self, reader: Result<ObjectReader, StorageError>) -> Result<ObjectReader, StorageError> {
        let changed = || {
            let reason = "the object was replaced after the job had found it: run the job again";
            StorageError::new(StorageErrorKind::ObjectChanged, format!("read {}", self.url()), reason)
        };
        // A server may tell the size in some answers only.
        let may_have = |size_bytes: u64| {
            size_bytes == self.size_bytes || size_bytes == UNKNOWN_SIZE || self.size_bytes == UNKNOWN_SIZE
        };
        match reader {
            Ok(reader) if self.etag.is_empty() && may_have(reader.info.size_bytes) => Ok(reader),
            Ok(reader) if reader.info.etag == self.etag && !self.etag.is_empty() => Ok(reader),
            Ok(_) => Err(changed()),
            // It is shorter than it was.
            Err(error) if error.kind() == StorageErrorKind::InvalidRange => Err(changed()),
            Err(error) => Err(error),
        }
    }
}

/// The lines that begin in a piece.
struct Lines {
    piece: Piece,
    source: ObjectSource,
    newline: u8,
    reader: ObjectReader,
    /// Offset of the byte that `reader` gives next.
    next: u64,
    /// Offset after the last byte that `reader` gives.
    after: u64,
    /// Whether the rest of a line of the piece before is still to be skipped.
    skips: bool,
    is_over: bool,
}

impl Lines {
    /// The next bytes of the object, of the piece or behind it; `None` at the object's end.
    async fn next_bytes(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.next == self.after && self.after < self.piece.size_bytes {
            self.reader = self.piece.range(&self.source, self.after, self.piece.size_bytes - 1).await?;
            self.after = self.piece.size_bytes;
        }
        let chunk = self.reader.next_chunk().await?;
        if let Some(chunk) = &chunk {
            self.next += chunk.len() as u64;
        }
        Ok(chunk)
    }
}

#[async_trait]
impl ChunkSource for Lines {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        while !self.is_over {
            let mut offset = self.next;
            let Some(mut chunk) = self.next_bytes().await? else {
                self.is_over = true;
                break;
            };
            if self.skips {
                let Some(newline) = memchr::memchr(self.newline, &chunk) else {
                    // No line begins in the piece.
                    self.is_over = self.next >= self.piece.end;
                    continue;
                };
                self.skips = false;
                chunk.advance(newline + 1);
                offset += newline as u64 + 1;
                if offset >= self.piece.end {
                    self.is_over = true;
                    break;
                }
            }
            // The last line is that with the newline at or after the piece's last byte.
            let within = usize::try_from((self.piece.end - 1).saturating_sub(offset)).unwrap_or(usize::MAX);
            if within < chunk.len()
                && let Some(newline) = memchr::memchr(self.newline, &chunk[within..])
            {
                chunk.truncate(within + newline + 1);
                self.is_over = true;
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}
