//! Storage on Amazon S3, or on another server that speaks its protocol.
//!
//! - `connection`: the client, and what its failures mean.
//! - `bucket`: the default bucket, and making buckets.
//! - `put`: storing, by parts where the content is large; `file`: one version of a file; `etag`: what was made
//!   of parts.
//! - `get`: reading, by one request, and by more where the connection breaks; `ranges`: by several at a time where the
//!   object is large; `download`: to files.
//! - `copy`: objects within S3.
//! - `delete` and `list`: many objects at a time.

mod bucket;
mod connection;
mod copy;
mod delete;
mod download;
mod etag;
mod file;
mod get;
mod list;
mod put;
mod ranges;

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;

use super::names::{self, on_bucket, on_object};
use super::object::{Body, ByteRange, ObjectInfo, ObjectPages, ObjectReader};
use super::{Storage, StorageError, StorageErrorKind};
use crate::config::Config;

use bucket::DefaultBucket;
use connection::Connection;
pub use put::given_up_uploads_are_forgotten;

/// The name of the backend in the configuration.
const BACKEND: &str = "aws_s3";
/// More than this is stored, and read, by parts.
const WHOLE_AT_MOST_BYTES: u64 = 16 << 20;
/// The size of a part. S3 wants at least 5 MiB (Amazon S3 user guide, "Amazon S3 multipart upload limits").
const PART_BYTES: u64 = 8 << 20;
/// Parts of one object that are on their way at a time. They are what a transfer holds in memory.
const PARTS_AT_ONCE: usize = 4;

/// The buckets of an account. Cheap to clone; connections are shared by all of this process.
#[derive(Clone)]
pub struct S3Storage(Arc<Inner>);

struct Inner {
    connection: Connection,
    default_bucket: DefaultBucket,
    /// Held while the default bucket is made, so that many puts make it once.
    making: tokio::sync::Mutex<()>,
}

impl S3Storage {
    /// The store of the section `aws_s3`. Asks for the account where the default bucket is named after it, and the
    /// configuration does not say it; S3 itself is not asked anything.
    ///
    /// # Errors
    /// Where there is no region, or no credentials to ask for the account with.
    pub async fn open(config: &Config) -> Result<S3Storage, StorageError> {
        let connection = Connection::open(config).await.map_err(|error| connection::not_opened(&error))?;
        let default_bucket = DefaultBucket::of(config, &connection).await?;
        Ok(S3Storage(Arc::new(Inner { connection, default_bucket, making: Default::default() })))
    }

    fn client(&self) -> &Client {
        &self.0.connection.client
    }

    /// Whose the bucket must be: nobody else's, where its name can be guessed.
    fn owner(&self, bucket: &str) -> Option<String> {
        let default = &self.0.default_bucket;
        default.owner.clone().filter(|_| bucket == default.name)
    }

    fn is_default(&self, bucket: &str) -> bool {
        bucket == self.0.default_bucket.name
    }

    fn explain<E>(&self, bucket: &str, action: &str, error: &SdkError<E, HttpResponse>) -> StorageError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.0.connection.explain(bucket, action, error)
    }

    /// The default bucket is there for everybody who reads, even before the first put has made it.
    fn is_empty_default(&self, bucket: &str, error: &StorageError) -> bool {
        error.kind() == StorageErrorKind::NoSuchBucket && self.is_default(bucket)
    }

    fn no_such_key(&self, action: &str) -> StorageError {
        StorageError::new(StorageErrorKind::NoSuchKey, action, "there is no such key")
    }
}

fn check(bucket: &str, key: &str, action: &str) -> Result<(), StorageError> {
    names::check_bucket(bucket, action)?;
    names::check_key(key).map_err(|reason| StorageError::new(StorageErrorKind::InvalidKey, action, reason))
}

impl fmt::Debug for S3Storage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("S3Storage")
            .field("region", &self.0.connection.region())
            .field("default_bucket", &self.0.default_bucket.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Storage for S3Storage {
    fn backend(&self) -> &str {
        BACKEND
    }

    fn default_bucket(&self) -> &str {
        &self.0.default_bucket.name
    }

    async fn put_object(&self, bucket: &str, key: &str, body: Body) -> Result<(), StorageError> {
        let action = on_object("put", bucket, key);
        check(bucket, key, &action)?;
        put::Put { storage: self, bucket, key, action: &action }.body(body).await
    }

    async fn get_object_stream(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
    ) -> Result<ObjectReader, StorageError> {
        let action = on_object("get", bucket, key);
        check(bucket, key, &action)?;
        Ok(self.open_object(bucket, key, range, action).await?.into_reader())
    }

    async fn get_object(&self, bucket: &str, key: &str, range: Option<ByteRange>) -> Result<Bytes, StorageError> {
        let action = on_object("get", bucket, key);
        check(bucket, key, &action)?;
        self.open_object(bucket, key, range, action).await?.read_whole().await
    }

    async fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectInfo, StorageError> {
        let action = on_object("get the properties of", bucket, key);
        check(bucket, key, &action)?;
        self.properties(bucket, key, &action).await.map(|(info, _)| info)
    }

    async fn head_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        let action = on_bucket("look at", bucket);
        names::check_bucket(bucket, &action)?;
        match self.look_at(bucket, &action).await {
            Err(error) if !self.is_empty_default(bucket, &error) => Err(error),
            _ => Ok(()),
        }
    }

    async fn list_buckets(&self) -> Result<Vec<String>, StorageError> {
        let answer = self.client().list_buckets().send().await;
        let answer = answer.map_err(|error| self.explain("", "list buckets", &error))?;
        let mut buckets: Vec<String> =
            answer.buckets.unwrap_or_default().into_iter().filter_map(|bucket| bucket.name).collect();
        buckets.sort();
        Ok(buckets)
    }

    async fn create_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        let action = on_bucket("create", bucket);
        names::check_bucket(bucket, &action)?;
        self.make_bucket(bucket, &action).await
    }

    async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), StorageError> {
        let action = on_object("delete", bucket, key);
        check(bucket, key, &action)?;
        self.delete_one(bucket, key, &action).await
    }

    async fn delete_objects(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, StorageError)>, StorageError> {
        names::check_bucket(bucket, &on_bucket("delete objects of", bucket))?;
        self.delete_many(bucket, keys).await
    }

    async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<ObjectPages, StorageError> {
        let action = on_bucket("list", bucket);
        names::check_bucket(bucket, &action)?;
        list::pages(self, bucket, prefix, action).await
    }

    async fn copy_object(&self, bucket: &str, key: &str, to_bucket: &str, to_key: &str) -> Result<(), StorageError> {
        check(bucket, key, &on_object("get", bucket, key))?;
        let action =
            format!("{} to `{}` of bucket `{to_bucket}`", on_object("copy", bucket, key), to_key.escape_debug());
        check(to_bucket, to_key, &action)?;
        self.copy((bucket, key), (to_bucket, to_key), &action).await
    }

    async fn download_file(&self, bucket: &str, key: &str, path: &Path) -> Result<(), StorageError> {
        let action = on_object("get", bucket, key);
        check(bucket, key, &action)?;
        download::to_file(self, bucket, key, path, action).await
    }
}
