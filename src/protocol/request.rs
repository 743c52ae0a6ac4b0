//! What a worker is asked to do: one function, and the calls of it that one invocation runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The version of the messages. Driver and worker must agree on it.
pub const VERSION: u32 = 4;

/// The SHA-256 of `bytes` in lower-case hexadecimal: the name of a content-addressed object.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut hex = String::with_capacity(2 * digest.len());
    for byte in digest.iter() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Bytes that travel inside a request, or that it names as an object of the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Blob {
    /// SHA-256 of the bytes: a worker uses them only if they have it.
    pub sha256: String,
    /// The bytes themselves, if they are small.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "to_base64",
        deserialize_with = "from_base64"
    )]
    pub inline: Option<Bytes>,
    /// The key of the object that holds them, if they are not inline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Why the bytes of a [`Blob`] cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The bytes are others than those the request names.
    #[error("the bytes have the hash {found}, the request names {expected}")]
    HashMismatch {
        /// The hash in the request.
        expected: String,
        /// The hash of the bytes.
        found: String,
    },
}

impl Blob {
    /// A blob whose bytes travel with it.
    pub fn inline(bytes: Bytes) -> Self {
        Self { sha256: sha256_hex(&bytes), inline: Some(bytes), key: None }
    }

    /// A blob that is an object of the store.
    pub fn object(sha256: String, key: String) -> Self {
        Self { sha256, inline: None, key: Some(key) }
    }

    /// Checks that `bytes` are those that this blob names.
    pub fn check(&self, bytes: &[u8]) -> Result<(), BlobError> {
        let found = sha256_hex(bytes);
        if found == self.sha256 {
            Ok(())
        } else {
            Err(BlobError::HashMismatch { expected: self.sha256.clone(), found })
        }
    }
}

fn to_base64<S: Serializer>(bytes: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.serialize_str(&BASE64.encode(bytes)),
        None => serializer.serialize_none(),
    }
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
    let text: Option<std::borrow::Cow<'de, str>> = Deserialize::deserialize(deserializer)?;
    text.map(|text| BASE64.decode(text.as_bytes()).map(Bytes::from).map_err(serde::de::Error::custom)).transpose()
}

/// What an invocation asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// To run calls.
    Run(Box<Request>),
    /// To start further invocations.
    Relay(Relay),
}

impl Event {
    /// [`VERSION`] of who sent it.
    pub fn version(&self) -> u32 {
        match self {
            Event::Run(request) => request.version,
            Event::Relay(relay) => relay.version,
        }
    }
}

/// Invocations that a worker starts for the driver, from inside the region.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Relay {
    /// [`VERSION`] of the driver.
    pub version: u32,
    /// The function to be invoked.
    pub function: String,
    /// The payloads, each an [`Event`] as JSON.
    pub payloads: Vec<Box<serde_json::value::RawValue>>,
}

/// What a worker has to know of its driver, where it cannot ask for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Surroundings {
    /// The configuration without its secrets, as JSON: `{section: {key: value}}`.
    pub config: String,
    /// In front of the keys of all objects that driver and workers exchange, in the configured storage.
    pub scratch_prefix: String,
    /// The answer goes to storage, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ObjectAnswer>,
}

/// An answer as objects: its parts are numbered from 0. Frames are never cut between parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObjectAnswer {
    /// The parts' keys are this, a slash, and eight digits; that of the last part ends with [`LAST`](Self::LAST).
    pub key: String,
    /// Milliseconds between two parts. A worker that lives writes a part, an empty one if need be, at
    /// least after four times that.
    pub interval_ms: u64,
}

impl ObjectAnswer {
    /// At the end of the key of an answer's last part.
    pub const LAST: &'static str = ".end";
}

/// One invocation: some calls of one function.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// [`VERSION`] of the driver.
    pub version: u32,
    /// The executor that the job belongs to.
    pub executor_id: String,
    /// The job that the calls belong to.
    pub job_id: String,
    /// How many jobs contain this one: 0 for a job of the driver.
    pub depth: u32,
    /// The function, and all that it captures.
    pub function: Blob,
    /// Arguments that follow each element, as one message of the codec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_args: Option<Blob>,
    /// The calls: [`Work`] in its binary form.
    pub work: Blob,
    /// Environment variables that the function sees besides the worker's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Milliseconds that one call may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Microseconds after which no further chunk is begun: those that are left are handed back.
    pub budget_us: u64,
    /// Calls that belong together in a chunk. Calls are handed back in whole chunks.
    pub chunksize: u64,
    /// Bytes of memory that the VM may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Results above this many bytes go to the store.
    pub inline_result_bytes: u64,
    /// Whether what the function prints is sent as it happens.
    pub stream_logs: bool,
    /// Calls that run at the same time.
    #[serde(default = "one")]
    pub parallel: u32,
    /// What the worker has to know of its driver, where it cannot ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<Surroundings>,
}

fn one() -> u32 {
    1
}

/// The calls of one invocation and their input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The calls, in the order in which they are run.
    pub spans: Vec<CallSpan>,
    /// What they are called with.
    pub input: Input,
}

/// Calls with consecutive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSpan {
    /// Number of the first call in its job, from 0.
    pub first: u64,
    /// How many calls.
    pub count: u32,
    /// 1 for a first attempt.
    pub attempt: u32,
}

/// What the calls of a [`Work`] are called with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// Call `i` gets the number `start + i * step`.
    Range {
        /// What call 0 gets.
        start: f64,
        /// The difference between two calls.
        step: f64,
    },
    /// The nth call of the work gets the nth message.
    Messages {
        /// The messages, one after the other.
        #[serde(with = "bytes_field")]
        data: Bytes,
        /// Where each one ends in `data`.
        ends: Vec<u32>,
        /// What they are.
        form: MessageForm,
    },
}

/// What the messages of an [`Input::Messages`] are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageForm {
    /// A message of the codec: the arguments.
    #[default]
    Arguments,
    /// All that another call returned, as a message of the codec. Its first value is the argument.
    Result,
    /// A piece of an object, and the arguments that follow it: an [`ObjectMessage`].
    Object,
    /// Results of other calls, which are passed as a list: a [`Gathered`](super::Gathered).
    Gathered,
}

/// What a call gets that reads an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectMessage<P> {
    /// The piece of the object; its form is the storage's affair.
    pub piece: P,
    /// A message of the codec, or nothing.
    #[serde(with = "bytes_field")]
    pub arguments: Bytes,
}

impl<P: Serialize + for<'de> Deserialize<'de>> ObjectMessage<P> {
    /// The binary form.
    pub fn to_bytes(&self) -> Bytes {
        postcard::to_stdvec(self).map(Bytes::from).unwrap_or_default()
    }

    /// Reads the binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        postcard::from_bytes(bytes).map_err(|error| format!("malformed piece of an object: {error}"))
    }
}

impl Work {
    /// The calls in their order, each with its attempt.
    pub fn calls(&self) -> impl Iterator<Item = (u64, u32)> {
        self.spans
            .iter()
            .flat_map(|span| (span.first..span.first + u64::from(span.count)).map(|call| (call, span.attempt)))
    }

    /// How many calls there are.
    pub fn count(&self) -> usize {
        self.spans.iter().map(|span| span.count as usize).sum()
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Bytes {
        // Neither growing a Vec nor this plain data can fail to serialize.
        postcard::to_stdvec(self).map(Bytes::from).unwrap_or_default()
    }

    /// Reads the binary form, and checks that it holds together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let work: Self = postcard::from_bytes(bytes).map_err(|error| format!("malformed work: {error}"))?;
        let count = work.count();
        let ordered = match &work.input {
            Input::Range { .. } => true,
            Input::Messages { data, ends, .. } => {
                ends.len() == count && ends.is_sorted() && ends.last().is_none_or(|end| *end as usize == data.len())
            }
        };
        if ordered { Ok(work) } else { Err("malformed work: calls and input do not match".into()) }
    }
}

/// Serde for [`Bytes`] as one run of bytes rather than a sequence of numbers.
pub(super) mod bytes_field {
    use bytes::Bytes;
    use serde::{Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes::copy_from_slice(v))
            }
            fn visit_byte_buf<E: de::Error>(self, v: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes::from(v))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}
