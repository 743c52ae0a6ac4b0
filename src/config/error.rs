//! What can be wrong with a configuration.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::origin::Source;

/// Why there is no configuration. Messages read after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was named, or found, cannot be read.
    #[error("read the configuration {path} ({named_by}): {reason}", path = path.display())]
    Read { path: PathBuf, named_by: String, reason: ReadFailure },
    /// The text is not UTF-8; the offset counts bytes from 0, the line from 1.
    #[error("read the configuration {origin}:{line}: it is not UTF-8 (byte {offset} of the text)")]
    NotUtf8 { origin: Source, offset: usize, line: usize },
    /// The text is not YAML.
    #[error("read the configuration {origin}: it is not valid YAML: {message}")]
    NotYaml { origin: Source, message: String },
    /// The text is YAML, but says what it must not: all such places, in the order of the text.
    #[error("use the configuration: {}", Listed(.0))]
    Invalid(Vec<Problem>),
}

impl ConfigError {
    pub(super) fn one(problem: Problem) -> ConfigError {
        ConfigError::Invalid(vec![problem])
    }

    /// The places that are wrong, where the text as a whole could be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            ConfigError::Invalid(problems) => problems,
            _ => &[],
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    #[error("there is no such file")]
    Missing,
    #[error("it is a folder, not a file")]
    Folder,
    #[error("it has more than {limit_bytes} bytes, too much for a configuration")]
    TooLarge { limit_bytes: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// One place that is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub source: Source,
    /// `section.key`, where it is about a key.
    pub key: Option<String>,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.source {
            Source::Default => f.write_str(&self.message),
            _ => write!(f, "{}: {}", self.source, self.message),
        }
    }
}

/// One problem on the same line, several on a line each.
struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let [problem] = self.0 {
            return write!(f, "{problem}");
        }
        write!(f, "{} problems", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
