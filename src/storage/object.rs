//! Objects on their way in and out.

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::{StorageError, StorageErrorKind};

/// The size of a stream's chunks: large enough that a hop to another thread does not count, small enough to hold many.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// The objects of a full page of a listing, as many as S3 gives at once.
pub const PAGE_OBJECTS: usize = 1000;

/// The size of an object behind a URL whose server does not tell it.
pub const UNKNOWN_SIZE: u64 = u64::MAX;

/// What is known of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub key: String,
    pub size_bytes: u64,
    pub last_modified: SystemTime,
    /// Changes whenever the content is replaced; its form means nothing.
    pub etag: String,
}

/// A range of bytes counted from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    pub first: u64,
    /// `None`, or anything beyond: to the end.
    pub last: Option<u64>,
}

impl ByteRange {
    /// The offset and length of this range in an object of `size_bytes`.
    pub(super) fn within(&self, size_bytes: u64, action: &str) -> Result<(u64, u64), StorageError> {
        let last = self.last.unwrap_or(u64::MAX);
        let reason = if last < self.first {
            format!("the range ends at byte {last}, before it begins at byte {}", self.first)
        } else if self.first >= size_bytes {
            format!("the range begins at byte {}, but the object has {size_bytes} bytes", self.first)
        } else {
            return Ok((self.first, last.min(size_bytes - 1) - self.first + 1));
        };
        Err(StorageError::new(StorageErrorKind::InvalidRange, action, reason))
    }
}

/// The first byte and the size of the whole, of a header `Content-Range` such as `bytes 2-4/10`.
pub(super) fn read_content_range(text: &str) -> Option<(u64, u64)> {
    let (range, size_bytes) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, size_bytes.parse().ok()?))
}

/// Something that gives bytes piece by piece.
#[async_trait]
pub trait ChunkSource: Send {
    /// The next piece, never empty; `None` at the end.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError>;
}

/// The content of an object to be stored.
pub enum Body {
    Bytes(Bytes),
    /// The content of a file.
    File(PathBuf),
    Stream(Box<dyn ChunkSource>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Body::Bytes(bytes) => write!(f, "Body::Bytes({} bytes)", bytes.len()),
            Body::File(path) => write!(f, "Body::File({})", path.display()),
            Body::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Body {
        Body::Bytes(bytes.into())
    }
}

/// An object opened for reading.
pub struct ObjectReader {
    /// The whole object.
    pub info: ObjectInfo,
    /// The bytes that this reader gives, of the range asked for.
    pub length_bytes: u64,
    chunks: Box<dyn ChunkSource>,
    /// How it ended.
    over: Option<Result<(), StorageError>>,
}

impl ObjectReader {
    pub fn new(info: ObjectInfo, length_bytes: u64, chunks: Box<dyn ChunkSource>) -> ObjectReader {
        ObjectReader { info, length_bytes, chunks, over: None }
    }

    /// The next piece, at most a few hundred KiB and never empty; `None` at the end, and ever after. Once it failed it
    /// fails again: what was lost would be missing from what follows.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        if let Some(over) = &self.over {
            return over.clone().map(|()| None);
        }
        let next = self.chunks.next_chunk().await;
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.over = Some(Ok(())),
            Err(error) => self.over = Some(Err(error.clone())),
        }
        next
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("ObjectReader").field("info", &self.info).field("length_bytes", &self.length_bytes).finish()
    }
}

#[async_trait]
impl ChunkSource for ObjectReader {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        ObjectReader::next_chunk(self).await
    }
}

/// An object can be stored elsewhere as it is read.
impl From<ObjectReader> for Body {
    fn from(reader: ObjectReader) -> Body {
        Body::Stream(Box::new(reader))
    }
}

pub(super) async fn collect(mut reader: ObjectReader) -> Result<Bytes, StorageError> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = reader.next_chunk().await? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Something that gives a listing page by page.
#[async_trait]
pub(super) trait PageSource: Send {
    /// The next page; an empty one is the end.
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StorageError>;
}

/// A listing, sorted by key, fetched as it is read.
pub struct ObjectPages {
    pages: Box<dyn PageSource>,
}

impl ObjectPages {
    pub(super) fn new(pages: Box<dyn PageSource>) -> ObjectPages {
        ObjectPages { pages }
    }

    /// The next page, never empty and at most [`PAGE_OBJECTS`] long; `None` at the end.
    pub async fn next_page(&mut self) -> Result<Option<Vec<ObjectInfo>>, StorageError> {
        let page = self.pages.next_page().await?;
        Ok(Some(page).filter(|page| !page.is_empty()))
    }

    /// All that is left, in memory.
    pub async fn all(mut self) -> Result<Vec<ObjectInfo>, StorageError> {
        let mut objects = Vec::new();
        while let Some(page) = self.next_page().await? {
            objects.extend(page);
        }
        Ok(objects)
    }
}

impl fmt::Debug for ObjectPages {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("ObjectPages")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives these, and goes on after a failure as if there had been none.
    struct Steps(std::vec::IntoIter<Result<Option<Bytes>, StorageError>>);

    #[async_trait]
    impl ChunkSource for Steps {
        async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
            self.0.next().unwrap_or(Ok(Some(Bytes::from_static(b"too much"))))
        }
    }

    fn reader(steps: Vec<Result<Option<Bytes>, StorageError>>) -> ObjectReader {
        let info =
            ObjectInfo { key: "k".into(), size_bytes: 2, last_modified: SystemTime::UNIX_EPOCH, etag: String::new() };
        ObjectReader::new(info, 2, Box::new(Steps(steps.into_iter())))
    }

    #[tokio::test]
    async fn a_reader_stays_at_its_end_or_failure() {
        let chunk = || Ok(Some(Bytes::from_static(b"a")));
        let mut ended = reader(vec![chunk(), Ok(None), chunk()]);
        assert_eq!(ended.next_chunk().await, chunk());
        assert_eq!(ended.next_chunk().await, Ok(None));
        assert_eq!(ended.next_chunk().await, Ok(None));
        let failure = StorageError::new(StorageErrorKind::Unreachable, "read k", "the connection broke");
        let mut failed = reader(vec![chunk(), Err(failure.clone()), chunk()]);
        assert_eq!(failed.next_chunk().await, chunk());
        assert_eq!(failed.next_chunk().await, Err(failure.clone()));
        assert_eq!(failed.next_chunk().await, Err(failure));
    }

    #[test]
    fn content_ranges() {
        assert_eq!(read_content_range("bytes 2-4/10"), Some((2, 10)));
        for bad in ["", "bytes */10", "2-4/10", "bytes 2-4/*"] {
            assert_eq!(read_content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn ranges_are_clipped_or_refused() {
        let within = |first, last, size| ByteRange { first, last }.within(size, "get").map_err(|error| error.kind());
        assert_eq!(within(0, Some(0), 10), Ok((0, 1)));
        assert_eq!(within(2, Some(4), 10), Ok((2, 3)));
        assert_eq!(within(2, None, 10), Ok((2, 8)));
        assert_eq!(within(9, Some(u64::MAX), 10), Ok((9, 1)));
        for (first, last, size) in [(10, None, 10), (0, None, 0), (5, Some(4), 10), (u64::MAX, None, 10)] {
            assert_eq!(within(first, last, size), Err(StorageErrorKind::InvalidRange));
        }
    }
}
