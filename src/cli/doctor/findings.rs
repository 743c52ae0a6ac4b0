//! What was found, for people and for programs.

use std::fmt::{self, Display};

use serde::Serialize;

/// What was found, in the order of looking.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    status: Status,
    /// What is there; or what is wrong, and how to mend it.
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// It could not be looked at, which need not be a fault.
    Unknown,
    Failed,
}

impl Findings {
    pub fn ok(&mut self, name: &'static str, detail: impl Display) {
        self.add(name, Status::Ok, &detail);
    }

    pub fn unknown(&mut self, name: &'static str, detail: impl Display) {
        self.add(name, Status::Unknown, &detail);
    }

    pub fn failed(&mut self, name: &'static str, detail: impl Display) {
        self.add(name, Status::Failed, &detail);
    }

    fn add(&mut self, name: &'static str, status: Status, detail: &dyn Display) {
        self.checks.push(Check { name, status, detail: detail.to_string() });
    }

    /// Whether nothing is wrong.
    pub fn is_all_right(&self) -> bool {
        self.checks.iter().all(|check| check.status != Status::Failed)
    }

    /// `{"ok": …, "checks": [{"name": …, "status": "ok" | "unknown" | "failed", "detail": …}, …]}`.
    pub fn to_json(&self) -> String {
        let document = serde_json::json!({"ok": self.is_all_right(), "checks": self.checks});
        format!("{document:#}\n")
    }
}

/// A line for each; further lines of a detail are indented.
impl Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for Check { name, status, detail } in &self.checks {
            let status = match status {
                Status::Ok => "ok",
                Status::Unknown => "unknown",
                Status::Failed => "FAILED",
            };
            writeln!(f, "{status:<8}{name:<15}{}", detail.replace('\n', "\n        "))?;
        }
        Ok(())
    }
}
