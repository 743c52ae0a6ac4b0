//! Storing objects: in one request, or by parts where the content is large.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::{Bytes, BytesMut};
use tokio::task::JoinSet;

use super::connection::{time_to_complete, time_to_send};
use super::etag::Sent;
use super::file::{self, Opened, SourceFile};
use super::{PART_BYTES, PARTS_AT_ONCE, S3Storage, WHOLE_AT_MOST_BYTES};
use crate::storage::object::{Body, ChunkSource};
use crate::storage::{StorageError, StorageErrorKind};

/// The parts of one object (Amazon S3 user guide, "Amazon S3 multipart upload limits").
const MOST_PARTS: u64 = 10_000;
/// The parts of a stream, whose length nobody knows, grow by [`PART_BYTES`] each time so many are sent: 430 GiB fit.
const PARTS_OF_ONE_SIZE: u64 = 1_000;
/// Uploads that were given up, and of which the server was not told yet.
static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);
/// How often that is looked at by whoever waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// What S3 says of an upload that was completed or aborted.
const NO_SUCH_UPLOAD: &str = "NoSuchUpload";

/// Waits until the server was told of all uploads that were given up, for the end of the process.
pub async fn given_up_uploads_are_forgotten() {
    while GIVEN_UP.load(Ordering::Relaxed) > 0 {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// One put.
pub(super) struct Put<'a> {
    pub storage: &'a S3Storage,
    pub bucket: &'a str,
    pub key: &'a str,
    pub action: &'a str,
}

/// What a part is made of. It can be sent again.
enum Content {
    Bytes(Bytes),
    File { file: Arc<SourceFile>, offset: u64, length_bytes: u64 },
}

impl Content {
    fn length_bytes(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File { length_bytes, .. } => *length_bytes,
        }
    }

    fn stream(&self) -> ByteStream {
        match self {
            Content::Bytes(bytes) => bytes.clone().into(),
            Content::File { file, offset, length_bytes } => file.stream(*offset, *length_bytes),
        }
    }

    /// Fails where it is not what it was.
    async fn confirm(&self) -> Result<(), StorageError> {
        match self {
            Content::Bytes(_) => Ok(()),
            Content::File { file, .. } => file.confirm().await,
        }
    }
}

impl Put<'_> {
    pub async fn body(&self, body: Body) -> Result<(), StorageError> {
        match body {
            Body::Bytes(bytes) if bytes.len() as u64 <= WHOLE_AT_MOST_BYTES => self.whole(bytes).await,
            Body::Bytes(bytes) => {
                let part_bytes = part_bytes(bytes.len() as u64) as usize;
                let parts = (0..bytes.len()).step_by(part_bytes);
                let parts = parts.map(|from| bytes.slice(from..bytes.len().min(from + part_bytes))).map(Content::Bytes);
                self.by_parts(&mut Ready(parts)).await
            }
            Body::File(path) => self.file(path).await,
            Body::Stream(source) => self.stream(source).await,
        }
    }

    async fn stream(&self, source: Box<dyn ChunkSource>) -> Result<(), StorageError> {
        let mut stream = Pieces { source, rest: Bytes::new(), parts: 0, ended: false };
        let first = stream.next_part().await?.unwrap_or_default();
        if stream.ended {
            return self.whole(first).await;
        }
        self.by_parts(&mut Following { first: Some(first), rest: stream }).await
    }

    async fn file(&self, path: PathBuf) -> Result<(), StorageError> {
        let action = format!("{} from {}", self.action, path.display());
        match file::open(path, action).await? {
            Opened::Small(bytes) => self.whole(bytes).await,
            Opened::Large(file) => {
                let part_bytes = part_bytes(file.size_bytes());
                self.by_parts(&mut OfFile { file, part_bytes, offset: 0 }).await
            }
            Opened::Stream(source) => self.stream(source).await,
        }
    }

    async fn whole(&self, bytes: Bytes) -> Result<(), StorageError> {
        let Put { storage, bucket, key, action } = *self;
        let bytes = &bytes;
        storage
            .with_bucket(bucket, || async move {
                let request = storage.client().put_object().bucket(bucket).key(key);
                let request = request.set_expected_bucket_owner(storage.owner(bucket)).body(bytes.clone().into());
                let request = request.customize().config_override(time_to_send(bytes.len() as u64));
                let Err(error) = request.send().await else { return Ok(()) };
                let failed = storage.explain(bucket, action, &error);
                if failed.kind() == StorageErrorKind::Unreachable {
                    // A server that refuses a request may close the connection before it has read the body, and its
                    // answer is lost. To a request without a body it says why.
                    storage.look_at(bucket, action).await?;
                }
                Err(failed)
            })
            .await
    }

    /// Sends parts, several at a time. Until the last step nobody sees anything of them.
    async fn by_parts(&self, parts: &mut dyn Parts) -> Result<(), StorageError> {
        let Put { storage, bucket, key, action } = *self;
        let request = storage.client().create_multipart_upload().bucket(bucket).key(key);
        let request = &request.set_expected_bucket_owner(storage.owner(bucket));
        let created = storage
            .with_bucket(bucket, || async move {
                request.clone().send().await.map_err(|error| storage.explain(bucket, action, &error))
            })
            .await?;
        let upload = Upload {
            storage: storage.clone(),
            bucket: bucket.into(),
            key: key.into(),
            id: created.upload_id.unwrap_or_default(),
            is_open: true,
        };
        let result = match self.send_parts(&upload, parts).await {
            Ok(sent) => self.complete(&upload, sent).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => upload.close(),
            Err(_) => upload.abort().await,
        }
        result
    }

    async fn send_parts(&self, upload: &Upload, parts: &mut dyn Parts) -> Result<Sent, StorageError> {
        // Tasks of their own, so that parts go out while the next one is read. Dropped, the set ends them.
        let mut sending = JoinSet::new();
        let mut completed = Vec::new();
        let mut number = 0;
        let mut size_bytes = 0;
        while let Some(content) = parts.next().await? {
            number += 1;
            size_bytes += content.length_bytes();
            if number as u64 > MOST_PARTS {
                let reason = "the stream is longer than what can be stored in one object: cut it into several";
                return Err(StorageError::new(StorageErrorKind::Io, self.action, reason));
            }
            sending.spawn(upload.part(number, content, self.action.to_owned()));
            while sending.len() >= PARTS_AT_ONCE {
                completed.extend(joined(self.action, &mut sending).await?);
            }
        }
        while !sending.is_empty() {
            completed.extend(joined(self.action, &mut sending).await?);
        }
        parts.confirm().await?;
        completed.sort_unstable_by_key(|part| part.part_number);
        Ok(Sent { parts: completed, size_bytes })
    }

    async fn complete(&self, upload: &Upload, sent: Sent) -> Result<(), StorageError> {
        let Put { storage, bucket, key, action } = *self;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(sent.parts.clone())).build();
        let request = storage.client().complete_multipart_upload().bucket(bucket).key(key);
        let request = request.upload_id(&upload.id).multipart_upload(parts);
        let request = request.set_expected_bucket_owner(storage.owner(bucket));
        let Err(error) = request.customize().config_override(time_to_complete()).send().await else {
            return Ok(());
        };
        let failed = storage.explain(bucket, action, &error);
        if error.code() == Some(NO_SUCH_UPLOAD)
            && let Ok((found, _)) = storage.properties(bucket, key, action).await
            && sent.makes(found.size_bytes, &found.etag)
        {
            // It is there: an earlier attempt went well, and its answer was lost.
            return Ok(());
        }
        Err(failed)
    }
}

async fn joined(
    action: &str,
    sending: &mut JoinSet<Result<CompletedPart, StorageError>>,
) -> Result<Option<CompletedPart>, StorageError> {
    match sending.join_next().await {
        None => Ok(None),
        Some(Ok(sent)) => sent.map(Some),
        Some(Err(stopped)) => Err(StorageError::new(StorageErrorKind::Io, action, stopped.to_string())),
    }
}

/// The size of the parts of something of this size: so many that their number is allowed.
fn part_bytes(size_bytes: u64) -> u64 {
    PART_BYTES.max(size_bytes.div_ceil(MOST_PARTS))
}

/// Where the parts of a body come from.
#[async_trait::async_trait]
trait Parts: Send {
    async fn next(&mut self) -> Result<Option<Content>, StorageError>;

    /// Asked when all were sent: fails where they are not of one body.
    async fn confirm(&mut self) -> Result<(), StorageError> {
        Ok(())
    }
}

/// Parts that are at hand.
struct Ready<I>(I);

#[async_trait::async_trait]
impl<I: Iterator<Item = Content> + Send> Parts for Ready<I> {
    async fn next(&mut self) -> Result<Option<Content>, StorageError> {
        Ok(self.0.next())
    }
}

/// The parts of a file.
struct OfFile {
    file: Arc<SourceFile>,
    part_bytes: u64,
    /// Of the next part.
    offset: u64,
}

#[async_trait::async_trait]
impl Parts for OfFile {
    async fn next(&mut self) -> Result<Option<Content>, StorageError> {
        let (file, offset) = (self.file.clone(), self.offset);
        let length_bytes = self.part_bytes.min(file.size_bytes() - offset);
        self.offset += length_bytes;
        Ok((length_bytes > 0).then_some(Content::File { file, offset, length_bytes }))
    }

    async fn confirm(&mut self) -> Result<(), StorageError> {
        self.file.confirm().await
    }
}

/// The parts of a stream, of which the first was read to see how long it is.
struct Following {
    first: Option<Bytes>,
    rest: Pieces,
}

#[async_trait::async_trait]
impl Parts for Following {
    async fn next(&mut self) -> Result<Option<Content>, StorageError> {
        let part = match self.first.take() {
            Some(first) => Some(first),
            None => self.rest.next_part().await?,
        };
        Ok(part.map(Content::Bytes))
    }
}

/// A stream, put together into parts.
struct Pieces {
    source: Box<dyn ChunkSource>,
    /// What was read beyond the last part.
    rest: Bytes,
    parts: u64,
    ended: bool,
}

impl Pieces {
    /// `None` at the end; only the last part is shorter than the others.
    async fn next_part(&mut self) -> Result<Option<Bytes>, StorageError> {
        let wanted = (PART_BYTES * (1 + self.parts / PARTS_OF_ONE_SIZE)) as usize;
        self.parts += 1;
        let mut part = BytesMut::new();
        while part.len() < wanted && !self.ended {
            if self.rest.is_empty() {
                match self.source.next_chunk().await? {
                    Some(chunk) => self.rest = chunk,
                    None => self.ended = true,
                }
            }
            let taken = self.rest.split_to(self.rest.len().min(wanted - part.len()));
            part.extend_from_slice(&taken);
        }
        Ok(Some(part.freeze()).filter(|part| !part.is_empty()))
    }
}

/// An upload by parts. What is not completed is aborted: the server would keep, and charge for, the parts.
struct Upload {
    storage: S3Storage,
    bucket: String,
    key: String,
    id: String,
    is_open: bool,
}

impl Upload {
    /// Sends one part.
    fn part(
        &self,
        number: i32,
        content: Content,
        action: String,
    ) -> impl Future<Output = Result<CompletedPart, StorageError>> + Send + use<> {
        let (storage, bucket) = (self.storage.clone(), self.bucket.clone());
        let request = storage.client().upload_part().bucket(&bucket).key(&self.key).upload_id(&self.id);
        let request = request.part_number(number).set_expected_bucket_owner(storage.owner(&bucket));
        let request = request.body(content.stream()).customize().config_override(time_to_send(content.length_bytes()));
        async move {
            let failed = match request.send().await {
                Ok(sent) => return Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build()),
                Err(error) => storage.explain(&bucket, &action, &error),
            };
            // A file that became shorter breaks off its own upload, and that looks like a failure of the server.
            content.confirm().await?;
            Err(failed)
        }
    }

    fn close(mut self) {
        self.is_open = false;
    }

    async fn abort(mut self) {
        self.is_open = false;
        self.send_abort().await;
    }

    fn send_abort(&self) -> impl Future<Output = ()> + Send + use<> {
        let owner = self.storage.owner(&self.bucket);
        let request = self.storage.client().abort_multipart_upload().bucket(&self.bucket).key(&self.key);
        let request = request.upload_id(&self.id).set_expected_bucket_owner(owner);
        let (storage, bucket, key) = (self.storage.clone(), self.bucket.clone(), self.key.clone());
        async move {
            if let Err(error) = request.send().await
                && error.code() != Some(NO_SUCH_UPLOAD)
            {
                let error = storage.explain(&bucket, "abort an upload", &error);
                tracing::warn!(bucket, key, %error, "parts of an upload stay behind");
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // The put was given up.
        if self.is_open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            GIVEN_UP.fetch_add(1, Ordering::Relaxed);
            let abort = self.send_abort();
            runtime.spawn(async move {
                abort.await;
                GIVEN_UP.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_parts_is_allowed() {
        const TIB: u64 = 1 << 40;
        for size_bytes in [WHOLE_AT_MOST_BYTES + 1, 1 << 30, 80 << 30, 5 * TIB] {
            let part_bytes = part_bytes(size_bytes);
            assert!(part_bytes >= PART_BYTES && size_bytes.div_ceil(part_bytes) <= MOST_PARTS, "{size_bytes}");
        }
    }
}
