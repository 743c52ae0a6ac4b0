//! Reading objects. Where the connection breaks, the rest is asked for, if it is still the same object.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::{Buf, Bytes};

use super::connection::CHANGED;
use super::{S3Storage, WHOLE_AT_MOST_BYTES, ranges};
use crate::storage::object::{
    ByteRange, CHUNK_BYTES, ChunkSource, ObjectInfo, ObjectReader, UNKNOWN_SIZE, collect, read_content_range,
};
use crate::storage::{StorageError, StorageErrorKind};

/// Connections that may break in a row, without a byte in between, before a read fails.
const MOST_BREAKS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Pieces that are smaller than this are put together before they are given away.
const WORTHWHILE_BYTES: usize = 64 * 1024;

/// An object, and how to read it again.
#[derive(Clone)]
pub(super) struct Source {
    pub storage: S3Storage,
    pub bucket: String,
    pub key: String,
    pub action: String,
    /// As the server wrote it, with its quotes.
    pub etag: String,
}

/// Bytes of an object, read piece by piece.
pub(super) struct Chunks {
    source: Source,
    /// Absent while there is no connection.
    body: Option<ByteStream>,
    /// What the connection gave beyond the last piece.
    rest: Bytes,
    /// Of the next byte to give, in the object.
    offset: u64,
    /// [`UNKNOWN_SIZE`] where the server does not tell, until the answer ended.
    end: u64,
    breaks: u32,
}

/// An opened object.
pub(super) struct Opened {
    info: ObjectInfo,
    chunks: Chunks,
}

impl Opened {
    pub fn into_reader(self) -> ObjectReader {
        let length_bytes = self.chunks.left();
        let chunks: Box<dyn ChunkSource> =
            if self.is_large() { Box::new(ranges::Ahead::new(self.chunks)) } else { Box::new(self.chunks) };
        ObjectReader::new(self.info, length_bytes, chunks)
    }

    pub async fn read_whole(mut self) -> Result<Bytes, StorageError> {
        if !self.chunks.is_sized() {
            return collect(self.into_reader()).await;
        }
        let failed = |reason: String| StorageError::new(StorageErrorKind::Io, &self.chunks.source.action, reason);
        let length = usize::try_from(self.chunks.left()).map_err(|error| failed(error.to_string()))?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|error| failed(error.to_string()))?;
        if self.is_large() {
            // Only asked for, to see whether there is so much.
            drop(bytes);
            return ranges::whole(self.chunks).await;
        }
        self.chunks.fill(&mut bytes, length).await?;
        Ok(bytes.into())
    }

    /// What is known of the object, and its bytes.
    pub fn into_parts(self) -> (ObjectInfo, Chunks) {
        (self.info, self.chunks)
    }

    /// Whether it is read by several requests. Only an etag tells that they all read the same object.
    pub fn is_large(&self) -> bool {
        let chunks = &self.chunks;
        chunks.is_sized() && chunks.left() > WHOLE_AT_MOST_BYTES && !chunks.source.etag.is_empty()
    }
}

impl S3Storage {
    /// Opens an object, or a range of it.
    pub(super) async fn open_object(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
        action: String,
    ) -> Result<Opened, StorageError> {
        if let Some(range) = range {
            // Only whether the range itself makes sense.
            range.within(u64::MAX, &action)?;
        }
        let request = self.client().get_object().bucket(bucket).key(key);
        let request = request.set_range(range.map(header)).set_expected_bucket_owner(self.owner(bucket));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let failed = self.explain(bucket, &action, &error);
                if self.is_empty_default(bucket, &failed) {
                    return Err(self.no_such_key(&action));
                }
                if let (StorageErrorKind::InvalidRange, Some(range)) = (failed.kind(), range) {
                    // Whoever asked wants to know how long the object is.
                    let (info, _) = self.properties(bucket, key, &action).await?;
                    range.within(info.size_bytes, &action)?;
                }
                return Err(failed);
            }
        };
        let source = Source {
            storage: self.clone(),
            bucket: bucket.into(),
            key: key.into(),
            action,
            etag: answer.e_tag.clone().unwrap_or_default(),
        };
        source.opened(answer, range)
    }

    /// What is known of an object, and its etag as the server wrote it.
    pub(super) async fn properties(
        &self,
        bucket: &str,
        key: &str,
        action: &str,
    ) -> Result<(ObjectInfo, String), StorageError> {
        let owner = self.owner(bucket);
        let head = self.client().head_object().bucket(bucket).key(key).set_expected_bucket_owner(owner.clone());
        let error = match head.send().await {
            Ok(found) => {
                let (size_bytes, etag) = (told(found.content_length, action)?, found.e_tag.unwrap_or_default());
                return Ok((info(key, size_bytes, found.last_modified.as_ref(), &etag), etag));
            }
            Err(error) => error,
        };
        let failed = self.explain(bucket, action, &error);
        let status = error.raw_response().map(|response| response.status().as_u16());
        match (failed.kind(), status) {
            (StorageErrorKind::WrongRegion, _) | (_, None) => Err(failed),
            (_, Some(404)) if self.is_default(bucket) => Err(self.no_such_key(action)),
            // An answer to HEAD has no body to say why, or whether it is the bucket that is missing: GET is asked again.
            _ => {
                let get = self.client().get_object().bucket(bucket).key(key).set_expected_bucket_owner(owner);
                match get.send().await {
                    Ok(found) => {
                        let (size_bytes, etag) = (told(found.content_length, action)?, found.e_tag.unwrap_or_default());
                        Ok((info(key, size_bytes, found.last_modified.as_ref(), &etag), etag))
                    }
                    Err(error) => Err(self.explain(bucket, action, &error)),
                }
            }
        }
    }
}

impl Source {
    fn opened(self, answer: GetObjectOutput, range: Option<ByteRange>) -> Result<Opened, StorageError> {
        let sent = size(answer.content_length);
        // `bytes 2-4/10`; without it the answer is the whole object.
        let part = answer.content_range.as_deref().and_then(read_content_range);
        let (offset, size_bytes) = part.unwrap_or((0, sent.unwrap_or(UNKNOWN_SIZE)));
        let length = match range {
            Some(range) => {
                let wanted = range.within(size_bytes, &self.action)?;
                if size_bytes == UNKNOWN_SIZE || wanted != (offset, sent.unwrap_or(wanted.1)) {
                    let reason = "the server gave other bytes than it was asked for: it does not support ranges";
                    return Err(StorageError::new(StorageErrorKind::Io, self.action, reason));
                }
                wanted.1
            }
            None => sent.unwrap_or(size_bytes.saturating_sub(offset)),
        };
        let info = info(&self.key, size_bytes, answer.last_modified.as_ref(), &self.etag);
        let mut chunks = Chunks::new(self, offset, offset + length);
        chunks.body = Some(answer.body);
        Ok(Opened { info, chunks })
    }
}

impl Chunks {
    /// The bytes from `offset` to before `end`; the connection is made when they are read.
    pub fn new(source: Source, offset: u64, end: u64) -> Chunks {
        Chunks { source, body: None, rest: Bytes::new(), offset, end, breaks: 0 }
    }

    /// Of these bytes keeps only the first `length`, and gives where the others begin and end, and how to read them.
    pub fn cut(&mut self, length: u64) -> (Source, std::ops::Range<u64>) {
        let end = self.end;
        self.end = end.min(self.offset + length);
        (self.source.clone(), self.end..end)
    }

    pub fn left(&self) -> u64 {
        self.end - self.offset
    }

    fn is_sized(&self) -> bool {
        self.end != UNKNOWN_SIZE
    }

    /// Appends to `target` until it has `length` bytes, or nothing is left.
    async fn fill(&mut self, target: &mut Vec<u8>, length: usize) -> Result<(), StorageError> {
        while target.len() < length && self.left() > 0 {
            let most = self.left().min((length - target.len()) as u64) as usize;
            let piece = self.piece().await?;
            let taken = piece.len().min(most);
            target.extend_from_slice(&piece[..taken]);
            self.take(taken);
        }
        Ok(())
    }

    /// Fills `target`, for which there must be enough left.
    pub async fn fill_slice(&mut self, mut target: &mut [u8]) -> Result<(), StorageError> {
        while !target.is_empty() && self.left() > 0 {
            let piece = self.piece().await?;
            let taken = piece.len().min(target.len());
            let (now, later) = std::mem::take(&mut target).split_at_mut(taken);
            now.copy_from_slice(&piece[..taken]);
            target = later;
            self.take(taken);
        }
        Ok(())
    }

    fn take(&mut self, length: usize) {
        self.rest.advance(length);
        self.offset += length as u64;
        if self.left() == 0 {
            // The connection may have more to give than is wanted.
            self.rest.clear();
            self.body = None;
        }
    }

    /// What is at hand, or the next that comes: empty only where nothing is left, as may turn out here.
    async fn piece(&mut self) -> Result<&[u8], StorageError> {
        while self.rest.is_empty() {
            let body = match &mut self.body {
                Some(body) => body,
                None => self.body.insert(self.source.rest(self.offset, self.end).await?),
            };
            match body.next().await {
                Some(Ok(bytes)) => {
                    self.breaks = 0;
                    self.rest = bytes;
                }
                None if !self.is_sized() => {
                    self.body = None;
                    self.end = self.offset;
                    break;
                }
                end => {
                    self.body = None;
                    self.breaks += 1;
                    let why = match end {
                        Some(Err(error)) => error.to_string(),
                        _ => "the answer ended early".into(),
                    };
                    // Nobody can ask for the rest of what has no known end.
                    if self.breaks > MOST_BREAKS || !self.is_sized() {
                        let often = if self.is_sized() { " again and again" } else { "" };
                        let reason = format!("the connection broke{often} ({why}): check the network");
                        return Err(StorageError::new(StorageErrorKind::Unreachable, &self.source.action, reason));
                    }
                    tracing::debug!(key = self.source.key, why, offset = self.offset, "reading goes on");
                    tokio::time::sleep(FIRST_PAUSE * 2u32.pow(self.breaks - 1)).await;
                }
            }
        }
        let length = (self.rest.len() as u64).min(self.left()) as usize;
        Ok(&self.rest[..length])
    }
}

impl Source {
    /// The bytes from `offset` to before `end` of the object as it was when it was opened.
    async fn rest(&self, offset: u64, end: u64) -> Result<ByteStream, StorageError> {
        let Source { storage, bucket, key, action, etag } = self;
        let range = ByteRange { first: offset, last: Some(end - 1) };
        let request = storage.client().get_object().bucket(bucket).key(key).range(header(range));
        let request = request.set_expected_bucket_owner(storage.owner(bucket));
        let answer = request.set_if_match(Some(etag.clone()).filter(|etag| !etag.is_empty())).send().await;
        let changed = || StorageError::new(StorageErrorKind::ObjectChanged, action, CHANGED);
        let answer = answer.map_err(|error| match error.code() {
            Some("NoSuchKey" | "InvalidRange") => changed(),
            _ => storage.explain(bucket, action, &error),
        })?;
        // Not every server looks at the condition.
        let is_same = answer.e_tag.as_deref().unwrap_or_default() == etag;
        let at = answer.content_range.as_deref().and_then(read_content_range).map(|(first, _)| first);
        if is_same && at.unwrap_or(0) == offset { Ok(answer.body) } else { Err(changed()) }
    }
}

#[async_trait]
impl ChunkSource for Chunks {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        let length = self.left().min(CHUNK_BYTES as u64) as usize;
        if length == 0 {
            return Ok(None);
        }
        let arrived = self.piece().await?.len();
        if arrived == 0 {
            return Ok(None);
        }
        if arrived >= WORTHWHILE_BYTES {
            // As it came from the network, without a copy.
            let chunk = self.rest.slice(..arrived.min(length));
            self.take(chunk.len());
            return Ok(Some(chunk));
        }
        let mut chunk = Vec::with_capacity(length.min(WORTHWHILE_BYTES));
        self.fill(&mut chunk, length.min(WORTHWHILE_BYTES)).await?;
        Ok(Some(chunk.into()))
    }
}

/// The value of the header `Range`.
fn header(range: ByteRange) -> String {
    match range.last {
        Some(last) => format!("bytes={}-{last}", range.first),
        None => format!("bytes={}-", range.first),
    }
}

fn size(length: Option<i64>) -> Option<u64> {
    u64::try_from(length?).ok()
}

/// The size that an answer without a body tells.
fn told(length: Option<i64>, action: &str) -> Result<u64, StorageError> {
    let reason = "the server does not tell the object's size";
    size(length).ok_or_else(|| StorageError::new(StorageErrorKind::Io, action, reason))
}

/// What a script learns of an object. Listings have fractions of seconds that the object itself does not tell.
pub(super) fn info(key: &str, size_bytes: u64, last_modified: Option<&DateTime>, etag: &str) -> ObjectInfo {
    let seconds = last_modified.and_then(|time| u64::try_from(time.secs()).ok()).unwrap_or(0);
    ObjectInfo {
        key: key.into(),
        size_bytes,
        last_modified: UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(SystemTime::UNIX_EPOCH),
        etag: etag.trim_matches('"').into(),
    }
}
