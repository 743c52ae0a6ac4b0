//! Writes results: for people, as JSON, as TAP.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use rustix::stdio;
use serde_json::json;

use super::event::{Counts, Event, Status};
use crate::cli::low_args::TestArgs;
use crate::cli::{colors, exit};
use crate::lua::output;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A line of letters for each file, then what went wrong.
    People,
    /// The same without the letters.
    Quiet,
    /// An object a line.
    Json,
    Tap,
    /// Names of tests.
    List,
}

/// Writes results.
pub struct Report {
    form: Form,
    colors: bool,
    out: Box<dyn Write>,
    /// The file that runs, and what went wrong in it.
    file: String,
    details: String,
    /// Whether the file has its line.
    has_begun: bool,
    /// TAP numbers results.
    number: usize,
}

impl Report {
    /// A report in the form that was asked for. What is for programs has standard output for itself: what tests print goes to
    /// standard error.
    pub fn new(args: &TestArgs, quiet: bool) -> io::Result<Report> {
        let form = match args {
            TestArgs { json: true, .. } => Form::Json,
            TestArgs { tap: true, .. } => Form::Tap,
            TestArgs { list: true, .. } => Form::List,
            _ if quiet => Form::Quiet,
            _ => Form::People,
        };
        let colors = !args.no_color && colors::are_wanted(&io::stdout());
        let out: Box<dyn Write> = match form {
            Form::People | Form::Quiet => Box::new(io::stdout()),
            Form::Json | Form::Tap | Form::List => {
                // Programs that tests start and leave behind do not keep it open for its reader.
                let own = File::from(rustix::io::fcntl_dupfd_cloexec(stdio::stdout(), 3)?);
                stdio::dup2_stdout(stdio::stderr())?;
                Box::new(own)
            }
        };
        let mut report =
            Report { form, colors, out, file: String::new(), details: String::new(), has_begun: false, number: 0 };
        if form == Form::Tap {
            report.write("TAP version 13\n");
        }
        Ok(report)
    }

    /// A file begins.
    pub fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
        self.has_begun = false;
    }

    /// A result.
    pub fn take(&mut self, event: &Event) {
        match self.form {
            Form::People | Form::Quiet => {
                if self.form == Form::People {
                    let letter = self.letter(event.status);
                    let text = if self.has_begun { letter } else { format!("{} {letter}", self.file) };
                    self.has_begun = true;
                    self.write(&text);
                }
                if event.status != Status::Success {
                    let details = self.details_of(event);
                    self.details.push_str(&details);
                }
            }
            Form::Json => {
                let line = json!({
                    "event": "test", "status": event.status.name(), "name": event.name, "file": event.file,
                    "line": event.line, "message": event.message, "where": event.place,
                    "traceback": event.traceback, "seconds": event.seconds,
                });
                self.write(&format!("{line}\n"));
            }
            Form::Tap => {
                let text = self.tap(event);
                self.write(&text);
            }
            Form::List => {
                let text = match event.status {
                    Status::Listed => format!("{}: {}\n", event.declared_at(), in_one_line(&event.name)),
                    _ => self.details_of(event),
                };
                self.write(&text);
            }
        }
    }

    /// A file has come to its end.
    pub fn end(&mut self) {
        let mut text = std::mem::take(&mut self.details);
        // A file of which the options leave out all tests has no line.
        if self.has_begun {
            text.insert(0, '\n');
        }
        self.write(&text);
    }

    /// All files have.
    pub fn finish(&mut self, counts: &Counts, elapsed: Duration, seed: Option<u32>) {
        let text = match self.form {
            Form::People | Form::Quiet => self.summary(counts, elapsed, seed),
            Form::Json => {
                let line = json!({
                    "event": "summary", "files": counts.files, "tests": counts.tests, "selected": counts.selected,
                    "successes": counts.successes, "failures": counts.failures, "errors": counts.errors,
                    "pending": counts.pending, "passed": counts.successes, "failed": counts.failed(),
                    "skipped": counts.pending, "seconds": elapsed.as_secs_f64(), "seed": seed,
                });
                format!("{line}\n")
            }
            Form::Tap => format!("1..{}\n", self.number),
            Form::List => String::new(),
        };
        self.write(&text);
    }

    /// Nobody reading it ends the process, as for scripts.
    fn write(&mut self, text: &str) {
        // What tests printed comes first.
        let written = output::flush();
        let written = written.and_then(|()| self.out.write_all(text.as_bytes())).and_then(|()| self.out.flush());
        if let Err(error) = written {
            exit::end_without_output(&error);
        }
    }

    fn painted(&self, text: &str, status: Status) -> String {
        if !self.colors {
            return text.to_owned();
        }
        let color = match status {
            Status::Success | Status::Listed => "32",
            Status::Failure => "31",
            Status::Error => "35",
            Status::Pending => "33",
        };
        format!("\x1b[{color}m{text}\x1b[0m")
    }

    fn letter(&self, status: Status) -> String {
        let letter = match status {
            Status::Success | Status::Listed => ".",
            Status::Failure => "F",
            Status::Error => "E",
            Status::Pending => "P",
        };
        self.painted(letter, status)
    }

    fn details_of(&self, event: &Event) -> String {
        let title = match event.status {
            Status::Failure => "Failure",
            Status::Pending => "Pending",
            _ => "Error",
        };
        let mut text = format!("\n{}: {}\n  {}\n", self.painted(title, event.status), event.name, event.declared_at());
        if let Some(message) = &event.message {
            let place = event.place.as_deref().filter(|place| *place != event.declared_at());
            let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
            push_indented(&mut text, "  ", &format!("{place}{message}"));
        }
        // One line is what the message says already.
        if let Some(traceback) = event.traceback.as_deref().filter(|lines| lines.contains('\n')) {
            text.push_str("  traceback:\n");
            push_indented(&mut text, "    ", traceback);
        }
        text
    }

    fn summary(&self, counts: &Counts, elapsed: Duration, seed: Option<u32>) -> String {
        let count = |n: usize, one: &str, several: &str| format!("{n} {}", if n == 1 { one } else { several });
        let mut text = String::from("\n");
        if counts.selected < counts.tests {
            let left_out = counts.tests - counts.selected;
            text.push_str(&format!("{} left out\n", count(left_out, "test was", "tests were")));
        }
        if let Some(seed) = seed {
            text.push_str(&format!("in the order of --seed {seed}\n"));
        }
        let all = [
            (count(counts.successes, "success", "successes"), Status::Success),
            (count(counts.failures, "failure", "failures"), Status::Failure),
            (count(counts.errors, "error", "errors"), Status::Error),
            (format!("{} pending", counts.pending), Status::Pending),
        ];
        let all: Vec<_> = all.iter().map(|(text, status)| self.painted(text, *status)).collect();
        text.push_str(&format!("{} : {:.2} seconds\n", all.join(" / "), elapsed.as_secs_f64()));
        text.push_str(&format!("{} passed, {} failed", counts.successes, counts.failed()));
        if counts.pending > 0 {
            text.push_str(&format!(", {} skipped", counts.pending));
        }
        text.push('\n');
        text
    }

    fn tap(&mut self, event: &Event) -> String {
        self.number += 1;
        let ok = matches!(event.status, Status::Success | Status::Pending);
        // A `#` begins a directive.
        let name = in_one_line(&event.name).replace('#', "\\#");
        let mut text = format!("{}ok {} - {name}", if ok { "" } else { "not " }, self.number);
        if event.status == Status::Pending {
            text.push_str(" # SKIP");
            let reason = event.message.as_deref().map(|reason| format!(" {}", in_one_line(reason)));
            text.push_str(&reason.unwrap_or_default());
        }
        text.push('\n');
        if !ok {
            push_indented(&mut text, "# ", &event.place.clone().unwrap_or_else(|| event.declared_at()));
            push_indented(&mut text, "# ", event.message.as_deref().unwrap_or_default());
        }
        text
    }
}

/// A text that cannot begin a line of its own: readers would take that for a result.
fn in_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn push_indented(text: &mut String, indent: &str, lines: &str) {
    for line in lines.lines() {
        text.push_str(indent);
        text.push_str(line);
        text.push('\n');
    }
}
