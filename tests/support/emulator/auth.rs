//! Who asks, for which service: the `Authorization` header of a request.
//!
//! Key, session token, region and time are checked here for all services. The signature itself is checked for S3,
//! by the server that others wrote.

use hyper::http::request::Parts;

use super::Cloud;
use super::clock::{parse_signature_date, signature_date};
use super::failure::{Failure, Protocol};

/// The user's key.
pub const ACCESS_KEY_ID: &str = "AKIAEMULATEDUSER0001";
/// The user's secret. Must never be seen anywhere but on the user's own machine.
pub const SECRET_ACCESS_KEY: &str = "emulated/SECRET+of+the+user/never+to+be+sent";
/// The user's temporary key, as a role, a sign-in, a container or an instance gets one. Its secret is [`SECRET_ACCESS_KEY`].
pub const SESSION_ACCESS_KEY_ID: &str = "ASIAEMULATEDUSER0001";
/// What has to come with the temporary key.
pub const SESSION_TOKEN: &str = "emulated/SESSION+of+the+user/never+to+be+sent+to+functions";
/// A key that is known and has expired.
pub const EXPIRED_ACCESS_KEY_ID: &str = "ASIAEMULATEDEXPIRED1";

/// What functions sign with: the credentials of their role.
pub struct RoleCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl RoleCredentials {
    pub fn new() -> RoleCredentials {
        let letters = |count: usize| std::iter::repeat_with(fastrand::alphanumeric).take(count).collect::<String>();
        RoleCredentials {
            access_key_id: format!("ASIA{}", letters(16).to_uppercase()),
            secret_access_key: letters(40),
            session_token: letters(200),
        }
    }
}

/// A request that says who it is from.
pub struct Caller {
    /// `lambda`, `s3`, `sts`, `iam`.
    pub service: String,
    /// The caller's ARN.
    pub arn: String,
    /// Whether a function asks, as its role.
    pub is_function: bool,
}

/// How long ago a request may have been signed; S3 allows more.
const MAX_SKEW_S: i64 = 5 * 60;
const MAX_S3_SKEW_S: i64 = 15 * 60;

/// Reads and checks the header.
pub fn authenticate(cloud: &Cloud, parts: &Parts) -> Result<Caller, (Protocol, Failure)> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(credential) = credential(parts) else {
        let protocol = protocol_of_path(parts);
        let failure = match protocol {
            Protocol::S3 => Failure::new(403, "AccessDenied", "Access Denied"),
            Protocol::Json => Failure::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
            Protocol::Query => {
                Failure::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
            }
        };
        return Err((protocol, failure));
    };
    let mut scope = credential.split('/');
    let (key, _day) = (scope.next().unwrap_or_default(), scope.next());
    let (region, service) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
    let protocol = match service {
        "lambda" => Protocol::Json,
        "s3" => Protocol::S3,
        _ => Protocol::Query,
    };
    let refuse = |failure| Err((protocol, failure));

    let knobs = cloud.knobs().clone();
    let role = &cloud.role_credentials;
    let token = header("x-amz-security-token");
    let arn = if key == ACCESS_KEY_ID && token.is_none() {
        format!("arn:aws:iam::{}:user/emulated", knobs.account_id)
    } else if key == SESSION_ACCESS_KEY_ID && (token == Some(SESSION_TOKEN) || is_presigned(parts)) {
        format!("arn:aws:sts::{}:assumed-role/emulated/session", knobs.account_id)
    } else if key == role.access_key_id && (token == Some(&role.session_token) || is_presigned(parts)) {
        format!("arn:aws:sts::{}:assumed-role/lithops-execution-role/function", knobs.account_id)
    } else if key == EXPIRED_ACCESS_KEY_ID {
        return refuse(expired(protocol));
    } else {
        return refuse(unknown_key(protocol));
    };
    if key == ACCESS_KEY_ID && knobs.credentials_expired {
        return refuse(expired(protocol));
    }
    // IAM is one for all regions and is asked in the first one.
    if region != knobs.region && service != "iam" {
        return refuse(wrong_region(protocol, region, &knobs.region));
    }
    if let Some(signed_at) = header("x-amz-date").and_then(parse_signature_date) {
        skew(protocol, signed_at, cloud.now_s() as i64).map_err(|failure| (protocol, failure))?;
    }
    Ok(Caller { service: service.to_owned(), arn, is_function: key == role.access_key_id })
}

/// `AKIA…/20260131/us-east-1/lambda/aws4_request`.
fn credential(parts: &Parts) -> Option<String> {
    if let Some(authorization) = parts.headers.get("authorization") {
        let fields = authorization.to_str().ok()?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
        return fields.find(|(name, _)| *name == "Credential").map(|(_, value)| value.to_owned());
    }
    let query = parts.uri.query()?.as_bytes();
    let mut pairs = form_urlencoded::parse(query);
    pairs.find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value.into_owned())
}

fn is_presigned(parts: &Parts) -> bool {
    parts.uri.query().is_some_and(|query| query.contains("X-Amz-Security-Token="))
}

fn protocol_of_path(parts: &Parts) -> Protocol {
    let path = parts.uri.path();
    // Lambda's paths begin with the date of a version.
    if path.starts_with("/20") {
        Protocol::Json
    } else if path == "/" && parts.method == hyper::Method::POST {
        Protocol::Query
    } else {
        Protocol::S3
    }
}

fn unknown_key(protocol: Protocol) -> Failure {
    let message = "The security token included in the request is invalid.";
    match protocol {
        Protocol::Json => Failure::new(403, "UnrecognizedClientException", message),
        Protocol::Query => Failure::new(403, "InvalidClientTokenId", message),
        Protocol::S3 => {
            Failure::new(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
    }
}

fn expired(protocol: Protocol) -> Failure {
    let message = "The security token included in the request is expired";
    match protocol {
        Protocol::Json => Failure::new(403, "ExpiredTokenException", message),
        Protocol::Query => Failure::new(403, "ExpiredToken", message),
        Protocol::S3 => Failure::new(400, "ExpiredToken", "The provided token has expired."),
    }
}

fn wrong_region(protocol: Protocol, found: &str, expected: &str) -> Failure {
    match protocol {
        Protocol::S3 => {
            let message =
                format!("The authorization header is malformed; the region '{found}' is wrong; expecting '{expected}'");
            let detail = Some(expected.to_owned());
            Failure { detail, ..Failure::new(400, "AuthorizationHeaderMalformed", message) }
        }
        Protocol::Json => {
            Failure::new(403, "InvalidSignatureException", "Credential should be scoped to a valid region.")
        }
        Protocol::Query => Failure::new(
            403,
            "SignatureDoesNotMatch",
            format!("Credential should be scoped to a valid region, not '{found}'."),
        ),
    }
}

fn skew(protocol: Protocol, signed_at: i64, now: i64) -> Result<(), Failure> {
    if protocol == Protocol::S3 {
        let message = "The difference between the request time and the current time is too large.";
        return if (now - signed_at).abs() > MAX_S3_SKEW_S {
            Err(Failure::new(403, "RequestTimeTooSkewed", message))
        } else {
            Ok(())
        };
    }
    let [then, today] = [signed_at, now].map(signature_date);
    let message = if now - signed_at > MAX_SKEW_S {
        let earliest = signature_date(now - MAX_SKEW_S);
        format!("Signature expired: {then} is now earlier than {earliest} ({today} - 5 min.)")
    } else if signed_at - now > MAX_SKEW_S {
        let latest = signature_date(now + MAX_SKEW_S);
        format!("Signature not yet current: {then} is still later than {latest} ({today} + 5 min.)")
    } else {
        return Ok(());
    };
    let code = if protocol == Protocol::Json { "InvalidSignatureException" } else { "SignatureDoesNotMatch" };
    Err(Failure::new(403, code, message))
}
