//! HTTP to anywhere outside AWS: for scripts (`require "http"`), and for objects behind URLs.
//!
//! Clients are made at first use and kept, with their connections. They belong to the process's I/O thread: run what they
//! give with [`crate::io::handle`]. TLS is `rustls` on `ring`, the same as that of the AWS crates, with the system's certificates;
//! proxies are those of the environment.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Method, Url, redirect};

/// Redirects that are followed where nobody says how many.
pub const MAX_REDIRECTS: usize = 10;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that sends nothing for so long will not send more.
pub const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that follows up to [`MAX_REDIRECTS`].
///
/// # Errors
/// One sentence, if the system's certificates cannot be read.
pub fn client() -> Result<Client, String> {
    client_following(MAX_REDIRECTS)
}

/// A client that follows so many redirects; with 0, a redirect is an answer as any other.
///
/// # Errors
/// As of [`client`].
pub fn client_following(max_redirects: usize) -> Result<Client, String> {
    static CLIENTS: Mutex<Option<HashMap<usize, Client>>> = Mutex::new(None);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = clients.get_or_insert_default();
    if let Some(client) = clients.get(&max_redirects) {
        return Ok(client.clone());
    }
    // Only the first call has an effect, and no other provider is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let policy = if max_redirects == 0 { redirect::Policy::none() } else { redirect::Policy::limited(max_redirects) };
    let client = Client::builder()
        .user_agent(concat!("lithops-lua/", env!("CARGO_PKG_VERSION")))
        .redirect(policy)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()
        .map_err(|error| format!("cannot set up HTTP: {}", last_cause(&error)))?;
    clients.insert(max_redirects, client.clone());
    Ok(client)
}

/// What went wrong with a request. An answer with a status of 400 or more is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpErrorKind {
    /// No connection: the name is not known, nobody listens, or TLS refuses.
    Unreachable,
    Timeout,
    TooManyRedirects,
    /// The connection broke before the end of the answer.
    Interrupted,
    /// Anything else, such as an answer that is not HTTP.
    Protocol,
}

impl HttpErrorKind {
    /// The kind as scripts see it (`err.kind`).
    pub fn as_str(self) -> &'static str {
        match self {
            HttpErrorKind::Unreachable => "unreachable",
            HttpErrorKind::Timeout => "timeout",
            HttpErrorKind::TooManyRedirects => "too_many_redirects",
            HttpErrorKind::Interrupted => "interrupted",
            HttpErrorKind::Protocol => "protocol",
        }
    }
}

/// A request that failed: what was tried, and why it failed. Reads after "failed to".
#[derive(Debug, Clone)]
pub struct HttpError {
    pub kind: HttpErrorKind,
    action: String,
    reason: String,
}

impl HttpError {
    /// A failure of `action`.
    pub fn new(kind: HttpErrorKind, action: impl Into<String>, reason: impl Into<String>) -> HttpError {
        HttpError { kind, action: action.into(), reason: reason.into() }
    }

    /// The client's error of `action`.
    pub fn of(action: impl Into<String>, error: &reqwest::Error) -> HttpError {
        let kind = if error.is_timeout() {
            HttpErrorKind::Timeout
        } else if error.is_redirect() {
            HttpErrorKind::TooManyRedirects
        } else if error.is_connect() {
            HttpErrorKind::Unreachable
        } else if error.is_body() || error.is_decode() || is_broken(error) {
            HttpErrorKind::Interrupted
        } else {
            HttpErrorKind::Protocol
        };
        HttpError::new(kind, action, last_cause(error))
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.reason)
    }
}

impl Error for HttpError {}

/// What is tried, for errors: the method, and the URL without what may be secret in it.
pub fn action(method: &Method, url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{method} {}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Whether a connection that there was ended before its time.
fn is_broken(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let broken = match cause.downcast_ref::<hyper::Error>() {
            Some(error) => error.is_incomplete_message() || error.is_closed() || error.is_canceled(),
            None => cause.is::<std::io::Error>(),
        };
        if broken {
            return true;
        }
        next = cause.source();
    }
    false
}

/// Why a request failed, in a few words.
pub fn reason(error: &reqwest::Error) -> String {
    last_cause(error)
}

/// The innermost cause says most.
fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
