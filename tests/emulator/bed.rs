//! An emulator, the SDK's client for it, and functions of Lua in the real worker.

use std::future::Future;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    FunctionCode, InvocationType, InvokeWithResponseStreamResponseEvent as Event, LogType, Runtime,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lithops_lua::codec::EncodeOptions;
use lithops_lua::lua::{ConfigChoice, Vm, VmSettings};
use lithops_lua::protocol::{
    Blob as Message, CallSpan, Event as Asked, Frame, FrameDecoder, Input, Outcome, Request, VERSION, Work,
};
use tempfile::TempDir;

use crate::emulator::{ACCESS_KEY_ID, Emulator, Knobs, ROLE, SECRET_ACCESS_KEY};

/// The name of the function that most tests use.
pub const FUNCTION: &str = "worker";

pub struct Bed {
    pub emulator: Emulator,
    pub lambda: aws_sdk_lambda::Client,
    runtime: tokio::runtime::Runtime,
}

/// What came of an invocation.
#[derive(Debug, Default)]
pub struct Answer {
    /// The bytes of the answer, and how many pieces they came in.
    pub body: Vec<u8>,
    pub pieces: usize,
    /// `ErrorCode`, or the header `X-Amz-Function-Error`.
    pub error: Option<String>,
    /// `ErrorDetails`, or what is in place of an answer.
    pub details: String,
    /// The end of the log.
    pub log: String,
    /// Whether the end mark was there.
    pub complete: bool,
}

impl Answer {
    /// What the worker said.
    pub fn frames(&self) -> Vec<Frame> {
        let mut decoder = FrameDecoder::of_answer();
        decoder.push(&self.body);
        std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
    }

    /// What the calls printed, one after the other.
    pub fn printed(&self) -> String {
        let texts = self.frames().into_iter().filter_map(|frame| match frame {
            Frame::Finished { logs, .. } => Some(String::from_utf8(logs.to_vec()).unwrap()),
            _ => None,
        });
        texts.collect()
    }

    /// How many calls gave a value, in an answer that is whole.
    #[track_caller]
    pub fn values(&self) -> usize {
        assert!(self.error.is_none() && self.complete, "{self:?}");
        let frames = self.frames();
        assert!(matches!(frames.last(), Some(Frame::End { .. })), "{frames:?}");
        frames.iter().filter(|frame| matches!(frame, Frame::Finished { outcome: Outcome::Value(_), .. })).count()
    }

    /// Fails unless the invocation failed in this way.
    #[track_caller]
    pub fn failed(&self, code: &str, words: &str) {
        assert_eq!(self.error.as_deref(), Some(code), "{self:?}");
        assert!(self.details.contains(words), "`{words}` is missing in {self:?}");
    }
}

/// Code and message of a refusal.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
    pub status: u16,
}

impl Refusal {
    #[track_caller]
    pub fn is(&self, status: u16, code: &str, words: &str) {
        assert_eq!((self.status, self.code.as_str()), (status, code), "{self:?}");
        assert!(self.message.contains(words), "`{words}` is missing in {self:?}");
    }
}

/// Turns an error of the SDK into what the service said. A connection that broke has neither code nor status.
pub fn refusal<E: ProvideErrorMetadata + std::fmt::Debug>(error: SdkError<E, HttpResponse>) -> Refusal {
    match &error {
        SdkError::ServiceError(service) => Refusal {
            code: service.err().code().unwrap_or_default().to_owned(),
            message: service.err().message().unwrap_or_default().to_owned(),
            status: service.raw().status().as_u16(),
        },
        other => Refusal { code: String::new(), message: format!("{other:?}"), status: 0 },
    }
}

/// The real worker as a zip. Stored, not compressed: that takes a second.
pub fn worker_zip() -> Vec<u8> {
    static ZIP: OnceLock<Vec<u8>> = OnceLock::new();
    ZIP.get_or_init(|| zip_of(&std::fs::read(env!("CARGO_BIN_EXE_lithops-lua")).unwrap())).clone()
}

/// A zip with this as its `bootstrap`.
pub fn zip_of(bootstrap: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    zip.write_all(bootstrap).unwrap();
    zip.finish().unwrap().into_inner()
}

/// An HTTP client without TLS.
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

impl Bed {
    /// An emulator without functions.
    pub fn empty(knobs: Knobs) -> Bed {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let emulator = Emulator::start(knobs);
        let lambda =
            client(&emulator, Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "test"), "us-east-1");
        Bed { emulator, lambda, runtime }
    }

    /// An emulator with the worker as a function, of 256 MB and 3 s.
    pub fn new(knobs: Knobs) -> Bed {
        let bed = Bed::empty(knobs);
        bed.create(FUNCTION, worker_zip()).unwrap();
        bed
    }

    /// The same with 60 s, for functions that wait for the test.
    pub fn patient(knobs: Knobs) -> Bed {
        let bed = Bed::empty(knobs);
        bed.wait(bed.creation(FUNCTION, worker_zip()).timeout(60).send()).unwrap();
        bed
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// `CreateFunction`, further settings by the caller.
    pub fn creation(
        &self,
        name: &str,
        zip: Vec<u8>,
    ) -> aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder {
        self.lambda
            .create_function()
            .function_name(name)
            .role(ROLE)
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .memory_size(256)
            .code(FunctionCode::builder().zip_file(Blob::new(zip)).build())
    }

    pub fn create(&self, name: &str, zip: Vec<u8>) -> Result<(), Refusal> {
        self.wait(self.creation(name, zip).send()).map(|_| ()).map_err(refusal)
    }

    /// `InvokeWithResponseStream`.
    pub fn stream(&self, payload: Vec<u8>) -> Result<Answer, Refusal> {
        self.wait(stream(self.lambda.clone(), payload))
    }

    /// `Invoke`, answered.
    pub fn invoke(&self, payload: Vec<u8>) -> Result<Answer, Refusal> {
        self.invoke_function(FUNCTION, payload)
    }

    pub fn invoke_function(&self, name: &str, payload: Vec<u8>) -> Result<Answer, Refusal> {
        let request = self.lambda.invoke().function_name(name).log_type(LogType::Tail).payload(Blob::new(payload));
        let output = self.wait(request.send()).map_err(refusal)?;
        let body = output.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(Answer {
            details: String::from_utf8_lossy(&body).into_owned(),
            body,
            pieces: 0,
            error: output.function_error,
            log: String::from_utf8(BASE64.decode(output.log_result.unwrap_or_default()).unwrap()).unwrap(),
            complete: true,
        })
    }

    /// `Invoke`, asynchronous.
    pub fn event(&self, payload: Vec<u8>) -> Result<(), Refusal> {
        let request = self.lambda.invoke().function_name(FUNCTION).invocation_type(InvocationType::Event);
        let output = self.wait(request.payload(Blob::new(payload)).send()).map_err(refusal)?;
        assert_eq!(output.status_code(), 202);
        Ok(())
    }
}

/// The SDK's client, which repeats nothing by itself.
pub fn client(emulator: &Emulator, credentials: Credentials, region: &'static str) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(emulator.url())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(http_client())
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_lambda::Client::from_conf(config)
}

/// `InvokeWithResponseStream`. An answer that breaks off is one without its end mark.
pub async fn stream(lambda: aws_sdk_lambda::Client, payload: Vec<u8>) -> Result<Answer, Refusal> {
    stream_watched(lambda, payload, |_| ()).await
}

/// The same. `watch` sees after each piece what has come so far.
pub async fn stream_watched(
    lambda: aws_sdk_lambda::Client,
    payload: Vec<u8>,
    mut watch: impl FnMut(&Answer),
) -> Result<Answer, Refusal> {
    let request = lambda.invoke_with_response_stream().function_name(FUNCTION).log_type(LogType::Tail);
    let mut output = request.payload(Blob::new(payload)).send().await.map_err(refusal)?;
    let mut answer = Answer::default();
    while let Ok(Some(event)) = output.event_stream.recv().await {
        match event {
            Event::PayloadChunk(chunk) => {
                answer.pieces += 1;
                answer.body.extend_from_slice(chunk.payload().unwrap().as_ref());
                watch(&answer);
            }
            Event::InvokeComplete(end) => {
                answer.error = end.error_code().map(str::to_owned);
                answer.details = end.error_details().unwrap_or_default().to_owned();
                let log = BASE64.decode(end.log_result().unwrap_or_default()).unwrap();
                answer.log = String::from_utf8(log).unwrap();
                answer.complete = true;
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(answer)
}

/// The payload that has the worker call a Lua function, the body of which this is, for `x` from 1 to `calls`.
pub fn calls(body: &str, calls: u32) -> Vec<u8> {
    let request = request(body, calls);
    serde_json::to_vec(&Asked::Run(Box::new(request))).unwrap()
}

/// The same, one call.
pub fn call(body: &str) -> Vec<u8> {
    calls(body, 1)
}

pub fn request(body: &str, calls: u32) -> Request {
    let vm = Vm::new(&VmSettings::driver(Vec::new(), ConfigChoice::default())).unwrap();
    let function = vm.lua.load(format!("return function(x) {body} end")).eval().unwrap();
    let options = EncodeOptions::new("the function");
    let function = vm.session.codec().encode(&vm.lua, &[function], &options).unwrap().bytes;
    let spans = vec![CallSpan { first: 0, count: calls, attempt: 1 }];
    let work = Work { spans, input: Input::Range { start: 1.0, step: 1.0 } };
    Request {
        version: VERSION,
        executor_id: "executor".into(),
        job_id: "job".into(),
        depth: 0,
        function: Message::inline(function.into()),
        extra_args: None,
        work: Message::inline(work.to_bytes()),
        env: Default::default(),
        timeout_ms: None,
        budget_us: Duration::from_secs(600).as_micros() as u64,
        chunksize: 1,
        memory_bytes: None,
        inline_result_bytes: 100 << 20,
        stream_logs: true,
        parallel: 1,
        surroundings: None,
    }
}

/// Looks at `condition` until it holds.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The same for a test with tasks, which go on meanwhile.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "still waiting: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What functions wait at until the test lets them go on: a file.
pub struct Gate {
    folder: TempDir,
}

impl Gate {
    pub fn closed() -> Gate {
        Gate { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("go")
    }

    /// The Lua code that waits at it.
    pub fn passage(&self) -> String {
        format!("while not io.open({:?}) do lithops.sleep(0.01) end", self.file())
    }

    pub fn open(&self) {
        std::fs::write(self.file(), "").unwrap();
    }
}
