//! A file on its way to S3: all requests, and all their attempts, send the same version of it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::WHOLE_AT_MOST_BYTES;
use crate::storage::local::blocking;
use crate::storage::object::{CHUNK_BYTES, ChunkSource};
use crate::storage::{StorageError, StorageErrorKind, moved};

/// What a path leads to.
pub(super) enum Opened {
    /// The whole of a small file.
    Small(Bytes),
    Large(Arc<SourceFile>),
    /// What has no size to rely on: a pipe, a device, a file of `/proc`, which says that it is empty.
    Stream(Box<dyn ChunkSource>),
}

/// Opens a file, once for all that is sent of it.
pub(super) async fn open(path: PathBuf, action: String) -> Result<Opened, StorageError> {
    let (file, found, path) = blocking(&action, move || {
        let file = File::open(&path)?;
        let found = file.metadata()?;
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok((file, found, path))
    })
    .await?;
    if !found.is_file() || found.len() == 0 {
        return Ok(Opened::Stream(Box::new(Chunks { file: Arc::new(file), action })));
    }
    let file = Arc::new(SourceFile { action, path, version: Version::of(&found), file });
    if found.len() > WHOLE_AT_MOST_BYTES {
        return Ok(Opened::Large(file));
    }
    let reading = file.clone();
    let bytes = blocking(&file.action, move || {
        let mut bytes = Vec::with_capacity(found.len() as usize + 1);
        (&reading.file).take(WHOLE_AT_MOST_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
    .await?;
    if bytes.len() as u64 > WHOLE_AT_MOST_BYTES {
        return Err(file.changed());
    }
    file.confirm().await?;
    Ok(Opened::Small(bytes.into()))
}

/// What tells one version of a file from another.
#[derive(PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
}

impl Version {
    fn of(found: &Metadata) -> Version {
        Version {
            device: found.dev(),
            inode: found.ino(),
            size_bytes: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }
}

/// A file that was opened to be sent.
pub(super) struct SourceFile {
    action: String,
    path: PathBuf,
    version: Version,
    file: File,
}

impl SourceFile {
    pub fn size_bytes(&self) -> u64 {
        self.version.size_bytes
    }

    /// Bytes of the file, read as they are sent; another attempt reads them again.
    pub fn stream(self: &Arc<Self>, offset: u64, length_bytes: u64) -> ByteStream {
        let file = self.clone();
        ByteStream::new(SdkBody::retryable(move || {
            let part = Part { file: file.clone(), offset, left_bytes: length_bytes, reading: None };
            SdkBody::from_body_1_x(part)
        }))
    }

    /// Fails where the file, or what its path leads to now, is not the version that was opened.
    pub async fn confirm(self: &Arc<Self>) -> Result<(), StorageError> {
        let this = self.clone();
        let is_same = blocking(&self.action, move || {
            let is_it = |found: &Metadata| Version::of(found) == this.version;
            Ok(is_it(&this.file.metadata()?) && fs::metadata(&this.path).is_ok_and(|found| is_it(&found)))
        });
        if is_same.await? { Ok(()) } else { Err(self.changed()) }
    }

    fn changed(&self) -> StorageError {
        let reason = "the file changed while it was uploaded: upload it again when nobody writes to it";
        StorageError::new(StorageErrorKind::Io, &self.action, reason)
    }
}

/// Bytes of a file as the body of a request.
struct Part {
    file: Arc<SourceFile>,
    /// Of the next byte to give.
    offset: u64,
    left_bytes: u64,
    /// The next piece, where one is being read.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Body for Part {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left_bytes == 0 {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let reading = this.reading.get_or_insert_with(|| {
            let (file, offset) = (this.file.clone(), this.offset);
            let length = this.left_bytes.min(CHUNK_BYTES as u64) as usize;
            tokio::task::spawn_blocking(move || -> io::Result<Bytes> {
                let mut piece = vec![0; length];
                file.file.read_exact_at(&mut piece, offset)?;
                moved::add(piece.len() as u64);
                Ok(piece.into())
            })
        });
        let read = ready!(Pin::new(reading).poll(context));
        this.reading = None;
        let piece = match read {
            Ok(Ok(piece)) => piece,
            Ok(Err(error)) => return Poll::Ready(Some(Err(error))),
            Err(stopped) => return Poll::Ready(Some(Err(io::Error::other(stopped)))),
        };
        this.offset += piece.len() as u64;
        this.left_bytes -= piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

/// What comes out of a pipe, a device, a file without a size.
struct Chunks {
    file: Arc<File>,
    action: String,
}

#[async_trait]
impl ChunkSource for Chunks {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        let file = self.file.clone();
        let chunk = blocking(&self.action, move || {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            file.take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            Ok(chunk)
        })
        .await?;
        Ok(Some(Bytes::from(chunk)).filter(|chunk| !chunk.is_empty()))
    }
}
