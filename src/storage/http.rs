//! Objects behind URLs, for reading.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED, RANGE,
};
use reqwest::{Method, Response, StatusCode};

use super::object::{ByteRange, ChunkSource, ObjectInfo, ObjectReader, UNKNOWN_SIZE, read_content_range};
use super::source::Found;
use super::{StorageError, StorageErrorKind};

/// Attempts of a request, and connections that may break in a row without a byte in between.
const MOST_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What a server says of an object before it is read.
pub async fn find(url: &str) -> Result<Found, StorageError> {
    let action = format!("look at {url}");
    let answer = match request(Method::HEAD, url, None, &action).await {
        Ok(answer) => answer,
        // Some servers know GET only: its first byte tells as much.
        Err(error) if matches!(error.kind(), StorageErrorKind::AccessDenied | StorageErrorKind::Io) => {
            let first = ByteRange { first: 0, last: Some(0) };
            request(Method::GET, url, Some(first), &action).await?
        }
        Err(error) => return Err(error),
    };
    let has_ranges = answer.status() == StatusCode::PARTIAL_CONTENT
        || header(answer.headers(), &ACCEPT_RANGES).is_some_and(|units| units.eq_ignore_ascii_case("bytes"));
    let info = info(url, &answer);
    Ok(Found { has_ranges: has_ranges && info.size_bytes != UNKNOWN_SIZE, info })
}

/// Opens an object, or a range of it.
pub async fn open(url: &str, range: Option<ByteRange>) -> Result<ObjectReader, StorageError> {
    let action = format!("read {url}");
    let answer = request(Method::GET, url, range, &action).await?;
    let info = info(url, &answer);
    let (offset, length_bytes) = match range {
        None => (0, info.size_bytes),
        Some(range) => {
            let wanted = range.within(info.size_bytes, &action)?;
            let given = header(answer.headers(), &CONTENT_RANGE).and_then(read_content_range);
            if given.map(|(first, _)| first) != Some(wanted.0) {
                let reason = "the server gave other bytes than it was asked for: it does not support ranges";
                return Err(StorageError::new(StorageErrorKind::Io, action, reason));
            }
            wanted
        }
    };
    let end = offset.saturating_add(length_bytes);
    let chunks =
        Chunks { url: url.into(), action, etag: info.etag.clone(), answer: Some(answer), offset, end, breaks: 0 };
    Ok(ObjectReader::new(info, length_bytes, Box::new(chunks)))
}

/// Sends a request until it is answered, a few times at most.
async fn request(method: Method, url: &str, range: Option<ByteRange>, action: &str) -> Result<Response, StorageError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match once(method.clone(), url, range, action).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let passes = matches!(error.kind(), StorageErrorKind::Unreachable | StorageErrorKind::Throttled);
        if !passes || attempt == MOST_ATTEMPTS {
            return Err(error);
        }
        tokio::time::sleep(FIRST_PAUSE * 2u32.pow(attempt - 1)).await;
    }
}

async fn once(method: Method, url: &str, range: Option<ByteRange>, action: &str) -> Result<Response, StorageError> {
    let failed = |error: reqwest::Error| {
        let kind = if error.is_builder() { StorageErrorKind::InvalidKey } else { StorageErrorKind::Unreachable };
        StorageError::new(kind, action, crate::http::reason(&error))
    };
    let client = crate::http::client().map_err(|why| StorageError::new(StorageErrorKind::Io, action, why))?;
    let mut request = client.request(method, url);
    if let Some(ByteRange { first, last }) = range {
        let last = last.map_or_else(String::new, |last| last.to_string());
        request = request.header(RANGE, format!("bytes={first}-{last}"));
    }
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let kind = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Err(StorageError::new(StorageErrorKind::NoSuchKey, action, format!("the server answers {status}")));
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => StorageErrorKind::AccessDenied,
        StatusCode::RANGE_NOT_SATISFIABLE => StorageErrorKind::InvalidRange,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => StorageErrorKind::Throttled,
        status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => StorageErrorKind::Unreachable,
        _ => StorageErrorKind::Io,
    };
    Err(StorageError::new(kind, action, format!("the server answers {status}")))
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn info(url: &str, answer: &Response) -> ObjectInfo {
    let headers = answer.headers();
    let whole = header(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let size_bytes = match header(headers, &CONTENT_RANGE).and_then(read_content_range) {
        Some((_, size_bytes)) => Some(size_bytes),
        None => whole,
    };
    let last_modified = header(headers, &LAST_MODIFIED);
    ObjectInfo {
        key: url.into(),
        size_bytes: size_bytes.unwrap_or(UNKNOWN_SIZE),
        last_modified: SystemTime::UNIX_EPOCH,
        etag: header(headers, &ETAG).or(last_modified).unwrap_or_default().trim_matches('"').into(),
    }
}

/// The bytes of an answer; where the connection breaks, the rest is asked for.
struct Chunks {
    url: String,
    action: String,
    etag: String,
    answer: Option<Response>,
    /// Of the next byte to give.
    offset: u64,
    end: u64,
    breaks: u32,
}

impl Chunks {
    fn failed(&self, kind: StorageErrorKind, reason: &str) -> StorageError {
        StorageError::new(kind, &self.action, reason)
    }

    /// The rest of what was begun, if it is still the same object.
    async fn rest(&self) -> Result<Response, StorageError> {
        let range = ByteRange { first: self.offset, last: Some(self.end - 1) };
        let answer = request(Method::GET, &self.url, Some(range), &self.action).await?;
        let first = header(answer.headers(), &CONTENT_RANGE).and_then(read_content_range).map(|(first, _)| first);
        if info(&self.url, &answer).etag != self.etag {
            return Err(self
                .failed(StorageErrorKind::ObjectChanged, "the object was replaced while it was read: read it again"));
        }
        if first == Some(self.offset) {
            return Ok(answer);
        }
        Err(self.failed(
            StorageErrorKind::Unreachable,
            "the connection broke, and the server gives no ranges to go on with",
        ))
    }
}

#[async_trait]
impl ChunkSource for Chunks {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        let is_sized = self.end != UNKNOWN_SIZE;
        while !is_sized || self.offset < self.end {
            let mut answer = match self.answer.take() {
                Some(answer) => answer,
                None => self.rest().await?,
            };
            let why = match answer.chunk().await {
                Ok(Some(chunk)) => {
                    let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
                    let chunk = chunk.slice(..chunk.len().min(left));
                    self.offset += chunk.len() as u64;
                    self.answer = Some(answer);
                    self.breaks = 0;
                    if chunk.is_empty() {
                        continue;
                    }
                    return Ok(Some(chunk));
                }
                Ok(None) if !is_sized => {
                    // Now its size is known, and nothing is asked for behind it.
                    self.end = self.offset;
                    break;
                }
                Ok(None) => "the answer ended early".to_owned(),
                Err(error) => crate::http::reason(&error),
            };
            self.breaks += 1;
            if self.breaks > MOST_ATTEMPTS || !is_sized {
                let reason = format!("the connection broke ({why}): check the network");
                return Err(self.failed(StorageErrorKind::Unreachable, &reason));
            }
            tokio::time::sleep(FIRST_PAUSE * 2u32.pow(self.breaks - 1)).await;
        }
        Ok(None)
    }
}
