//! What a function runs, on its way to AWS: inside the request, or, where it is too large for that, through the bucket.

use sha2::{Digest, Sha256};

use super::error::DeployError;
use super::functions::CodeSource;
use super::package::Package;
use crate::config::Config;
use crate::storage::{self, StorageErrorKind};

/// AWS Lambda quotas: a zip of up to 50 MB in a request.
const INLINE_ZIP_BYTES: u64 = 50 << 20;
/// Lambda itself must be able to read it.
const BUCKET_STORAGE: &str = "aws_s3";

/// What a function runs.
pub(super) enum CodeStore<'a> {
    Package { package: &'a Package, config: &'a Config },
    Image { uri: &'a str },
}

impl CodeSource {
    /// Bytes inside the request.
    pub fn inline_bytes(&self) -> Option<usize> {
        match self {
            CodeSource::Inline(zip) => Some(zip.len()),
            CodeSource::Object { .. } | CodeSource::Image(_) => None,
        }
    }
}

impl CodeStore<'_> {
    /// Where AWS finds it, after it was put there.
    ///
    /// # Errors
    /// Where a zip that goes through the bucket cannot be put there.
    pub async fn source(&self) -> Result<CodeSource, DeployError> {
        match self {
            CodeStore::Image { uri } => Ok(CodeSource::Image((*uri).to_owned())),
            CodeStore::Package { package, config } => {
                let zip = match package.read() {
                    Some(zip) => zip,
                    None => made_again(package, config).await?,
                };
                match package.size_bytes() {
                    0..=INLINE_ZIP_BYTES => Ok(CodeSource::Inline(zip)),
                    _ => through_the_bucket(zip, config).await,
                }
            }
        }
    }
}

/// The zip, where the cache's copy of it was damaged.
async fn made_again(package: &Package, config: &Config) -> Result<Vec<u8>, DeployError> {
    let again = super::pack(&config.aws_lambda).await?;
    let zip = again.read().filter(|_| again.code_sha256() == package.code_sha256());
    zip.ok_or_else(|| DeployError::Setting("its executable changes at this very moment: run it again".into()))
}

/// Puts the zip under its hash, once for all.
async fn through_the_bucket(zip: Vec<u8>, config: &Config) -> Result<CodeSource, DeployError> {
    if config.lithops.storage != BUCKET_STORAGE {
        return Err(DeployError::Setting(format!(
            "the bootstrap's zip has {} MB, of which a request takes 50: strip the executable (`strip`), or set \
             `lithops.storage` to `{BUCKET_STORAGE}`, and it goes through the bucket",
            zip.len() >> 20
        )));
    }
    let storage = storage::open(config).await?;
    let bucket = storage.default_bucket().to_owned();
    let hash: String = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("lithops-lua/bootstrap/{hash}.zip");
    match storage.head_object(&bucket, &key).await {
        Ok(found) if found.size_bytes == zip.len() as u64 => {}
        Ok(_) => storage.put_object(&bucket, &key, zip.into()).await?,
        Err(error) if matches!(error.kind(), StorageErrorKind::NoSuchKey | StorageErrorKind::NoSuchBucket) => {
            storage.put_object(&bucket, &key, zip.into()).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(CodeSource::Object { bucket, key })
}
