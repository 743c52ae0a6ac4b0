//! What S3 does and `s3s-fs`, the server that others wrote, leaves out.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use hyper::HeaderMap;
use s3s::access::{S3Access, S3AccessContext};
use s3s::dto::HeadObjectInput;
use s3s::path::S3Path;
use s3s::{S3, S3Request, S3Result, s3_error};
use s3s_fs::FileSystem;

/// Buckets must exist, and a condition on a read must hold.
pub struct Manners {
    root: PathBuf,
    files: FileSystem,
}

impl Manners {
    /// For the server whose buckets are the folders of `root`.
    pub fn new(root: &Path) -> Manners {
        Manners { root: root.into(), files: FileSystem::new(root).unwrap() }
    }

    /// Refuses a request that S3 would refuse.
    pub async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let operation = context.s3_op().name();
        let (bucket, key) = match context.s3_path() {
            S3Path::Root => return Ok(()),
            S3Path::Bucket { bucket } => (bucket.clone(), None),
            S3Path::Object { bucket, key } => (bucket.clone(), Some(key.clone())),
        };
        if operation != "CreateBucket" && !self.root.join(&*bucket).is_dir() {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let condition = context.headers().get("if-match").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (Some(key), Some(condition)) = (key, condition) else { return Ok(()) };
        if self.etag(&bucket, &key).await.is_some_and(|etag| etag != condition.trim_matches('"')) {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        Ok(())
    }

    async fn etag(&self, bucket: &str, key: &str) -> Option<String> {
        let input = HeadObjectInput::builder().bucket(bucket.into()).key(key.into()).build().unwrap();
        let request = S3Request {
            input,
            method: hyper::Method::HEAD,
            uri: hyper::Uri::default(),
            headers: HeaderMap::new(),
            extensions: Default::default(),
            credentials: None,
            region: None,
            service: None,
            trailing_headers: None,
        };
        let found = self.files.head_object(request).await.ok()?;
        found.output.e_tag.map(|etag| etag.value().to_owned())
    }
}

#[async_trait]
impl S3Access for Manners {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        Manners::check(self, context).await
    }
}
