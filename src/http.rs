//! HTTP to anywhere, outside of AWS's own crates: one client for the process.

use std::sync::OnceLock;
use std::time::Duration;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be silent in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();

/// The client, made at first use: it reads the system's certificates. It follows redirects, and takes proxies from the environment.
pub fn client() -> Result<&'static reqwest::Client, reqwest::Error> {
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    // The one that the AWS crates are built with, too. An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .user_agent(concat!("lithops-lua/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()?;
    Ok(CLIENT.get_or_init(|| client))
}

/// What went wrong, with the reasons behind it: reqwest's own message leaves them to its sources.
pub fn reason(error: &reqwest::Error) -> String {
    let mut reason = String::new();
    let mut source: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = source {
        let text = error.to_string();
        // Each layer repeats those below.
        if !reason.contains(&text) {
            reason = if reason.is_empty() { text } else { format!("{reason}: {text}") };
        }
        source = error.source();
    }
    if reason.is_empty() { error.to_string() } else { reason }
}
