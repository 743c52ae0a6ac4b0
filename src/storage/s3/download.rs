//! Large objects to files, several ranges at a time.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

use super::get::{Chunks, Source};
use super::{PART_BYTES, PARTS_AT_ONCE, S3Storage, WHOLE_AT_MOST_BYTES};
use crate::storage::local::blocking;
use crate::storage::object::ChunkSource;
use crate::storage::{Storage, StorageError, StorageErrorKind, transfer};

/// Writes an object to a file, which appears only when it is complete.
pub(super) async fn to_file(
    storage: &S3Storage,
    bucket: &str,
    key: &str,
    path: &Path,
    action: String,
) -> Result<(), StorageError> {
    let (info, etag) = storage.properties(bucket, key, &action).await?;
    if info.size_bytes <= WHOLE_AT_MOST_BYTES {
        return transfer::download(storage.get_object_stream(bucket, key, None).await?, path).await;
    }
    let target = transfer::Target::new(key, path).await?;
    let file = Arc::new(target.file()?);
    let source = Source { storage: storage.clone(), bucket: bucket.into(), key: key.into(), action, etag };
    let next_part = Arc::new(AtomicU64::new(0));
    // Dropped, by a failure of one of them or because the download is given up, the set ends its tasks.
    let mut readers = JoinSet::new();
    for _ in 0..PARTS_AT_ONCE {
        let (source, next_part, file, at) =
            (source.clone(), next_part.clone(), file.clone(), target.action().to_owned());
        readers.spawn(async move {
            loop {
                let mut offset = next_part.fetch_add(1, Ordering::Relaxed) * PART_BYTES;
                if offset >= info.size_bytes {
                    return Ok::<_, StorageError>(());
                }
                let end = info.size_bytes.min(offset + PART_BYTES);
                let mut chunks = Chunks::new(source.clone(), offset, end);
                while let Some(chunk) = chunks.next_chunk().await? {
                    let (file, length) = (file.clone(), chunk.len() as u64);
                    blocking(&at, move || file.write_all_at(&chunk, offset)).await?;
                    offset += length;
                }
            }
        });
    }
    while let Some(read) = readers.join_next().await {
        read.map_err(|stopped| StorageError::new(StorageErrorKind::Io, target.action(), stopped.to_string()))??;
    }
    target.publish().await
}
