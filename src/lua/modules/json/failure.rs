//! What is wrong with a text that should be JSON.

use jiter::{JiterError, JiterErrorType, JsonErrorType};

use crate::lua::modules::position::Position;

/// Why a text cannot be read, and at which byte.
#[derive(Debug)]
pub(super) struct Failure {
    index: usize,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Syntax(JsonErrorType),
    Depth,
    BigNumber,
    NoFfi,
}

impl Failure {
    pub fn depth(index: usize) -> Box<Failure> {
        Box::new(Failure { index, reason: Reason::Depth })
    }

    pub fn big_number(index: usize) -> Box<Failure> {
        Box::new(Failure { index, reason: Reason::BigNumber })
    }

    pub fn no_ffi(index: usize) -> Box<Failure> {
        Box::new(Failure { index, reason: Reason::NoFfi })
    }

    /// A sentence with the position in `text`, before which there were `lines`.
    pub fn describe(&self, text: &[u8], lines: u64) -> String {
        let what = match &self.reason {
            Reason::Syntax(error) => syntax(error),
            Reason::Depth => "arrays and objects nest more than 1000 deep".into(),
            Reason::BigNumber => {
                "a number that fits neither 64 bits nor a double; the option `big_numbers` reads it as \"string\" or \"double\""
                    .into()
            }
            Reason::NoFfi => "a whole number beyond 2^53 needs LuaJIT's `ffi`, which is not there".into(),
        };
        format!("{what} at {}", Position::of(text, self.index).after_lines(lines))
    }
}

impl From<JiterError> for Box<Failure> {
    #[cold]
    fn from(error: JiterError) -> Self {
        let reason = match error.error_type {
            JiterErrorType::JsonError(error) => error,
            // The decoder asks for no type that it did not see.
            JiterErrorType::WrongType { .. } => JsonErrorType::ExpectedSomeValue,
        };
        Box::new(Failure { index: error.index, reason: Reason::Syntax(reason) })
    }
}

fn syntax(error: &JsonErrorType) -> String {
    use JsonErrorType as Is;
    let what = match error {
        Is::EofWhileParsingList => "the text ends within an array",
        Is::EofWhileParsingObject => "the text ends within an object",
        Is::EofWhileParsingString => "the text ends within a string",
        Is::EofWhileParsingValue => "the text ends where a value should be",
        Is::ExpectedSomeIdent => "expected `true`, `false` or `null`",
        Is::ExpectedSomeValue => "expected a value",
        Is::KeyMustBeAString => "expected a key in double quotes",
        Is::TrailingComma => "a comma with nothing behind it",
        Is::TrailingCharacters => "expected the end of the text",
        Is::InvalidUnicodeCodePoint => "a string is not valid UTF-8",
        Is::ControlCharacterWhileParsingString => "a control character in a string must be escaped",
        Is::InvalidEscape => "no such escape in a string",
        Is::LoneLeadingSurrogateInHexEscape | Is::UnexpectedEndOfHexEscape => "half of a surrogate pair in an escape",
        other => return other.to_string(),
    };
    what.to_owned()
}
