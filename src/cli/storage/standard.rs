//! Standard input as the content of an object, and objects to standard output.

use std::io::{self, Read, Write};

use async_trait::async_trait;
use bytes::Bytes;

use super::Failure;
use crate::storage::{CHUNK_BYTES, ChunkSource, ObjectReader, StorageError};

/// What comes from standard input, as it comes.
pub(super) struct StandardInput;

#[async_trait]
impl ChunkSource for StandardInput {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        // On another thread: whoever types may take their time, and Ctrl-C must be heard.
        let read = tokio::task::spawn_blocking(|| -> io::Result<Vec<u8>> {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            io::stdin().lock().take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            Ok(chunk)
        });
        let chunk = read.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        let chunk = chunk.map_err(|error| StorageError::io("read standard input", &error))?;
        Ok(Some(Bytes::from(chunk)).filter(|chunk| !chunk.is_empty()))
    }
}

/// Writes an object to standard output as it comes.
pub(super) async fn to_standard_output(mut reader: ObjectReader) -> Result<(), Failure> {
    while let Some(chunk) = reader.next_chunk().await? {
        let written = tokio::task::spawn_blocking(move || write(&chunk)).await;
        written.unwrap_or_else(|stopped| Err(io::Error::other(stopped))).map_err(Failure::Output)?;
    }
    Ok(())
}

/// Writes to standard output, at once.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
