//! How much was moved, for whoever shows how far a transfer is.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::{ChunkSource, StorageError};

/// Of all transfers of this process: they are made of tasks that know nothing of each other.
static MOVED_BYTES: AtomicU64 = AtomicU64::new(0);

/// Bytes of objects that went from or to files so far, or through [`counted`]. What is sent anew counts anew.
pub fn moved_bytes() -> u64 {
    MOVED_BYTES.load(Ordering::Relaxed)
}

pub(super) fn add(bytes: u64) {
    MOVED_BYTES.fetch_add(bytes, Ordering::Relaxed);
}

/// The same bytes, which count as moved.
pub fn counted(source: Box<dyn ChunkSource>) -> Box<dyn ChunkSource> {
    Box::new(Counted(source))
}

struct Counted(Box<dyn ChunkSource>);

#[async_trait]
impl ChunkSource for Counted {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        let chunk = self.0.next_chunk().await?;
        add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        Ok(chunk)
    }
}
