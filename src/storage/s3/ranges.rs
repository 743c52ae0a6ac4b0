//! Large objects, read by several ranges at a time: one connection is often slower than the network.
//!
//! The first range comes from the request that opened the object, and every other one must find the same etag.

use std::collections::VecDeque;
use std::ops::Range;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::get::{Chunks, Source};
use super::{PART_BYTES, PARTS_AT_ONCE};
use crate::storage::object::ChunkSource;
use crate::storage::{StorageError, StorageErrorKind};

/// A range of a stream: large beside what a request costs, and small enough to hold several.
const RANGE_BYTES: u64 = 4 << 20;
/// Ranges that are on their way or wait for the reader: what a stream holds in memory.
const MOST_RANGES_AHEAD: u64 = 6;
/// Each time that somebody has read so much, one range more is read ahead: most want no more than the beginning, or all.
const BYTES_FOR_RANGE_AHEAD: u64 = 2 << 20;

/// A stream whose next ranges are read ahead.
pub(super) struct Ahead {
    /// The first range.
    first: Chunks,
    source: Source,
    /// What no request was made for yet.
    rest: Range<u64>,
    /// The ranges that follow the first one, in order.
    ahead: VecDeque<Reading>,
    /// What the reader has got so far.
    given_bytes: u64,
}

/// A range that a task reads. Dropped, it ends the task.
struct Reading {
    /// All of the range may wait for the reader: it is what bounds this.
    chunks: mpsc::UnboundedReceiver<Result<Bytes, StorageError>>,
    /// What the reader has yet to get of it.
    left_bytes: u64,
    task: AbortHandle,
}

impl Reading {
    fn start(source: Source, range: Range<u64>) -> Reading {
        let (sender, chunks) = mpsc::unbounded_channel();
        let left_bytes = range.end - range.start;
        let task = tokio::spawn(async move {
            let mut range = Chunks::new(source, range.start, range.end);
            while let Some(chunk) = range.next_chunk().await.transpose() {
                let failed = chunk.is_err();
                if sender.send(chunk).is_err() || failed {
                    return;
                }
            }
        });
        Reading { chunks, left_bytes, task: task.abort_handle() }
    }

    /// The next piece; `None` when all of the range was given.
    async fn next_chunk(&mut self, action: &str) -> Result<Option<Bytes>, StorageError> {
        match self.chunks.recv().await.transpose()? {
            Some(chunk) => {
                self.left_bytes = self.left_bytes.saturating_sub(chunk.len() as u64);
                Ok(Some(chunk))
            }
            None if self.left_bytes == 0 => Ok(None),
            // After a failure, or because the task was ended.
            None => {
                let reason = format!("reading ended {} bytes before the end of a range", self.left_bytes);
                Err(StorageError::new(StorageErrorKind::Io, action, reason))
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Ahead {
    /// The bytes that `all` has.
    pub fn new(mut all: Chunks) -> Ahead {
        let (source, rest) = all.cut(RANGE_BYTES);
        Ahead { first: all, source, rest, ahead: VecDeque::new(), given_bytes: 0 }
    }

    /// Asks for more, the more the reader has read: somebody may want no more than the beginning.
    fn go_ahead(&mut self) {
        let wanted = MOST_RANGES_AHEAD.min(self.given_bytes / BYTES_FOR_RANGE_AHEAD);
        while (self.ahead.len() as u64) < wanted && !self.rest.is_empty() {
            let end = self.rest.end.min(self.rest.start + RANGE_BYTES);
            self.ahead.push_back(Reading::start(self.source.clone(), self.rest.start..end));
            self.rest.start = end;
        }
    }
}

#[async_trait]
impl ChunkSource for Ahead {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        loop {
            self.go_ahead();
            let chunk = if self.first.left() > 0 {
                self.first.next_chunk().await?
            } else if let Some(reading) = self.ahead.front_mut() {
                let Some(chunk) = reading.next_chunk(&self.source.action).await? else {
                    self.ahead.pop_front();
                    continue;
                };
                Some(chunk)
            } else {
                None
            };
            self.given_bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            return Ok(chunk);
        }
    }
}

/// Reads all bytes into one piece of memory.
pub(super) async fn whole(mut first: Chunks) -> Result<Bytes, StorageError> {
    // Parts of one allocation, which are put together again without a copy.
    let mut unread = BytesMut::zeroed(first.left() as usize);
    let (source, mut rest) = first.cut(PART_BYTES);
    let mut parts = VecDeque::new();
    parts.push_back((first, unread.split_to(PART_BYTES as usize)));
    while !rest.is_empty() {
        let end = rest.end.min(rest.start + PART_BYTES);
        let part = unread.split_to((end - rest.start) as usize);
        parts.push_back((Chunks::new(source.clone(), rest.start, end), part));
        rest.start = end;
    }
    let mut read: Vec<Option<BytesMut>> = parts.iter().map(|_| None).collect();
    let mut parts = parts.into_iter().enumerate();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < PARTS_AT_ONCE
            && let Some((number, (mut chunks, mut part))) = parts.next()
        {
            reading.spawn(async move {
                chunks.fill_slice(&mut part).await?;
                Ok::<_, StorageError>((number, part))
            });
        }
        let Some(joined) = reading.join_next().await else { break };
        let (number, part) = joined
            .map_err(|stopped| StorageError::new(StorageErrorKind::Io, &source.action, stopped.to_string()))??;
        read[number] = Some(part);
    }
    let mut parts = read.into_iter().flatten();
    let mut whole = parts.next().unwrap_or_default();
    parts.for_each(|part| whole.unsplit(part));
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_range_that_ends_short_is_an_error() {
        let reading = |left_bytes| {
            let (sender, chunks) = mpsc::unbounded_channel();
            sender.send(Ok(Bytes::from_static(b"abc"))).unwrap();
            Reading { chunks, left_bytes, task: tokio::spawn(async {}).abort_handle() }
        };
        let mut whole = reading(3);
        assert_eq!(whole.next_chunk("get k").await, Ok(Some(Bytes::from_static(b"abc"))));
        assert_eq!(whole.next_chunk("get k").await, Ok(None));
        let mut short = reading(5);
        assert_eq!(short.next_chunk("get k").await, Ok(Some(Bytes::from_static(b"abc"))));
        let text = "get k: reading ended 2 bytes before the end of a range";
        for _ in 0..2 {
            assert_eq!(short.next_chunk("get k").await.unwrap_err().to_string(), text);
        }
    }
}
