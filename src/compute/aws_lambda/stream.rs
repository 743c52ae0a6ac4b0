//! One invocation with a streamed answer.

use aws_sdk_lambda::types::{InvokeWithResponseStreamResponseEvent as Event, LogType};
use aws_smithy_types::Blob;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;

use super::failure::{self, Attempt, Settings};
use super::pace::Place;
use super::report::LogTail;
use crate::aws::Account;
use crate::compute::Sink;

/// Invokes the function and gives its answer to `sink` as it comes.
pub(super) async fn run(
    account: &Account,
    settings: &Settings<'_>,
    payload: Bytes,
    place: &mut Place<'_>,
    sink: &mut dyn Sink,
) -> Attempt {
    let request = account
        .lambda()
        .invoke_with_response_stream()
        .function_name(settings.function)
        .log_type(LogType::Tail)
        .payload(Blob::new(payload));
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return failure::refused(settings.function, &error),
    };
    let mut is_begun = false;
    loop {
        let event = match answer.event_stream.recv().await {
            Ok(Some(event)) => event,
            Ok(None) => return failure::broken(is_begun, "the answer ended without its end mark"),
            Err(error) => {
                let said = error.as_service_error().and_then(ProvideErrorMetadata::message);
                return failure::broken(is_begun, said.unwrap_or("it broke while the answer came"));
            }
        };
        match event {
            Event::PayloadChunk(chunk) => {
                if let Some(bytes) = chunk.payload() {
                    is_begun = true;
                    sink.data(bytes.as_ref());
                    place.started();
                }
            }
            Event::InvokeComplete(complete) => {
                let tail = LogTail::of(complete.log_result());
                if let Some(usage) = tail.usage() {
                    sink.usage(usage);
                }
                let Some(code) = complete.error_code().filter(|code| !code.is_empty()) else {
                    return Attempt::Done;
                };
                sink.log_tail(&tail.own_lines());
                let details = complete.error_details().unwrap_or_default();
                return Attempt::Ended(failure::of_function(settings, code, details, &tail));
            }
            // Events of later versions of the API carry nothing that we know of.
            _ => {}
        }
    }
}
