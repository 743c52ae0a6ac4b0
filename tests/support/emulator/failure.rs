//! Errors as the services word them: a code, a sentence, and a shape that depends on the service's protocol.

use hyper::{Response, StatusCode};
use serde_json::json;

use super::Cloud;
use super::server::{Body, full};

/// How a service writes its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lambda: JSON, with the code in a header.
    Json,
    /// STS and IAM: XML in an `ErrorResponse`.
    Query,
    /// S3: XML, nothing around it.
    S3,
}

/// A request that is refused.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// `Reason` of a `TooManyRequestsException`, `Region` of S3's `AuthorizationHeaderMalformed`.
    pub detail: Option<String>,
}

impl Failure {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Failure {
        Failure { status, code, message: message.into(), detail: None }
    }

    /// `InvalidParameterValueException`, Lambda's favourite.
    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::new(400, "InvalidParameterValueException", message)
    }

    /// A value outside what the API's model allows.
    pub fn validation(value: &str, member: &str, constraint: &str) -> Failure {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        );
        Failure::new(400, "ValidationException", message)
    }

    pub fn conflict(message: impl Into<String>) -> Failure {
        Failure::new(409, "ResourceConflictException", message)
    }

    pub fn not_found(message: impl Into<String>) -> Failure {
        Failure::new(404, "ResourceNotFoundException", message)
    }

    pub fn throttled(reason: &str) -> Failure {
        let detail = Some(reason.to_owned());
        Failure { detail, ..Failure::new(429, "TooManyRequestsException", "Rate Exceeded.") }
    }

    pub fn server() -> Failure {
        Failure::new(500, "ServiceException", "An error occurred and the request cannot be processed.")
    }

    /// The answer.
    pub fn response(&self, cloud: &Cloud, protocol: Protocol) -> Response<Body> {
        cloud.record().failure(self.code);
        let request_id = cloud.new_id();
        let response = Response::builder().status(self.status).header("x-amzn-requestid", &request_id);
        let message = escape(&self.message);
        let (code, kind) = (self.code, if self.status < 500 { "User" } else { "Service" });
        let (response, body) = match protocol {
            Protocol::Json => {
                let body = match &self.detail {
                    // The one exception whose members are spelled this way.
                    Some(reason) => json!({"Reason": reason, "Type": kind, "message": self.message}),
                    None if code == "UnknownOperationException" => {
                        json!({"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"})
                    }
                    None => json!({"Type": kind, "Message": self.message}),
                };
                let headers = response.header("content-type", "application/json").header("x-amzn-errortype", code);
                (headers, body.to_string())
            }
            Protocol::Query => {
                let kind = if self.status < 500 { "Sender" } else { "Receiver" };
                let body = format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{kind}</Type>\
                     <Code>{code}</Code><Message>{message}</Message></Error><RequestId>{request_id}</RequestId>\
                     </ErrorResponse>"
                );
                (response.header("content-type", "text/xml"), body)
            }
            Protocol::S3 => {
                let region = self.detail.as_ref().map(|region| format!("<Region>{region}</Region>"));
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                     {}<RequestId>{request_id}</RequestId></Error>",
                    region.unwrap_or_default()
                );
                (response.header("content-type", "application/xml"), body)
            }
        };
        response.body(full(body)).unwrap_or_else(|_| {
            let mut response = Response::new(full(""));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// Text inside XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
