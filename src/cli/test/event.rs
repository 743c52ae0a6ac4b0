//! What is told of a test.

use mlua::{Lua, Table};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It passed.
    Success,
    /// An assertion did not hold.
    Failure,
    /// It raised another error; or something around tests did.
    Error,
    /// It does not run yet.
    Pending,
    /// It was only asked for.
    Listed,
}

impl Status {
    fn of(name: &str) -> Status {
        match name {
            "success" => Status::Success,
            "failure" => Status::Failure,
            "pending" => Status::Pending,
            "listed" => Status::Listed,
            _ => Status::Error,
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::Failure => "failure",
            Status::Error => "error",
            Status::Pending => "pending",
            Status::Listed => "listed",
        }
    }
}

/// The result of a test, or of something around tests.
#[derive(Clone, Debug)]
pub struct Event {
    /// How it ended.
    pub status: Status,
    /// Its name, with those of its groups in front.
    pub name: String,
    /// The file in which it is.
    pub file: String,
    /// The line in which it is; 0: none.
    pub line: u32,
    /// What went wrong, or why it is pending.
    pub message: Option<String>,
    /// `file:line` of what went wrong.
    pub place: Option<String>,
    /// The lines of the tests' own code that led there.
    pub traceback: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

impl Event {
    /// Something went wrong that is no test's own.
    pub fn of_file(file: &str, name: &str, message: String) -> Event {
        Event {
            status: Status::Error,
            name: name.into(),
            file: file.into(),
            line: 0,
            message: Some(message),
            place: None,
            traceback: None,
            seconds: 0.0,
        }
    }

    /// What the Lua side sent.
    pub fn from_lua(lua: &Lua, table: &Table) -> mlua::Result<Event> {
        let text = |key: &str| -> mlua::Result<Option<String>> {
            // Names may be any bytes.
            let value = table.raw_get::<mlua::Value>(key)?;
            Ok(lua.coerce_string(value)?.map(|text| text.to_string_lossy()))
        };
        Ok(Event {
            status: Status::of(&text("status")?.unwrap_or_default()),
            name: text("name")?.unwrap_or_default(),
            file: text("file")?.unwrap_or_default(),
            line: table.raw_get::<Option<f64>>("line")?.unwrap_or_default() as u32,
            message: text("message")?,
            place: text("where")?,
            traceback: text("traceback")?,
            seconds: table.raw_get::<Option<f64>>("seconds")?.unwrap_or_default(),
        })
    }

    /// `file:line`, or the file alone.
    pub fn declared_at(&self) -> String {
        if self.line == 0 { self.file.clone() } else { format!("{}:{}", self.file, self.line) }
    }
}

/// How many results there were.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Files that were run.
    pub files: usize,
    /// Tests in them, those that were left out among them.
    pub tests: usize,
    /// Those that were not left out.
    pub selected: usize,
    /// By status.
    pub successes: usize,
    /// Assertions that did not hold.
    pub failures: usize,
    /// Other errors.
    pub errors: usize,
    /// Tests that do not run yet.
    pub pending: usize,
}

impl Counts {
    /// Counts a result.
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Success => self.successes += 1,
            Status::Failure => self.failures += 1,
            Status::Error => self.errors += 1,
            Status::Pending => self.pending += 1,
            Status::Listed => {}
        }
    }

    /// Failures and errors.
    pub fn failed(&self) -> usize {
        self.failures + self.errors
    }
}
