//! Single calls of services whose crates would take minutes to build, signed by AWS's own code.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use hyper::Request;
use serde_json::Value;

use super::account::Account;
use super::error::{AwsError, AwsErrorKind};
use super::http;

/// Attempts at a call that is throttled, or fails on the server's side.
const MOST_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A service that speaks JSON (`application/x-amz-json-1.1`).
#[derive(Clone, Copy, Debug)]
pub struct JsonService {
    /// As signatures have it.
    signing_name: &'static str,
    /// In front of the region in its host.
    host: &'static str,
    /// Behind `AWS_ENDPOINT_URL_`.
    variable: &'static str,
    /// In front of an operation's name.
    target: &'static str,
}

/// Amazon ECR: container images.
pub const ECR: JsonService = JsonService {
    signing_name: "ecr",
    host: "api.ecr",
    variable: "ECR",
    target: "AmazonEC2ContainerRegistry_V20150921",
};

/// Amazon CloudWatch Logs.
pub const LOGS: JsonService =
    JsonService { signing_name: "logs", host: "logs", variable: "CLOUDWATCH_LOGS", target: "Logs_20140328" };

impl JsonService {
    /// Calls `operation` in the account's region, which has to be safe to repeat. `action` reads after "failed to".
    ///
    /// # Errors
    /// The failure, explained; its code is the exception's name.
    pub async fn call(
        &self,
        account: &Account,
        operation: &str,
        input: &Value,
        action: &str,
    ) -> Result<Value, AwsError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let result = self.call_once(account, operation, input, action).await;
            let passes =
                |kind| matches!(kind, AwsErrorKind::Throttled | AwsErrorKind::Server | AwsErrorKind::Connection);
            match result {
                Err(error) if passes(error.kind()) && attempt < MOST_ATTEMPTS => {}
                result => return result,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    async fn call_once(
        &self,
        account: &Account,
        operation: &str,
        input: &Value,
        action: &str,
    ) -> Result<Value, AwsError> {
        let body = Bytes::from(input.to_string());
        let mut request = Request::post(self.endpoint(account))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("{}.{operation}", self.target))
            .body(body)
            .map_err(|error| AwsError::new(AwsErrorKind::Other, action, format!("its address is wrong: {error}")))?;
        sign(account, &mut request, self.signing_name, account.region(), action).await?;
        let answer = http::send(request, ANSWER_WITHIN)
            .await
            .map_err(|reason| AwsError::new(AwsErrorKind::Connection, action, reason))?;
        let output: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if (200..300).contains(&answer.status) {
            return Ok(output);
        }
        let text = |keys: [&str; 2]| keys.iter().find_map(|key| output.get(key)?.as_str());
        // Some services put a namespace in front of it.
        let code = text(["__type", "code"]).map(|code| code.rsplit('#').next().unwrap_or(code));
        Err(AwsError::answered(action, answer.status, code, text(["message", "Message"])))
    }

    fn endpoint(&self, account: &Account) -> String {
        let region = account.region();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        endpoint(account, self.variable).unwrap_or_else(|| format!("https://{}.{region}.{domain}/", self.host))
    }
}

/// The address that the environment has for a service in place of AWS's own: `variable` is what the name of the one for
/// this service ends in.
pub(super) fn endpoint(account: &Account, variable: &str) -> Option<String> {
    let own = std::env::var(format!("AWS_ENDPOINT_URL_{variable}")).ok().filter(|url| !url.is_empty());
    own.or_else(|| account.sdk().endpoint_url().map(str::to_owned))
}

/// Signs a request to a service.
pub(super) async fn sign(
    account: &Account,
    request: &mut Request<Bytes>,
    service: &str,
    region: &str,
    action: &str,
) -> Result<(), AwsError> {
    let failed = |reason: String| AwsError::new(AwsErrorKind::Credentials, action, reason);
    let none = || {
        failed(
            "there are no AWS credentials: set `aws.access_key_id` and `aws.secret_access_key`, or AWS_PROFILE".into(),
        )
    };
    let provider = account.sdk().credentials_provider().ok_or_else(none)?;
    let credentials = provider.provide_credentials().await.map_err(|error| {
        tracing::debug!(%error, "no credentials");
        none()
    })?;
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(format!("the request cannot be signed: {error}")))?
        .into();
    let uri = request.uri().to_string();
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(request.body()))
        .map_err(|error| failed(format!("the request cannot be signed: {error}")))?;
    let signed = http_request::sign(signable, &parameters)
        .map_err(|error| failed(format!("the request cannot be signed: {error}")))?;
    let (instructions, _) = signed.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
