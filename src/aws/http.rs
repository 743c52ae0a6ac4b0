//! Plain HTTP and HTTPS, for what the SDK has no client for here: two small services, and registries of images.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{HeaderMap, Request};

/// No answer that is read whole is longer.
const LARGEST_ANSWER_BYTES: usize = 16 << 20;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends a request and reads the whole answer. `Err` says in a few words what is wrong with the connection.
pub(crate) async fn send(request: Request<Bytes>, within: Duration) -> Result<Answer, String> {
    let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let exchange = async {
        let request = request.map(SdkBody::from);
        let request = HttpRequest::try_from(request).map_err(|error| error.to_string())?;
        let answer = connector().call(request).await.map_err(|error| last_cause(&error))?;
        let answer = answer.try_into_http1x().map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
        Ok::<_, String>(Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes() })
    };
    match tokio::time::timeout(within, exchange).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(reason)) => Err(format!("{host} cannot be reached: {reason}")),
        Err(_) => Err(format!("{host} did not answer within {} s", within.as_secs())),
    }
}

fn connector() -> &'static Connector {
    static CONNECTOR: OnceLock<Connector> = OnceLock::new();
    CONNECTOR.get_or_init(|| {
        Connector::builder()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env())
            .build()
    })
}

/// The innermost cause says most.
fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
