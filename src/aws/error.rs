//! Failures of AWS in one sentence each: what was tried, what went wrong, what to do about it.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AwsErrorKind {
    /// There are no credentials, or they are not valid (any more).
    Credentials,
    /// The credentials do not allow it.
    AccessDenied,
    /// No region, or the wrong one.
    Region,
    /// The clock of this machine is off.
    Clock,
    /// What was asked for does not exist.
    NotFound,
    /// It exists already, or is being changed.
    Conflict,
    /// Too many requests.
    Throttled,
    /// The server could not be reached, or the connection broke.
    Connection,
    /// The server failed.
    Server,
    /// The request is more than AWS takes.
    TooLarge,
    /// Anything else.
    Other,
}

/// A failure: what was tried, and why it failed. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {reason}")]
pub struct AwsError {
    kind: AwsErrorKind,
    action: String,
    reason: String,
    /// The code that AWS gave, as `ResourceNotFoundException`.
    code: Option<String>,
}

impl AwsError {
    /// A failure that AWS did not report itself.
    pub fn new(kind: AwsErrorKind, action: impl Into<String>, reason: impl Into<String>) -> AwsError {
        AwsError { kind, action: action.into(), reason: reason.into(), code: None }
    }

    /// What a service answered.
    pub(super) fn answered(
        action: impl Into<String>,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
    ) -> AwsError {
        let (kind, reason) = explain(status, code, message);
        AwsError { kind, action: action.into(), reason, code: code.map(str::to_owned) }
    }

    /// What kind it is.
    pub fn kind(&self) -> AwsErrorKind {
        self.kind
    }

    /// Why it failed, without what was tried.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The code that AWS gave, if it gave one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// A failure that AWS reported within an answer: of one of many objects, for example.
    pub fn reported(action: impl Into<String>, code: Option<&str>, message: Option<&str>) -> AwsError {
        let (kind, reason) = explain(200, code, message);
        AwsError { kind, action: action.into(), reason, code: code.map(str::to_owned) }
    }

    /// The failure of a request, explained.
    pub fn of<E>(action: impl Into<String>, error: &SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let action = action.into();
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                let code = service.err().code().map(str::to_owned);
                let (kind, reason) = explain(status, code.as_deref(), service.err().message());
                AwsError { kind, action, reason, code }
            }
            SdkError::TimeoutError(_) => {
                AwsError::new(AwsErrorKind::Connection, action, "the server did not answer in time")
            }
            SdkError::ResponseError(_) => AwsError::new(
                AwsErrorKind::Connection,
                action,
                "the answer broke off, or is not one of AWS: check AWS_ENDPOINT_URL, or a proxy in between",
            ),
            other => {
                // The SDK looks for credentials before it sends anything.
                let mut chain = std::iter::successors(Some(other as &(dyn Error + 'static)), |&error| error.source());
                match chain.find_map(|error| error.downcast_ref::<CredentialsError>()) {
                    Some(error) => AwsError::new(AwsErrorKind::Credentials, action, without_credentials(error)),
                    None => {
                        let reason = format!("AWS cannot be reached: {}", causes(other));
                        AwsError::new(AwsErrorKind::Connection, action, reason)
                    }
                }
            }
        }
    }
}

/// Why there are no credentials.
fn without_credentials(error: &CredentialsError) -> String {
    let causes = causes(error);
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            "there are no AWS credentials: set `aws.access_key_id` and `aws.secret_access_key`, or AWS_PROFILE, or run \
             `aws configure`"
                .into()
        }
        _ if causes.contains("expired") || causes.contains("refresh") => {
            format!("the credentials cannot be used: {causes}; sign in again (`aws sso login`)")
        }
        _ => format!("the credentials cannot be had: {causes}"),
    }
}

/// For rooms that carry errors as text.
impl From<AwsError> for String {
    fn from(error: AwsError) -> String {
        error.to_string()
    }
}

/// Turns the result of a request into one with an explained failure.
pub trait Failed<T> {
    /// `action` reads after "failed to".
    ///
    /// # Errors
    /// The failure, if it is one.
    fn failed(self, action: &str) -> Result<T, AwsError>;
}

impl<T, E> Failed<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn failed(self, action: &str) -> Result<T, AwsError> {
        self.map_err(|error| AwsError::of(action, &error))
    }
}

/// What a status, a code and a message of AWS mean for the user.
pub(super) fn explain(status: u16, code: Option<&str>, message: Option<&str>) -> (AwsErrorKind, String) {
    let code = code.unwrap_or_default();
    let said = message.unwrap_or("no reason was given").trim().trim_end_matches('.');
    let kind = kind_of(status, code, said);
    let reason = match kind {
        AwsErrorKind::Credentials if code.contains("Expired") || said.contains("expired") => {
            "the AWS credentials have expired: get new ones (`aws sso login`, or a new session token)".into()
        }
        AwsErrorKind::Credentials => format!(
            "AWS does not accept the credentials ({said}): check `aws.access_key_id`, `aws.secret_access_key` and \
             `aws.session_token`, or the profile"
        ),
        AwsErrorKind::Clock => format!("the clock of this machine is off ({said}): set it right, for example with NTP"),
        AwsErrorKind::AccessDenied => {
            format!(
                "access denied ({said}): give the user or role that permission; `lithops-lua aws policy` lists all it needs"
            )
        }
        AwsErrorKind::Region if said.contains(WRONG_REGION) => {
            format!("the server is one of another region ({said}): check `aws.region`, or AWS_REGION")
        }
        AwsErrorKind::Region => format!("it is in another region ({said}): set `region_name` in the configuration"),
        AwsErrorKind::Throttled => format!("AWS refuses more requests at the moment ({said})"),
        AwsErrorKind::Server => format!("AWS failed ({status} {code}: {said}); try again"),
        _ if code.is_empty() => format!("{said} (status {status})"),
        _ => format!("{said} ({code})"),
    };
    (kind, reason)
}

/// What AWS says of a signature for another region than the server's.
const WRONG_REGION: &str = "scoped to a valid region";

fn kind_of(status: u16, code: &str, said: &str) -> AwsErrorKind {
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" => AwsErrorKind::Clock,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if said.contains("Signature expired") || said.contains("not yet current") =>
        {
            AwsErrorKind::Clock
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" if said.contains(WRONG_REGION) => AwsErrorKind::Region,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotSignedUp" => AwsErrorKind::Credentials,
        "AccessDenied" | "AccessDeniedException" | "AllAccessDisabled" | "Forbidden" => AwsErrorKind::AccessDenied,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => AwsErrorKind::Region,
        "ResourceNotFoundException" | "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" | "NoSuchEntity" | "NotFound" => {
            AwsErrorKind::NotFound
        }
        "ResourceConflictException" | "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "OperationAborted" => {
            AwsErrorKind::Conflict
        }
        "RequestTooLargeException" | "RequestEntityTooLargeException" | "EntityTooLarge" => AwsErrorKind::TooLarge,
        "TooManyRequestsException" | "Throttling" | "ThrottlingException" | "SlowDown" | "RequestLimitExceeded" => {
            AwsErrorKind::Throttled
        }
        _ => match status {
            301 | 307 => AwsErrorKind::Region,
            401 => AwsErrorKind::Credentials,
            403 => AwsErrorKind::AccessDenied,
            404 => AwsErrorKind::NotFound,
            409 => AwsErrorKind::Conflict,
            413 => AwsErrorKind::TooLarge,
            429 => AwsErrorKind::Throttled,
            500.. => AwsErrorKind::Server,
            _ => AwsErrorKind::Other,
        },
    }
}

/// The messages of an error's causes, the last of which says most.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut messages = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if messages.last() != Some(&text) {
            messages.push(text);
        }
        next = cause.source();
    }
    // The outermost ones are of the SDK's machinery.
    let from = messages.len().saturating_sub(2);
    messages[from..].join(": ")
}
