//! S3: the server that others wrote, `s3s-fs`, with buckets as folders, behind what is particular to AWS.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use s3s::S3Result;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};

use super::Cloud;
use super::auth::{ACCESS_KEY_ID, Caller, SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID};
use super::failure::{Failure, Protocol};
use super::policy::{authorize, s3_action};
use super::server::{Body, empty};

#[path = "../s3_manners.rs"]
mod manners;

use manners::Manners;

/// The file of an object.
pub fn object_file(cloud: &Cloud, bucket: &str, key: &str) -> PathBuf {
    buckets(cloud).join(bucket).join(key)
}

/// Where the buckets are.
pub fn buckets(cloud: &Cloud) -> PathBuf {
    cloud.folder.path().join("buckets")
}

/// Counts requests by operation, and refuses what S3, or a knob, does not allow.
struct Access {
    cloud: Arc<Cloud>,
    manners: Manners,
}

#[async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name().to_owned();
        self.cloud.record().request("s3", &operation);
        self.manners.check(context).await?;
        let resource = match context.s3_path() {
            S3Path::Root => "*".to_owned(),
            // Deletions of many name them in the body.
            S3Path::Bucket { bucket } if operation == "DeleteObjects" => format!("arn:aws:s3:::{bucket}/*"),
            S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
            S3Path::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
        };
        let key = context.credentials().map(|credentials| credentials.access_key.clone()).unwrap_or_default();
        let is_function = key == self.cloud.role_credentials.access_key_id;
        let caller = Caller { service: "s3".into(), arn: key, is_function };
        authorize(&self.cloud, &caller, &s3_action(&operation), &resource)
            .map_err(|_| s3s::s3_error!(AccessDenied, "Access Denied"))
    }
}

/// The server, with the keys of the user and of the functions' role.
pub fn service(cloud: &Arc<Cloud>) -> S3Service {
    let folder = buckets(cloud);
    std::fs::create_dir_all(&folder).expect("a folder for buckets");
    let files = s3s_fs::FileSystem::new(&folder).expect("a file system for buckets");
    let mut builder = S3ServiceBuilder::new(files);
    let mut keys = SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
    keys.register(SESSION_ACCESS_KEY_ID.into(), SECRET_ACCESS_KEY.into());
    let role = &cloud.role_credentials;
    keys.register(role.access_key_id.clone(), role.secret_access_key.as_str().into());
    builder.set_auth(keys);
    builder.set_access(Access { cloud: cloud.clone(), manners: Manners::new(&folder) });
    builder.build()
}

/// Answers one request.
pub async fn serve(cloud: &Arc<Cloud>, service: S3Service, parts: Parts, body: Incoming) -> Response<Body> {
    let bucket = parts.uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    if !bucket.is_empty() && cloud.knobs().foreign_buckets.iter().any(|foreign| foreign == bucket) {
        return foreign(cloud, &parts);
    }
    let s3_error = cloud.knobs().s3_error;
    if cloud.happens(s3_error) {
        return Failure::new(503, "SlowDown", "Please reduce your request rate.").response(cloud, Protocol::S3);
    }
    let request = Request::from_parts(parts, s3s::Body::from(body));
    match service.call(request).await {
        Ok(response) => response.map(BodyExt::boxed_unsync),
        Err(_) => empty(500),
    }
}

/// What AWS says about a bucket of another account.
fn foreign(cloud: &Cloud, parts: &Parts) -> Response<Body> {
    let makes_bucket = parts.method == Method::PUT && parts.uri.path().trim_matches('/').split('/').count() == 1;
    if parts.method == Method::HEAD {
        // An answer to HEAD has no body to explain anything.
        cloud.record().failure("AccessDenied");
        return empty(403);
    }
    let failure = if makes_bucket {
        Failure::new(
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
             Please select a different name and try again.",
        )
    } else {
        Failure::new(403, "AccessDenied", "Access Denied")
    };
    failure.response(cloud, Protocol::S3)
}
