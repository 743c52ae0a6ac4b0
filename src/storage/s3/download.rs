//! Large objects to files, several ranges at a time.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

use super::get::Chunks;
use super::{PART_BYTES, PARTS_AT_ONCE, S3Storage};
use crate::storage::local::blocking;
use crate::storage::object::ChunkSource;
use crate::storage::{StorageError, StorageErrorKind, moved, transfer};

/// Writes an object to a file, which appears only when it is complete.
pub(super) async fn to_file(
    storage: &S3Storage,
    bucket: &str,
    key: &str,
    path: &Path,
    action: String,
) -> Result<(), StorageError> {
    let opened = storage.open_object(bucket, key, None, action).await?;
    let target = transfer::Target::new(key, path).await?;
    if !opened.is_large() || !target.is_file() {
        return target.fill(opened.into_reader()).await;
    }
    let file = Arc::new(target.file()?);
    let (info, mut first) = opened.into_parts();
    let (source, rest) = first.cut(PART_BYTES);
    let mut first = Some((0, first));
    let next_part = Arc::new(AtomicU64::new(rest.start));
    // Dropped, by a failure of one of them or because the download is given up, the set ends its tasks.
    let mut readers = JoinSet::new();
    for _ in 0..PARTS_AT_ONCE {
        let (source, next_part, file, at) =
            (source.clone(), next_part.clone(), file.clone(), target.action().to_owned());
        let mut part = first.take();
        readers.spawn(async move {
            loop {
                let (mut offset, mut chunks) = match part.take() {
                    Some(first) => first,
                    None => {
                        let offset = next_part.fetch_add(PART_BYTES, Ordering::Relaxed);
                        if offset >= info.size_bytes {
                            return Ok::<_, StorageError>(());
                        }
                        (offset, Chunks::new(source.clone(), offset, info.size_bytes.min(offset + PART_BYTES)))
                    }
                };
                while let Some(chunk) = chunks.next_chunk().await? {
                    let (file, length) = (file.clone(), chunk.len() as u64);
                    blocking(&at, move || file.write_all_at(&chunk, offset)).await?;
                    moved::add(length);
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
