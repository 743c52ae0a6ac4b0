//! Who gave a value.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tree::{self, Place};

/// Where an effective value comes from. Prints as `path:line`, `LITHOPS_CONFIG:line`, `command line (-o …)`, `default`, ….
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    /// A configuration file; the line counts from 1.
    File {
        path: PathBuf,
        line: Option<usize>,
    },
    /// The text in an environment variable.
    Variable {
        name: &'static str,
        line: Option<usize>,
    },
    /// The `config` table that a script gave to an executor.
    Table,
    /// An argument of the command line, without its value.
    CommandLine(String),
    /// An option that a script gave to an executor.
    ExecutorOption(String),
    /// An option that a script gave to `lithops.Storage`.
    StorageOption(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let with_line = |f: &mut fmt::Formatter, line: &Option<usize>| match line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        };
        match self {
            Source::Default => f.write_str("default"),
            Source::File { path, line } => {
                write!(f, "{}", path.display())?;
                with_line(f, line)
            }
            Source::Variable { name, line } => {
                f.write_str(name)?;
                with_line(f, line)
            }
            Source::Table => f.write_str("config table"),
            Source::CommandLine(argument) => write!(f, "command line ({argument})"),
            Source::ExecutorOption(name) => write!(f, "executor option `{name}`"),
            Source::StorageOption(name) => write!(f, "storage option `{name}`"),
        }
    }
}

/// A text that was parsed, or what stands in its place.
pub(super) struct Origin {
    pub source: Source,
    /// Kept so that lines can be found when somebody asks.
    text: Option<String>,
    /// What relative paths in values are relative to.
    pub folder: PathBuf,
}

impl Origin {
    pub fn of_text(source: Source, text: String, folder: &Path) -> Arc<Origin> {
        Arc::new(Origin { source, text: Some(text), folder: folder.to_path_buf() })
    }

    pub fn without_text(source: Source, folder: &Path) -> Arc<Origin> {
        Arc::new(Origin { source, text: None, folder: folder.to_path_buf() })
    }
}

/// A place in an origin. Cheap to copy; its line is looked up only by [`Spot::source`].
#[derive(Clone)]
pub(super) struct Spot {
    pub origin: Arc<Origin>,
    place: Place,
}

impl Spot {
    pub fn new(origin: &Arc<Origin>, place: &[usize]) -> Spot {
        Spot { origin: origin.clone(), place: place.to_vec() }
    }

    /// Another place in the same origin.
    pub fn at(&self, place: &[usize]) -> Spot {
        Spot::new(&self.origin, place)
    }

    /// The origin with the line of this place; it costs a parse of the text.
    pub fn source(&self) -> Source {
        let found = match &self.origin.text {
            Some(text) if !self.place.is_empty() => tree::line_of(text, &self.place),
            _ => None,
        };
        match &self.origin.source {
            Source::File { path, .. } => Source::File { path: path.clone(), line: found },
            Source::Variable { name, .. } => Source::Variable { name, line: found },
            other => other.clone(),
        }
    }
}
