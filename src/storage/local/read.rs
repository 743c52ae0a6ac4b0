//! Reading objects.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use async_trait::async_trait;
use bytes::Bytes;

use super::place::Place;
use super::{blocking, is_absence};
use crate::storage::StorageError;
use crate::storage::object::{ByteRange, CHUNK_BYTES, ChunkSource, ObjectInfo, ObjectReader};

/// An object's file, at the first byte to read. A put or delete meanwhile does not touch it.
pub(super) struct Opened {
    pub info: ObjectInfo,
    file: File,
    length_bytes: u64,
}

impl Opened {
    /// `None` where there is no such object.
    pub fn new(place: &Place, range: Option<ByteRange>, action: &str) -> Result<Option<Opened>, StorageError> {
        let failed = |error: io::Error| StorageError::io(action, &error);
        // Asked before it is opened, since opening a named pipe would wait for its other end.
        let is_file = std::fs::metadata(&place.file).map(|found| found.is_file());
        let mut file =
            match is_file.and_then(|is_file| if is_file { File::open(&place.file).map(Some) } else { Ok(None) }) {
                Ok(Some(file)) => file,
                Ok(None) => return Ok(None),
                Err(error) if is_absence(&error) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
        let info = info(place.key.clone(), &file.metadata().map_err(failed)?).map_err(failed)?;
        let (offset, length_bytes) = match range {
            Some(range) => range.within(info.size_bytes, action)?,
            None => (0, info.size_bytes),
        };
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        }
        Ok(Some(Opened { info, file, length_bytes }))
    }

    pub fn read_whole(self) -> io::Result<Bytes> {
        let length = usize::try_from(self.length_bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length)?;
        self.file.take(self.length_bytes).read_to_end(&mut bytes)?;
        complete(bytes.len(), length)?;
        Ok(bytes.into())
    }

    pub fn into_reader(self, action: String) -> ObjectReader {
        let chunks = Chunks { file: Some(self.file), left_bytes: self.length_bytes, action };
        ObjectReader::new(self.info, self.length_bytes, Box::new(chunks))
    }
}

/// Somebody who is not this program cut the file short.
fn complete(read: usize, expected: usize) -> io::Result<()> {
    if read < expected { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

pub(super) fn info(key: String, found: &Metadata) -> io::Result<ObjectInfo> {
    let last_modified = found.modified()?;
    let etag = format!("{:x}-{:x}.{:x}-{:x}", found.size(), found.mtime(), found.mtime_nsec(), found.ino());
    Ok(ObjectInfo { key, size_bytes: found.size(), last_modified, etag })
}

struct Chunks {
    /// Absent while a chunk is being read, and after a failure.
    file: Option<File>,
    left_bytes: u64,
    action: String,
}

#[async_trait]
impl ChunkSource for Chunks {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.left_bytes == 0 {
            return Ok(None);
        }
        let Some(mut file) = self.file.take() else {
            let broken = io::Error::other("an earlier read failed or was given up");
            return Err(StorageError::io(&self.action, &broken));
        };
        let wanted = self.left_bytes.min(CHUNK_BYTES as u64);
        let (file, chunk) = blocking(&self.action, move || {
            let mut chunk = Vec::with_capacity(wanted as usize);
            file.by_ref().take(wanted).read_to_end(&mut chunk)?;
            complete(chunk.len(), wanted as usize)?;
            Ok((file, chunk))
        })
        .await?;
        self.file = Some(file);
        self.left_bytes -= chunk.len() as u64;
        Ok(Some(chunk.into()))
    }
}
