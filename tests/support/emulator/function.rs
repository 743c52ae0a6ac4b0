//! A function: what it is now, what it becomes, and what runs of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::configuration::Configuration;
use super::failure::Failure;

/// One state of a function's code and configuration. Environments belong to one.
#[derive(Debug)]
pub struct Revision {
    /// Tells revisions apart.
    pub number: u64,
    pub configuration: Configuration,
}

/// How asynchronous invocations are repeated.
#[derive(Clone, Debug)]
pub struct EventInvokeConfig {
    pub retries: u64,
    pub max_age_s: u64,
    pub last_modified_s: f64,
}

/// A function.
pub struct Function {
    /// Tells it from one of the same name that was deleted.
    pub id: u64,
    pub name: String,
    pub arn: String,
    /// What invocations run.
    live: Arc<Revision>,
    /// What they will run once the update is through.
    next: Option<(Instant, Arc<Revision>)>,
    /// Until then it is `Pending`.
    active_at: Instant,
    /// The reason code of a creation that failed.
    pub failed: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub reserved_concurrency: Option<usize>,
    pub event_invoke: Option<EventInvokeConfig>,
    /// Invocations that run.
    pub in_flight: usize,
    /// When environments were started, as far back as the scaling rule looks.
    pub starts: VecDeque<Instant>,
    /// Tokens of environments that have nothing to do, the one last used at the end.
    pub idle: Vec<String>,
}

impl Function {
    pub fn new(name: String, arn: String, revision: Arc<Revision>, active_at: Instant) -> Function {
        Function {
            id: revision.number,
            name,
            arn,
            live: revision,
            next: None,
            active_at,
            failed: None,
            tags: BTreeMap::new(),
            reserved_concurrency: None,
            event_invoke: None,
            in_flight: 0,
            starts: VecDeque::new(),
            idle: Vec::new(),
        }
    }

    /// What invocations run now.
    pub fn live(&mut self) -> Arc<Revision> {
        if let Some((at, next)) = &self.next
            && *at <= Instant::now()
        {
            self.live = next.clone();
            self.next = None;
        }
        self.live.clone()
    }

    /// The configuration as it was last written, in effect already or not.
    pub fn latest(&mut self) -> Arc<Revision> {
        let live = self.live();
        self.next.as_ref().map_or(live, |(_, next)| next.clone())
    }

    /// Begins an update.
    pub fn update(&mut self, revision: Arc<Revision>, in_effect_at: Instant) {
        self.next = Some((in_effect_at, revision));
        self.live();
    }

    fn is_pending(&self) -> bool {
        self.active_at > Instant::now()
    }

    /// Refuses a change while there is another one.
    pub fn check_can_change(&mut self) -> Result<(), Failure> {
        self.live();
        if self.is_pending() {
            return Err(Failure::conflict(
                "The operation cannot be performed at this time. The function is currently in the following state: Pending",
            ));
        }
        if self.next.is_some() {
            let arn = &self.arn;
            return Err(Failure::conflict(format!(
                "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
            )));
        }
        Ok(())
    }

    /// Refuses an invocation of a function that is not there yet, or will never be.
    pub fn check_can_run(&self) -> Result<(), Failure> {
        let state = match &self.failed {
            _ if self.is_pending() => "Pending",
            Some(_) => "Failed",
            None => return Ok(()),
        };
        Err(Failure::conflict(format!(
            "The operation cannot be performed at this time. The function is currently in the following state: {state}"
        )))
    }

    /// As `GetFunctionConfiguration` gives it.
    pub fn describe(&mut self) -> Value {
        let mut value = self.latest().configuration.to_json();
        let Value::Object(map) = &mut value else { return value };
        let mut put = |name: &str, text: &str| map.insert(name.into(), json!(text));
        put("FunctionName", &self.name);
        put("FunctionArn", &self.arn);
        if self.active_at > Instant::now() {
            put("State", "Pending");
            put("StateReason", "The function is being created.");
            put("StateReasonCode", "Creating");
            return value;
        }
        if let Some(code) = &self.failed {
            put("State", "Failed");
            put("StateReason", "Lambda could not set the function up.");
            put("StateReasonCode", code);
            return value;
        }
        put("State", "Active");
        if self.next.is_some() {
            put("LastUpdateStatus", "InProgress");
            put("LastUpdateStatusReason", "The function is being created.");
            put("LastUpdateStatusReasonCode", "Creating");
        } else {
            put("LastUpdateStatus", "Successful");
        }
        value
    }
}
