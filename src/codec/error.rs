//! What can go wrong on the way out and on the way in.

use super::wire::Malformed;

/// Why a value was not encoded. Nothing has been sent.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Something in the graph cannot travel.
    #[error("cannot send {path}: {what}{}", hint.map(|hint| format!(" ({hint})")).unwrap_or_default())]
    Refused {
        /// The way to it: ``upvalue `cfg`.db.conn of function `process` (pipeline.lua:12)``.
        path: String,
        /// What it is: `userdata FILE*`.
        what: String,
        /// What to do instead, where that is plain.
        hint: Option<&'static str>,
    },
    /// A module was asked for by name, and cannot go along.
    #[error("include_modules: {0}")]
    Included(String),
    /// The VM raised an error, such as out of memory.
    #[error("cannot encode: {0}")]
    Lua(#[from] mlua::Error),
}

/// Why a message was not decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no message.
    #[error("malformed message: it {what} (byte {at})")]
    Malformed { what: &'static str, at: usize },
    /// A message of another version of this program.
    #[error("message of version {0}, but this program reads version {version}", version = super::wire::VERSION)]
    Version(u8),
    /// Functions, globals or modules in bytes that nobody vouched for.
    #[error("a message from an untrusted source holds code")]
    Untrusted,
    /// The bytes do not have the hash that was announced.
    #[error("the message does not have the hash that it was announced with")]
    Hash,
    /// The message refers to a part of the VM that is not here.
    #[error("`{0}` is not part of this program")]
    Unknown(String),
    /// A module did not load, a handle was not restored, or the VM raised an error.
    #[error("cannot decode: {0}")]
    Lua(#[from] mlua::Error),
}

impl From<Malformed> for DecodeError {
    fn from(Malformed(what, at): Malformed) -> Self {
        DecodeError::Malformed { what, at }
    }
}
