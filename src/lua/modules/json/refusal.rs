//! What cannot be written as JSON, and the path to it: only made once something is refused.

use std::fmt::Write as _;

/// A path of more steps than this is cut in the middle.
const MAX_STEPS: usize = 24;

/// Why a value cannot be written.
pub(super) struct Refusal {
    reason: String,
    /// From the value to the root.
    steps: Vec<Step>,
}

/// A step from a table to what is in it.
pub(super) enum Step {
    Index(usize),
    Field(String),
}

impl Refusal {
    #[cold]
    pub fn new(reason: impl Into<String>) -> Box<Refusal> {
        Box::new(Refusal { reason: reason.into(), steps: Vec::new() })
    }

    /// The same, seen from the table that is one step nearer to the root.
    #[cold]
    pub fn within(mut self: Box<Self>, step: Step) -> Box<Refusal> {
        self.steps.push(step);
        self
    }

    /// `json.encode: a function cannot be JSON, at $.items[3].f`.
    pub fn describe(&self, function: &str) -> String {
        let mut text = format!("{function}: {}, at $", self.reason);
        let count = self.steps.len();
        for (place, step) in self.steps.iter().rev().enumerate() {
            if count > MAX_STEPS && (MAX_STEPS / 2..count - MAX_STEPS / 2).contains(&place) {
                if place == MAX_STEPS / 2 {
                    text.push_str(" … ");
                }
                continue;
            }
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Index(index) => write!(text, "[{index}]"),
                Step::Field(name) if is_name(name) => write!(text, ".{name}"),
                Step::Field(name) => write!(text, "[{name:?}]"),
            };
        }
        text
    }
}

fn is_name(text: &str) -> bool {
    let is_first = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    text.bytes().enumerate().all(|(place, byte)| is_first(byte) || (place > 0 && byte.is_ascii_digit()))
        && !text.is_empty()
}
