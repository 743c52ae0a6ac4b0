//! One invocation with a streamed answer.

use std::time::Duration;

use aws_sdk_lambda::types::{InvokeWithResponseStreamResponseEvent as Event, LogType};
use aws_smithy_types::Blob;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::failure::{self, Attempt, Settings};
use super::pace::Place;
use super::report::LogTail;
use crate::aws::Account;
use crate::compute::Sink;

/// AWS ends an invocation at its time limit. The rest is for a request on its way, a cold start (its limit is 10 s), and the
/// way back; what is silent for longer is a connection that nobody is at the other end of.
pub(super) const SLACK: Duration = Duration::from_secs(60);

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
    let mut until = Instant::now() + settings.timeout + settings.slack;
    let mut answer = match timeout_at(until, request.send()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return failure::refused(settings.function, &error),
        Err(_) => return failure::silent(settings),
    };
    let mut is_begun = false;
    loop {
        let event = match timeout_at(until, answer.event_stream.recv()).await {
            Ok(Ok(Some(event))) => event,
            Ok(Ok(None)) => return failure::broken(is_begun, "the answer ended without its end mark"),
            Ok(Err(error)) => {
                let said = error.as_service_error().and_then(ProvideErrorMetadata::message);
                return failure::broken(is_begun, said.unwrap_or("it broke while the answer came"));
            }
            Err(_) => return failure::silent(settings),
        };
        // A long answer on a slow line may take longer than the function.
        until = until.max(Instant::now() + settings.slack);
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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

    use super::super::pace::{PATIENCE, Pace};
    use super::*;

    #[derive(Default)]
    struct Heard(Vec<u8>);

    impl Sink for Heard {
        fn data(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn rest(&mut self, all_frames: &[u8]) {
            self.data(all_frames);
        }
    }

    /// What becomes of an invocation whose answer begins like this, and after that is silent.
    fn silent_after(beginning: Vec<u8>) -> (Attempt, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            assert!(connection.read(&mut vec![0; 4096]).unwrap() > 0);
            connection.write_all(&beginning).unwrap();
            // Until the other side gives up.
            let _ = connection.read_to_end(&mut Vec::new());
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut heard = Heard::default();
        let attempt = runtime.block_on(async {
            let account = Account::at(&url);
            let pace = Pace::new(1, 1, PATIENCE);
            let mut place = pace.place().await;
            let timeout = Duration::from_secs(1);
            let settings = Settings { function: "f", memory_mb: 256, timeout, slack: timeout };
            let run = run(&account, &settings, Bytes::from_static(b"{}"), &mut place, &mut heard);
            tokio::time::timeout(Duration::from_secs(60), run).await.expect("an end")
        });
        drop(runtime);
        server.join().unwrap();
        (attempt, heard.0)
    }

    #[test]
    fn a_connection_that_is_silent_past_the_functions_time_is_broken() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        let header = |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
        let message = Message::new(Bytes::from_static(b"hello"))
            .add_header(header(":event-type", "PayloadChunk"))
            .add_header(header(":content-type", "application/octet-stream"))
            .add_header(header(":message-type", "event"));
        let mut event = Vec::new();
        write_message_to(&message, &mut event).unwrap();
        let chunk = [format!("{:x}\r\n", event.len()).as_bytes(), &event, b"\r\n"].concat();
        for (beginning, expected) in [
            (Vec::new(), &b""[..]),
            (head.as_bytes().to_vec(), &b""[..]),
            ([head.as_bytes(), &chunk].concat(), &b"hello"[..]),
        ] {
            let (attempt, heard) = silent_after(beginning);
            let Attempt::Cut(error) = attempt else { panic!("not taken for broken: {attempt:?}") };
            assert!(error.message.contains("connection to AWS Lambda was cut: it was silent"), "{error}");
            assert_eq!(heard, expected);
        }
    }
}
