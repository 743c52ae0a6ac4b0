//! Why a file or folder that was named cannot be read or written, in words.

use std::io::{Error, ErrorKind};

/// The end of a sentence: "cannot read `x`: …".
pub fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}
