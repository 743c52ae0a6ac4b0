//! The answer of a worker, as frames that carry their own length, order and end mark.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Buf, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::request::bytes_field;

/// The longest frame that is believed: AWS Lambda's limit for a streamed response (200 MB) and some room.
pub const MAX_FRAME_BYTES: usize = 256 << 20;

/// `lambda_runtime` ends the JSON prelude of a streamed response with these.
const PRELUDE_END: [u8; 8] = [0; 8];
/// What stands in front of frames that come without a prelude of their own: an empty one.
pub const BARE_PRELUDE: &[u8] = b"{}\0\0\0\0\0\0\0\0";
/// A prelude longer than this is none: AWS allows 6 MB of response, the real one is under 200 bytes.
const MAX_PRELUDE_BYTES: usize = 64 << 10;

/// One thing that a worker says while it runs an invocation. Times are microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// The handler has begun.
    Hello {
        /// Names the worker process: `pid-…` locally, the log stream on AWS.
        worker: String,
        /// When the invocation reached the worker.
        at_us: u64,
        /// Whether it is the first one of this worker.
        cold: bool,
    },
    /// A call begins.
    Started {
        /// Its number in the job.
        call: u64,
        /// When.
        at_us: u64,
    },
    /// What a call printed.
    Output {
        /// Its number in the job.
        call: u64,
        /// The text, not always whole lines.
        #[serde(with = "bytes_field")]
        text: Bytes,
    },
    /// A call ended.
    Finished {
        /// Its number in the job.
        call: u64,
        /// When it began.
        start_us: u64,
        /// When it ended.
        end_us: u64,
        /// With what.
        outcome: Outcome,
        /// The end of what it printed.
        #[serde(with = "bytes_field")]
        logs: Bytes,
    },
    /// The calls of the work from this position on (from 0) were not begun and are handed back.
    Returned {
        /// Position in the work's order.
        from: u32,
    },
    /// None of the calls can run: their input cannot be had.
    Refused {
        /// Why.
        error: RemoteError,
    },
    /// Nothing follows.
    End {
        /// When.
        at_us: u64,
    },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// All its return values, as one message of the codec.
    Value(#[serde(with = "bytes_field")] Bytes),
    /// Such a message as an object of the store.
    Object {
        /// Key of the object.
        key: String,
        /// Hash of its bytes.
        sha256: String,
        /// Length of the message.
        size_bytes: u64,
    },
    /// It failed.
    Error(RemoteError),
}

/// A failure on the other side, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RemoteError {
    /// One of [`kind`](super::kind).
    pub kind: String,
    /// What went wrong.
    pub message: String,
    /// The worker's Lua traceback, empty if there is none.
    pub traceback: String,
    /// What was probably meant, empty if that cannot be guessed.
    pub hint: String,
    /// The error value, as a message of the codec, if it was a table that can be sent.
    pub value: Option<Vec<u8>>,
}

impl RemoteError {
    /// A failure that has no traceback.
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), traceback: String::new(), hint: String::new(), value: None }
    }

    /// All that there is to tell: the message with the hint, and the traceback behind it.
    pub fn told(&self) -> String {
        let Self { message, hint, traceback, .. } = self;
        let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
        if traceback.is_empty() { format!("{message}{hint}") } else { format!("{message}{hint}\n{traceback}") }
    }
}

/// Turns frames into bytes, numbering them.
#[derive(Debug, Default)]
pub struct FrameEncoder {
    next: u32,
}

impl FrameEncoder {
    /// Appends `frame` to `out`.
    pub fn push(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        let taken = std::mem::take(out);
        // Plain data into a growing vector: serialization has no way to fail.
        if let Ok(extended) = postcard::to_extend(&(self.next, frame), taken) {
            *out = extended;
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.next = self.next.wrapping_add(1);
    }
}

/// Why a stream of frames cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The stream does not begin as a streamed response.
    #[error("the answer does not begin with a response prelude")]
    NoPrelude,
    /// A frame claims an impossible length.
    #[error("a frame claims {0} bytes")]
    TooLong(usize),
    /// A frame is not what it should be.
    #[error("frame {0} is malformed")]
    Malformed(u32),
    /// A frame is missing or came twice.
    #[error("frame {found} came where {expected} should be")]
    OutOfOrder {
        /// The number that should have come.
        expected: u32,
        /// The number that came.
        found: u32,
    },
}

/// A short answer, sent in one piece: all frames as a JSON string, since `lambda_runtime` sends such answers as JSON.
pub fn whole_answer(frames: &[u8]) -> String {
    BASE64.encode(frames)
}

/// What the bytes that come next are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The first byte tells.
    Unknown,
    /// The prelude of a streamed answer.
    Prelude,
    /// A JSON string with all frames.
    Whole,
    /// Frames.
    Frames,
}

/// Turns bytes back into frames, however they were cut.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    form: Form,
    next: u32,
    frame_bytes: u64,
}

impl FrameDecoder {
    /// Reads the answer of an invocation: streamed, or in one piece.
    pub fn of_answer() -> Self {
        Self { buffer: BytesMut::new(), form: Form::Unknown, next: 0, frame_bytes: 0 }
    }

    /// Takes in more bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.form == Form::Frames {
            self.frame_bytes += bytes.len() as u64;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes of frames have been taken in: where a journal of the same stream goes on.
    pub fn frame_bytes(&self) -> u64 {
        self.frame_bytes
    }

    /// Takes in the rest of the stream from a copy without prelude, of which `frame_bytes` are known already.
    pub fn push_rest(&mut self, rest: &[u8]) {
        if self.form != Form::Frames {
            self.buffer.clear();
            self.form = Form::Frames;
        }
        self.push(rest);
    }

    /// The next whole frame, `None` until more bytes come.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.form != Form::Frames && !self.find_frames()? {
            return Ok(None);
        }
        let Some(header) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*header) as usize;
        if length > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong(length));
        }
        if self.buffer.len() < 4 + length {
            self.buffer.reserve(4 + length - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(4);
        let body = self.buffer.split_to(length);
        let (number, frame): (u32, Frame) =
            postcard::from_bytes(&body).map_err(|_| FrameError::Malformed(self.next))?;
        if number != self.next {
            return Err(FrameError::OutOfOrder { expected: self.next, found: number });
        }
        self.next = self.next.wrapping_add(1);
        Ok(Some(frame))
    }

    /// Gets to the frames, if they are there.
    fn find_frames(&mut self) -> Result<bool, FrameError> {
        if self.form == Form::Unknown {
            self.form = match self.buffer.first() {
                None => return Ok(false),
                Some(b'"') => Form::Whole,
                Some(_) => Form::Prelude,
            };
        }
        let frames = if self.form == Form::Whole {
            let [b'"', text @ .., b'"'] = &self.buffer[..] else {
                return if self.buffer.len() > MAX_FRAME_BYTES {
                    Err(FrameError::TooLong(self.buffer.len()))
                } else {
                    Ok(false)
                };
            };
            BytesMut::from(&BASE64.decode(text).map_err(|_| FrameError::Malformed(0))?[..])
        } else {
            let end = self.buffer.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END);
            match end {
                Some(end) => self.buffer.split_off(end + PRELUDE_END.len()),
                None if self.buffer.len() > MAX_PRELUDE_BYTES => return Err(FrameError::NoPrelude),
                None => return Ok(false),
            }
        };
        self.buffer = frames;
        self.form = Form::Frames;
        self.frame_bytes = self.buffer.len() as u64;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode_all(decoder: &mut FrameDecoder) -> Result<Vec<Frame>, FrameError> {
        let mut frames = Vec::new();
        while let Some(frame) = decoder.next_frame()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    fn sample() -> Vec<Frame> {
        vec![
            Frame::Hello { worker: "pid-1".into(), at_us: 5, cold: true },
            Frame::Started { call: 7, at_us: 6 },
            Frame::Output { call: 7, text: Bytes::from_static(b"hi\n") },
            Frame::Finished {
                call: 7,
                start_us: 6,
                end_us: 9,
                outcome: Outcome::Value(Bytes::from_static(&[0; 300])),
                logs: Bytes::new(),
            },
            Frame::End { at_us: 10 },
        ]
    }

    fn encode(frames: &[Frame]) -> Vec<u8> {
        let mut encoder = FrameEncoder::default();
        let mut bytes = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0".to_vec();
        for frame in frames {
            encoder.push(frame, &mut bytes);
        }
        bytes
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_frames(cuts in proptest::collection::vec(0usize..450, 0..20)) {
            let bytes = encode(&sample());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            cuts.push(bytes.len());
            let mut decoder = FrameDecoder::of_answer();
            let mut frames = Vec::new();
            let mut from = 0;
            for cut in cuts {
                decoder.push(&bytes[from..cut]);
                from = cut;
                frames.extend(decode_all(&mut decoder).unwrap());
            }
            prop_assert_eq!(frames, sample());
            prop_assert_eq!(decoder.frame_bytes(), bytes.len() as u64 - 26);
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let mut decoder = FrameDecoder::of_answer();
            decoder.push_rest(&bytes);
            let _ = decode_all(&mut decoder);
        }
    }

    #[test]
    fn an_answer_in_one_piece_is_read_too() {
        let bytes = encode(&sample());
        let text = serde_json::to_string(&whole_answer(&bytes[26..])).unwrap();
        let mut decoder = FrameDecoder::of_answer();
        decoder.push(&text.as_bytes()[..10]);
        assert_eq!(decode_all(&mut decoder).unwrap(), []);
        decoder.push(&text.as_bytes()[10..]);
        assert_eq!(decode_all(&mut decoder).unwrap(), sample());
    }

    #[test]
    fn the_journal_replaces_an_answer_of_which_only_a_piece_came() {
        let bytes = encode(&sample());
        for came in [0, 5, 26, 40] {
            let mut decoder = FrameDecoder::of_answer();
            decoder.push(&bytes[..came]);
            let mut frames = decode_all(&mut decoder).unwrap();
            let known = decoder.frame_bytes() as usize;
            decoder.push_rest(&bytes[26 + known..]);
            frames.extend(decode_all(&mut decoder).unwrap());
            assert_eq!(frames, sample());
        }
    }

    #[test]
    fn a_missing_frame_is_noticed() {
        let bytes = encode(&sample());
        let length = u32::from_le_bytes(bytes[26..30].try_into().unwrap()) as usize;
        let mut decoder = FrameDecoder::of_answer();
        decoder.push(&bytes[..26]);
        decoder.push(&bytes[26 + 4 + length..]);
        assert_eq!(decode_all(&mut decoder), Err(FrameError::OutOfOrder { expected: 0, found: 1 }));
    }

    #[test]
    fn the_text_of_an_error_in_the_stream_is_no_frame() {
        let mut bytes = encode(&sample()[..2]);
        bytes.extend_from_slice(b"Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n");
        let mut decoder = FrameDecoder::of_answer();
        decoder.push(&bytes);
        assert_eq!(decode_all(&mut decoder), Err(FrameError::TooLong(1_651_335_500)));
    }
}
