//! The frames of `application/vnd.amazon.eventstream`, as `InvokeWithResponseStream` answers.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::json;

use super::work::End;

/// Some of the answer.
pub fn payload_chunk(bytes: Bytes) -> Bytes {
    event("PayloadChunk", "application/octet-stream", bytes)
}

/// The end of the answer, with the end of the log if that was asked for.
pub fn invoke_complete(end: &End, with_log: bool) -> Bytes {
    let mut value = json!({});
    if let Some(error) = &end.error {
        value["ErrorCode"] = json!(error.code);
        value["ErrorDetails"] = json!(String::from_utf8_lossy(&error.details));
    }
    if with_log {
        value["LogResult"] = json!(BASE64.encode(&end.log_tail));
    }
    event("InvokeComplete", "application/json", value.to_string().into())
}

fn event(event_type: &'static str, content_type: &'static str, payload: Bytes) -> Bytes {
    let header = |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(payload)
        .add_header(header(":event-type", event_type))
        .add_header(header(":content-type", content_type))
        .add_header(header(":message-type", "event"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("an event within the limits of the format");
    bytes.into()
}
