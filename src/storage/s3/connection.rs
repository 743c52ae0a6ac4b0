//! The client for S3: region, endpoint, form of addresses; and what its failures mean.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::aws::{Account, AwsError, AwsErrorKind};
use crate::config::Config;
use crate::storage::{StorageError, StorageErrorKind};

/// The region that is signed for where a server of the user's own has none.
const REGION_OF_OTHER_SERVERS: &str = "us-east-1";
/// A server that has not answered an attempt of a request after so long will not answer it. The bodies that follow an
/// answer are watched by the SDK, which ends those that stall.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Putting the parts of an object together "may take several minutes" (API reference of `CompleteMultipartUpload`).
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(600);
/// The slowest way to a server on which an upload still ends. Several parts share it.
const SLOWEST_BYTES_PER_SECOND: u64 = 16 << 10;

/// A server that speaks S3.
pub(super) struct Connection {
    pub client: Client,
    pub account: Account,
    /// The server, where it is not AWS's own.
    endpoint: Option<String>,
}

impl Connection {
    /// Nothing is asked of the server.
    pub async fn open(config: &Config) -> Result<Connection, AwsError> {
        Self::answered_within(config, ANSWER_TIMEOUT).await
    }

    async fn answered_within(config: &Config, timeout: Duration) -> Result<Connection, AwsError> {
        let section = &config.aws_s3;
        let mut account = Account::in_region(&config.aws, section.region.as_deref()).await;
        if section.endpoint_url.is_some() && account.as_ref().is_err_and(|error| error.kind() == AwsErrorKind::Region) {
            account = Account::in_region(&config.aws, Some(REGION_OF_OTHER_SERVERS)).await;
        }
        let account = account?;
        // Servers that others wrote, and older ones, do not know the newest checksums.
        let mut builder = Builder::from(account.sdk())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .timeout_config(attempts_within(timeout));
        if let Some(url) = &section.endpoint_url {
            builder = builder.endpoint_url(url).force_path_style(true);
        } else if endpoint_of_environment(&account).is_some_and(|url| !has_domain(&url)) {
            builder = builder.force_path_style(true);
        }
        let endpoint = section.endpoint_url.clone().or_else(|| endpoint_of_environment(&account));
        Ok(Connection { client: Client::from_conf(builder.build()), account, endpoint })
    }

    /// Whether the server is another one than AWS's own.
    pub fn is_elsewhere(&self) -> bool {
        self.endpoint.is_some()
    }

    pub fn region(&self) -> &str {
        self.account.region()
    }

    /// What the failure of a request about `bucket` means.
    pub fn explain<E>(&self, bucket: &str, action: &str, error: &SdkError<E, HttpResponse>) -> StorageError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
        let header = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
        let region = header.or_else(|| expected_region(said));
        self.describe(bucket, &AwsError::of(action, error), action, region)
    }

    /// What a failure that an answer reported of one of many objects means.
    pub fn explain_reported(
        &self,
        bucket: &str,
        action: &str,
        code: Option<&str>,
        message: Option<&str>,
    ) -> StorageError {
        self.describe(bucket, &AwsError::reported(action, code, message), action, None)
    }

    fn describe(&self, bucket: &str, error: &AwsError, action: &str, region: Option<&str>) -> StorageError {
        use StorageErrorKind as Kind;
        let said = error.reason();
        let (kind, reason) = match (error.kind(), error.code().unwrap_or_default()) {
            (_, "NoSuchBucket") => {
                let fix = "there is no such bucket: make it with";
                (Kind::NoSuchBucket, format!("{fix} `create_bucket(\"{bucket}\")`, or use the default one"))
            }
            (_, "InvalidBucketName") => (Kind::InvalidBucket, said.into()),
            (_, "KeyTooLongError") => (Kind::InvalidKey, said.into()),
            (_, "InvalidRange") => (Kind::InvalidRange, "the range begins after the end of the object".into()),
            (_, "PreconditionFailed") => (Kind::ObjectChanged, CHANGED.into()),
            (_, "NoSuchKey") => (Kind::NoSuchKey, "there is no such key".into()),
            // S3 names what it does not find.
            (AwsErrorKind::NotFound, "" | "NotFound") => (Kind::Io, self.not_s3()),
            (AwsErrorKind::Credentials, _) => (Kind::Credentials, said.into()),
            (AwsErrorKind::Clock, _) => (Kind::Clock, said.into()),
            (AwsErrorKind::Throttled, _) => (Kind::Throttled, said.into()),
            (AwsErrorKind::AccessDenied, _) => (
                Kind::AccessDenied,
                format!("{said}; a bucket of another account cannot be used: choose one of your own"),
            ),
            (AwsErrorKind::Region, _) => (Kind::WrongRegion, self.wrong_region(region)),
            (AwsErrorKind::Connection, _) => match &self.endpoint {
                Some(endpoint) => (
                    Kind::Unreachable,
                    format!("the server at {endpoint} did not answer ({said}): check the address, and that it runs"),
                ),
                None => (Kind::Unreachable, format!("{said}; check the network, and a proxy if there is one")),
            },
            _ => (Kind::Io, said.into()),
        };
        StorageError::new(kind, action, reason)
    }

    fn not_s3(&self) -> String {
        let server = match &self.endpoint {
            Some(endpoint) => format!("the server at {endpoint}"),
            None => "what answers for S3".into(),
        };
        format!("{server} answers with status 404, and not as S3 does: check the address, or a proxy in between")
    }

    fn wrong_region(&self, region: Option<&str>) -> String {
        let own = self.region();
        match region {
            Some(region) => {
                format!("the bucket is in region `{region}`, not in `{own}`: set `aws_s3.region_name` to `{region}`")
            }
            None => format!("the bucket is in another region than `{own}`: set `aws_s3.region_name` to its region"),
        }
    }
}

pub(super) const CHANGED: &str = "the object was replaced or deleted while it was read: read it again";

/// What overrides the client's configuration for a request that sends so many bytes.
pub(super) fn time_to_send(length_bytes: u64) -> Builder {
    let sending = Duration::from_secs(length_bytes / SLOWEST_BYTES_PER_SECOND);
    Builder::default().timeout_config(attempts_within(ANSWER_TIMEOUT + sending))
}

/// The same for the request that makes an object of parts.
pub(super) fn time_to_complete() -> Builder {
    Builder::default().timeout_config(attempts_within(COMPLETION_TIMEOUT))
}

/// Not the client's read timeout: each value of that has connections of its own.
fn attempts_within(timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(timeout).build()
}

/// A failure that came before any request.
pub(super) fn not_opened(error: &AwsError) -> StorageError {
    let kind = match error.kind() {
        AwsErrorKind::Credentials => StorageErrorKind::Credentials,
        AwsErrorKind::AccessDenied => StorageErrorKind::AccessDenied,
        AwsErrorKind::Region => StorageErrorKind::WrongRegion,
        AwsErrorKind::Clock => StorageErrorKind::Clock,
        AwsErrorKind::Throttled => StorageErrorKind::Throttled,
        AwsErrorKind::Connection => StorageErrorKind::Unreachable,
        _ => StorageErrorKind::Io,
    };
    StorageError::new(kind, "open storage `aws_s3`", error.to_string())
}

/// The endpoint that the environment or the profile names, which the SDK uses by itself.
fn endpoint_of_environment(account: &Account) -> Option<String> {
    let variable = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
    variable.or_else(|| account.sdk().endpoint_url().map(str::to_owned))
}

/// Whether buckets can be names in front of this host: `http://127.0.0.1:9000` and `http://minio:9000` have no domain.
fn has_domain(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
    if authority.starts_with('[') {
        return false;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host.contains('.') && host.parse::<IpAddr>().is_err()
}

/// The region that S3 names in its message: "the region 'us-east-1' is wrong; expecting 'eu-west-1'".
fn expected_region(message: &str) -> Option<&str> {
    message.split_once("expecting '")?.1.split_once('\'').map(|(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Request};

    #[tokio::test]
    async fn a_server_that_never_answers_is_told() {
        // The system makes the connections; nobody reads what comes over them.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let table = serde_json::json!({
            "aws": {"access_key_id": "id", "secret_access_key": "secret", "region": "eu-west-1"},
            "aws_s3": {"endpoint_url": format!("http://{}", listener.local_addr().unwrap())},
        });
        let config = config::load(Request { table: Some(table), ..Request::default() }).unwrap();
        let usual = Connection::open(&config).await.unwrap();
        let timeouts = usual.client.config().timeout_config().unwrap();
        assert_eq!(timeouts.operation_attempt_timeout(), Some(ANSWER_TIMEOUT));
        assert!(timeouts.connect_timeout().is_some());
        let connection = Connection::answered_within(&config, Duration::from_millis(100)).await.unwrap();
        let asked = connection.client.get_object().bucket("b").key("k").send();
        let error = tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it waits on").unwrap_err();
        let error = connection.explain("b", "get k", &error);
        assert_eq!(error.kind(), StorageErrorKind::Unreachable);
        assert!(error.to_string().contains("the server did not answer in time"), "{error}");
    }

    #[test]
    fn uploads_have_time() {
        let timeout = |builder: Builder| {
            let config = builder.behavior_version(aws_sdk_s3::config::BehaviorVersion::latest()).build();
            config.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout)
        };
        assert_eq!(timeout(time_to_send(1000)), Some(ANSWER_TIMEOUT));
        assert_eq!(timeout(time_to_send(8 << 20)), Some(ANSWER_TIMEOUT + Duration::from_secs(512)));
    }

    #[test]
    fn addresses_with_a_domain() {
        for url in ["https://s3.eu-west-1.amazonaws.com", "http://storage.example.org:9000/x", "a.b"] {
            assert!(has_domain(url), "{url}");
        }
        for url in ["http://127.0.0.1:9000", "http://[::1]:9000/", "http://localhost:1", "http://minio:9000/", ""] {
            assert!(!has_domain(url), "{url}");
        }
    }

    #[test]
    fn the_region_in_a_message() {
        let message = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        assert_eq!(expected_region(message), Some("eu-west-1"));
        assert_eq!(expected_region("Access Denied"), None);
    }
}
