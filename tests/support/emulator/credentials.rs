//! Where programs get credentials that nobody gave them: the instance's metadata service, a container's agent, and the
//! portal of IAM Identity Center (SSO). All give the user's temporary key.

use hyper::http::HeaderValue;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde_json::json;

use super::Cloud;
use super::auth::{SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID, SESSION_TOKEN};
use super::server::{Body, empty, full, json as answer};

/// What callers show: the token of a sign-in, of the container, and of the metadata service.
pub const BEARER_TOKEN: &str = "emulated-bearer-token";
/// How long credentials are valid.
const LIFETIME_S: f64 = 3600.0;

/// When credentials that are given out now end, as in `2026-01-31T12:00:00Z`.
pub fn expiration(cloud: &Cloud) -> String {
    cloud.timestamp(LIFETIME_S)
}

/// Answers the request, if it is for one of these services. `/container/credentials` is the container's address.
pub fn serve(cloud: &Cloud, parts: &Parts) -> Option<Response<Body>> {
    let shows = |name: &str| parts.headers.get(name).is_some_and(|value| value == BEARER_TOKEN);
    let (path, instance) = (parts.uri.path(), "x-aws-ec2-metadata-token");
    let credentials = json!({
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": SESSION_ACCESS_KEY_ID,
        "SecretAccessKey": SECRET_ACCESS_KEY,
        "Token": SESSION_TOKEN,
        "Expiration": expiration(cloud),
    });
    let (service, operation, allowed, response) = match path {
        "/latest/api/token" if parts.method == Method::PUT => {
            let mut response = Response::new(full(BEARER_TOKEN));
            response.headers_mut().insert("x-aws-ec2-metadata-token-ttl-seconds", HeaderValue::from_static("21600"));
            ("imds", "GetToken", true, response)
        }
        "/latest/meta-data/placement/region" => {
            ("imds", "GetRegion", shows(instance), Response::new(full(cloud.knobs().region.clone())))
        }
        "/latest/meta-data/iam/security-credentials/" => {
            ("imds", "GetRoleName", shows(instance), Response::new(full("instance-role")))
        }
        "/latest/meta-data/iam/security-credentials/instance-role" => {
            ("imds", "GetCredentials", shows(instance), answer(200, &credentials))
        }
        "/container/credentials" => ("container", "GetCredentials", shows("authorization"), answer(200, &credentials)),
        "/federation/credentials" => {
            let body = json!({"roleCredentials": {
                "accessKeyId": SESSION_ACCESS_KEY_ID,
                "secretAccessKey": SECRET_ACCESS_KEY,
                "sessionToken": SESSION_TOKEN,
                "expiration": ((cloud.now_s() + LIFETIME_S) * 1000.0) as i64,
            }});
            ("sso", "GetRoleCredentials", shows("x-amz-sso_bearer_token"), answer(200, &body))
        }
        _ => return None,
    };
    cloud.record().request(service, operation);
    Some(if allowed { response } else { empty(401) })
}
