//! The default bucket, and making buckets.

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::connection::{Connection, not_opened};
use super::{BACKEND, S3Storage};
use crate::config::Config;
use crate::storage::names::on_bucket;
use crate::storage::{StorageError, StorageErrorKind};

/// The one region that must not be named when a bucket is made there (API reference of `CreateBucket`).
const REGION_WITHOUT_NAME: &str = "us-east-1";
/// A bucket that was just made, or that another program is making, may take a moment to be there.
const MOST_ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The bucket used where none is named.
pub(super) struct DefaultBucket {
    pub name: String,
    /// The account that it must belong to. Anybody who knows an account's number could have made a bucket of the derived
    /// name before we did, and would be given our data.
    pub owner: Option<String>,
}

impl DefaultBucket {
    /// As configured, or named after account and region.
    pub async fn of(config: &Config, connection: &Connection) -> Result<DefaultBucket, StorageError> {
        let section = &config.aws_s3;
        if let Some(name) = &section.storage_bucket {
            return Ok(DefaultBucket { name: name.clone(), owner: None });
        }
        if section.endpoint_url.is_some() && config.aws.account_id.is_none() {
            return Err(StorageError::new(
                StorageErrorKind::NoSuchBucket,
                format!("open storage `{BACKEND}`"),
                "a server of your own has no account to name a bucket after: set `aws_s3.storage_bucket`",
            ));
        }
        let account = connection.account.id().await.map_err(|error| not_opened(&error))?;
        let name = format!("lithops-lua-{account}-{}", connection.region());
        Ok(DefaultBucket { name, owner: Some(account.to_owned()) })
    }
}

impl S3Storage {
    /// Does what needs a bucket, and makes the default one where that is missing.
    pub(super) async fn with_bucket<T, F>(
        &self,
        bucket: &str,
        attempt: impl Fn() -> F + Send + Sync,
    ) -> Result<T, StorageError>
    where
        T: Send,
        F: Future<Output = Result<T, StorageError>> + Send,
    {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MOST_ATTEMPTS {
            match attempt().await {
                Err(error) if self.is_empty_default(bucket, &error) => {
                    let _making = self.0.making.lock().await;
                    self.make_bucket(bucket, &on_bucket("create", bucket)).await?;
                }
                result => return result,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        attempt().await
    }

    /// Whether the default bucket is there already; it is made when something is first put into it.
    ///
    /// # Errors
    /// Where it is there and cannot be used, or S3 cannot be asked.
    pub async fn has_default_bucket(&self) -> Result<bool, StorageError> {
        let bucket = &self.0.default_bucket.name;
        match self.look_at(bucket, &on_bucket("look at", bucket)).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == StorageErrorKind::NoSuchBucket => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a bucket that nobody but its account can read; one that can be used already is no error, and stays as it
    /// is.
    pub(super) async fn make_bucket(&self, bucket: &str, action: &str) -> Result<(), StorageError> {
        // Asked before: in `us-east-1` a request to create a bucket of one's own succeeds (API reference of
        // `CreateBucket`), and one that is meant to be public must not be closed.
        let is_new = match self.look_at(bucket, action).await {
            Ok(()) => return Ok(()),
            Err(error) => match error.kind() {
                StorageErrorKind::NoSuchBucket => true,
                // It is somebody else's, or may be made but not looked at.
                StorageErrorKind::AccessDenied => false,
                _ => return Err(error),
            },
        };
        let region = self.0.connection.region();
        let place = (region != REGION_WITHOUT_NAME).then(|| {
            let region = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let request = self.client().create_bucket().bucket(bucket).set_create_bucket_configuration(place);
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=MOST_ATTEMPTS {
            let Err(error) = request.clone().send().await else {
                return if is_new { self.close_to_public(bucket, action).await } else { Ok(()) };
            };
            match error.code() {
                Some("BucketAlreadyOwnedByYou") => return Ok(()),
                Some("BucketAlreadyExists") => return self.check_usable(bucket, action).await,
                // Somebody else, another driver perhaps, is making or removing it at this moment.
                Some("OperationAborted") if attempt < MOST_ATTEMPTS => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                _ => return Err(self.explain(bucket, action, &error)),
            }
        }
        self.check_usable(bucket, action).await
    }

    /// A bucket of this name exists: fine if it is ours.
    async fn check_usable(&self, bucket: &str, action: &str) -> Result<(), StorageError> {
        self.look_at(bucket, action).await.map_err(|error| match error.kind() {
            StorageErrorKind::AccessDenied => {
                let fix = if self.is_default(bucket) {
                    "set `aws_s3.storage_bucket` to a bucket of your own"
                } else {
                    "choose another name"
                };
                let reason = format!("a bucket of this name belongs to another account: {fix}");
                StorageError::new(StorageErrorKind::AccessDenied, action, reason)
            }
            _ => error,
        })
    }

    /// Succeeds where the bucket is there and may be used.
    pub(super) async fn look_at(&self, bucket: &str, action: &str) -> Result<(), StorageError> {
        let owner = self.owner(bucket);
        let head = self.client().head_bucket().bucket(bucket).set_expected_bucket_owner(owner.clone());
        let Err(error) = head.send().await else { return Ok(()) };
        let failed = self.explain(bucket, action, &error);
        let status = error.raw_response().map(|response| response.status().as_u16());
        match (failed.kind(), status) {
            (_, Some(404)) => Err(self.0.connection.explain_reported(bucket, action, Some("NoSuchBucket"), None)),
            // An answer to HEAD has no body to say why: a request with one is asked again.
            (StorageErrorKind::WrongRegion, _) | (_, None) => Err(failed),
            _ => {
                let list = self.client().list_objects_v2().bucket(bucket).max_keys(1);
                match list.set_expected_bucket_owner(owner).send().await {
                    Ok(_) => Ok(()),
                    Err(error) => Err(self.explain(bucket, action, &error)),
                }
            }
        }
    }

    /// Buckets are closed to the public when they are made, since April 2023; this one stays so, whatever is done to its
    /// objects.
    async fn close_to_public(&self, bucket: &str, action: &str) -> Result<(), StorageError> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let request = self.client().put_public_access_block().bucket(bucket).public_access_block_configuration(closed);
        if let Err(error) = request.send().await {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let error = self.explain(bucket, action, &error);
            // A server of the user's own may not know the request.
            if self.0.connection.is_elsewhere() || matches!(status, Some(405 | 501)) {
                tracing::debug!(%error, "public access is not blocked");
            } else {
                tracing::warn!(bucket, %error, "cannot block public access to the new bucket");
            }
        }
        Ok(())
    }
}
