//! A body that gives its pieces one by one.

use async_trait::async_trait;
use bytes::Bytes;
use lithops_lua::storage::{ChunkSource, StorageError};

/// Gives its pieces in order, then ends or fails.
pub struct Pieces {
    pub left: Vec<Bytes>,
    pub failure: Option<StorageError>,
}

#[async_trait]
impl ChunkSource for Pieces {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.left.is_empty() {
            return self.failure.take().map_or(Ok(None), Err);
        }
        Ok(Some(self.left.remove(0)))
    }
}
