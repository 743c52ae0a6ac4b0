//! The protocol of registries ("OCI distribution specification"), as far as a push needs it: blobs that are not there yet,
//! then the manifest.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::{Method, Request, Uri};
use serde_json::Value;

use super::credentials::Login;
use super::{Blob, Image};
use crate::aws::http::{self, Answer};
use crate::compute::aws_lambda::deploy::ImageName;

const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// A layer over a slow uplink.
const UPLOAD_WITHIN: Duration = Duration::from_secs(3600);
/// Attempts at a request that is throttled, or fails on the server's side.
const MOST_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Pushes an image. `Err` says why it cannot be pushed.
pub(super) async fn push(image: &Image, name: &ImageName, login: Option<Login>) -> Result<(), String> {
    let mut registry = Registry { name, base: base(&name.registry), login, authorization: None };
    for blob in [&image.layer, &image.config] {
        registry.push_blob(blob).await?;
    }
    let manifest = &image.manifest;
    let place = format!("{}/manifests/{}", registry.repository(), name.reference);
    let content = Content { bytes: manifest.bytes.clone(), media_type: manifest.media_type };
    let answer = registry.send(&Method::PUT, &place, Some(content)).await?;
    registry.expect(&answer, &[201, 200], "the manifest was refused")
}

/// A conversation with one registry.
struct Registry<'a> {
    name: &'a ImageName,
    base: String,
    login: Option<Login>,
    /// What the last challenge asked for.
    authorization: Option<String>,
}

#[derive(Clone)]
struct Content {
    bytes: Bytes,
    media_type: &'static str,
}

impl Registry<'_> {
    fn repository(&self) -> String {
        format!("{}/v2/{}", self.base, self.name.repository)
    }

    async fn push_blob(&mut self, blob: &Blob) -> Result<(), String> {
        let place = format!("{}/blobs/{}", self.repository(), blob.digest);
        // Some registries answer with the blob's place in their storage.
        if matches!(self.send(&Method::HEAD, &place, None).await?.status, 200 | 302 | 307) {
            return Ok(());
        }
        let begun = self.send(&Method::POST, &format!("{}/blobs/uploads/", self.repository()), None).await?;
        self.expect(&begun, &[202], "an upload was refused")?;
        let place = self.location(&begun)?;
        let content = Content { bytes: blob.bytes.clone(), media_type: "application/octet-stream" };
        let sent = self.send(&Method::PATCH, &place, Some(content)).await?;
        self.expect(&sent, &[202, 204, 201], "an upload was refused")?;
        let place = self.location(&sent)?;
        let separator = if place.contains('?') { '&' } else { '?' };
        let ended = self.send(&Method::PUT, &format!("{place}{separator}digest={}", blob.digest), None).await?;
        self.expect(&ended, &[201, 204], "an upload was refused")
    }

    /// Where an upload goes on.
    fn location(&self, answer: &Answer) -> Result<String, String> {
        let location = answer.header("location").ok_or("the registry did not say where an upload goes on")?;
        Ok(if location.starts_with('/') { format!("{}{location}", self.base) } else { location.to_owned() })
    }

    /// Sends a request; where the registry asks who is there, again with the answer to that.
    async fn send(&mut self, method: &Method, place: &str, content: Option<Content>) -> Result<Answer, String> {
        let answer = self.send_patiently(method, place, content.clone()).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        self.authorization = Some(self.authorize(&challenge).await?);
        self.send_patiently(method, place, content).await
    }

    async fn send_patiently(&self, method: &Method, place: &str, content: Option<Content>) -> Result<Answer, String> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let answer = self.send_once(method, place, content.clone()).await;
            let passes = match &answer {
                Ok(answer) => answer.status == 429 || answer.status >= 500,
                Err(_) => true,
            };
            if !passes || attempt == MOST_ATTEMPTS {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    async fn send_once(&self, method: &Method, place: &str, content: Option<Content>) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(place).header("user-agent", "lithops-lua");
        // An upload may go on at another host, whose business our password is not.
        if let Some(authorization) = self.authorization.as_ref().filter(|_| is_below(place, &self.base)) {
            request = request.header("authorization", authorization);
        }
        let within = if content.is_some() { UPLOAD_WITHIN } else { ANSWER_WITHIN };
        let bytes = match content {
            Some(content) => {
                request = request.header("content-type", content.media_type);
                content.bytes
            }
            None => Bytes::new(),
        };
        // Some registries refuse a request without it.
        if *method != Method::HEAD {
            request = request.header("content-length", bytes.len());
        }
        let request = request.body(bytes).map_err(|error| format!("the address {place} is wrong: {error}"))?;
        http::send(request, within).await
    }

    /// What to say to a challenge: `Basic …`, or `Bearer realm="…",service="…",scope="…"`.
    async fn authorize(&self, challenge: &str) -> Result<String, String> {
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        let basic = self
            .login
            .as_ref()
            .map(|login| format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", login.user, login.password))));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return basic.ok_or_else(|| self.nobody());
        }
        let parameter = |name: &str| parameter(parameters, name);
        let realm = parameter("realm").ok_or("the registry does not say where to get a token")?;
        if !is_private(&realm) {
            return Err(format!("the registry sends passwords in the clear to {realm}"));
        }
        let scope = parameter("scope").unwrap_or_else(|| format!("repository:{}:pull,push", self.name.repository));
        let mut query = vec![("scope", scope)];
        query.extend(parameter("service").map(|service| ("service", service)));
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let separator = if realm.contains('?') { '&' } else { '?' };
        let mut request = Request::get(format!("{realm}{separator}{}", query.join("&")));
        if let Some(basic) = &basic {
            request = request.header("authorization", basic);
        }
        let request = request.body(Bytes::new()).map_err(|error| format!("the address {realm} is wrong: {error}"))?;
        let answer = http::send(request, ANSWER_WITHIN).await?;
        if answer.status != 200 {
            return Err(if basic.is_none() { self.nobody() } else { self.refused(answer.status) });
        }
        let output: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = ["token", "access_token"].iter().find_map(|key| output.get(key)?.as_str());
        token.map(|token| format!("Bearer {token}")).ok_or_else(|| "the registry gave no token".into())
    }

    fn nobody(&self) -> String {
        format!(
            "the registry wants to know who you are: run `docker login {}`, or put it into Docker's config.json",
            self.name.registry
        )
    }

    fn refused(&self, status: u16) -> String {
        format!(
            "the registry does not let you push there (status {status}): check user and password for {}",
            self.name.registry
        )
    }

    fn expect(&self, answer: &Answer, statuses: &[u16], what: &str) -> Result<(), String> {
        if statuses.contains(&answer.status) {
            return Ok(());
        }
        if matches!(answer.status, 401 | 403) {
            return Err(self.refused(answer.status));
        }
        let output: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = output.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or("no reason was given");
        Err(format!("{what} (status {}: {said})", answer.status))
    }
}

/// The address of a registry: in the clear only on this machine, as Docker has it.
fn base(registry: &str) -> String {
    let scheme = if is_loopback(registry) { "http" } else { "https" };
    format!("{scheme}://{registry}")
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "localhost" || host == "[::1]" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_private(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    uri.scheme_str() == Some("https") || uri.authority().is_some_and(|authority| is_loopback(authority.as_str()))
}

fn is_below(place: &str, base: &str) -> bool {
    place.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'))
}

/// A parameter of a challenge: `name="value"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"')?;
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after;
    }
    None
}

/// Percent-encoding of a query's value.
fn encode(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:,".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let challenge =
            r#"realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#;
        assert_eq!(parameter(challenge, "realm").as_deref(), Some("https://auth.example/token"));
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(parameter(challenge, "error"), None);
        assert_eq!(encode("a b&c=\"d\""), "a%20b%26c%3D%22d%22");
    }

    #[test]
    fn passwords_go_where_they_belong() {
        assert_eq!(base("127.0.0.1:5000"), "http://127.0.0.1:5000");
        assert_eq!(base("registry.example:5000"), "https://registry.example:5000");
        assert!(is_private("https://auth.example/token") && is_private("http://localhost:5001/token"));
        assert!(!is_private("http://auth.example/token") && !is_private("ftp://x") && !is_private(""));
        assert!(is_below("https://a.example/v2/x", "https://a.example"));
        assert!(!is_below("https://a.example.evil/v2/x", "https://a.example"));
    }
}
