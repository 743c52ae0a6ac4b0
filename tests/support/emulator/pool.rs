//! Which functions and environments there are, and which environment an invocation gets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::environment::{self, Environment, FunctionError, Phase, Work};
use super::failure::Failure;
use super::function::Function;
use super::record::Invoked;
use super::{Cloud, Knobs};

/// The scaling rule of AWS Lambda counts in these steps.
const SCALING_WINDOW: Duration = Duration::from_secs(10);
/// How often the memory of running functions is looked at, at most.
const MEMORY_INTERVAL: Duration = Duration::from_millis(10);
/// Looking takes no more than this part of a core.
const MEMORY_COST: u32 = 20;

/// All functions, and the environments that run them.
#[derive(Default)]
pub struct Lambda {
    pub functions: BTreeMap<String, Function>,
    /// By token.
    pub environments: HashMap<String, Environment>,
    revisions: u64,
}

impl Lambda {
    /// The function, or AWS's error.
    pub fn function(&mut self, cloud: &Cloud, name: &str) -> Result<&mut Function, Failure> {
        let missing = || Failure::not_found(format!("Function not found: {}", cloud.function_arn(name)));
        self.functions.get_mut(name).ok_or_else(missing)
    }

    /// A number for the next revision of any function.
    pub fn new_revision(&mut self) -> u64 {
        self.revisions += 1;
        self.revisions
    }

    /// Refuses what the account and the function may not have running besides.
    fn check_concurrency(&mut self, cloud: &Cloud, name: &str, account: usize) -> Result<(), Failure> {
        let reserved: usize = self.functions.values().filter_map(|function| function.reserved_concurrency).sum();
        let unreserved = self.functions.values().filter(|function| function.reserved_concurrency.is_none());
        let in_flight: usize = unreserved.map(|function| function.in_flight).sum();
        let function = self.function(cloud, name)?;
        match function.reserved_concurrency {
            Some(most) if function.in_flight >= most => {
                Err(Failure::throttled("ReservedFunctionConcurrentInvocationLimitExceeded"))
            }
            None if in_flight >= account.saturating_sub(reserved) => {
                Err(Failure::throttled("ConcurrentInvocationLimitExceeded"))
            }
            _ => Ok(()),
        }
    }
}

/// Gives an invocation an environment: one that is warm, or a new one.
pub fn start(cloud: &Arc<Cloud>, name: &str, work: Work) -> Result<(), Failure> {
    let knobs = cloud.knobs().clone();
    let mut guard = cloud.lambda();
    let lambda = &mut *guard;
    lambda.function(cloud, name)?.check_can_run()?;
    lambda.check_concurrency(cloud, name, knobs.account_concurrency)?;
    let Lambda { functions, environments, .. } = lambda;
    let Some(function) = functions.get_mut(name) else { return Err(Failure::server()) };
    let live = function.live();

    while let Some(token) = function.idle.pop() {
        let Some(warm) = environments.get_mut(&token) else { continue };
        if warm.revision.number != live.number {
            warm.end();
        } else if warm.is_ready() {
            began(cloud, function, &knobs, &work, false);
            warm.assign(cloud, &token, work);
            return Ok(());
        }
    }
    let now = Instant::now();
    while function.starts.front().is_some_and(|start| now.duration_since(*start) > SCALING_WINDOW) {
        function.starts.pop_front();
    }
    if function.starts.len() >= knobs.scaling_per_10_s {
        return Err(Failure::throttled("FunctionInvocationRateLimitExceeded"));
    }
    function.starts.push_back(now);
    began(cloud, function, &knobs, &work, true);
    cloud.record().environments_started += 1;
    let token = cloud.new_id();
    environments.insert(token.clone(), Environment::new(cloud, function, live, work));
    tokio::spawn(environment::live(cloud.clone(), token, Duration::from_millis(knobs.cold_start_ms)));
    Ok(())
}

/// Counts an invocation that begins.
fn began(cloud: &Cloud, function: &mut Function, knobs: &Knobs, work: &Work, cold: bool) {
    function.in_flight += 1;
    let mut record = cloud.record();
    record.begin(Invoked {
        function: function.name.clone(),
        request_id: work.request_id.clone(),
        kind: work.kind,
        payload_bytes: work.payload.len(),
        payload: if knobs.keep_payloads { work.payload.clone() } else { Default::default() },
        cold,
        error: None,
        answer_bytes: 0,
        ended: false,
    });
}

/// Ends the invocation of an environment, if it has one, and says how to whoever waits for it.
pub fn finish(cloud: &Cloud, lambda: &mut Lambda, token: &str, error: Option<FunctionError>) {
    let Some(environment) = lambda.environments.get_mut(token) else { return };
    let Some(ended) = environment.finish(error) else { return };
    if let Some(function) = lambda.functions.get_mut(&environment.function)
        && function.id == environment.function_id
    {
        function.in_flight = function.in_flight.saturating_sub(1);
    }
    cloud.record().end(&ended.request_id, ended.error_type, ended.answer_bytes);
    cloud.freed.notify_waiters();
}

/// Deletes a function. What runs of it runs on.
pub fn delete(cloud: &Cloud, name: &str) -> Result<(), Failure> {
    let mut lambda = cloud.lambda();
    lambda.function(cloud, name)?;
    let function = lambda.functions.remove(name);
    for token in function.map(|function| function.idle).unwrap_or_default() {
        if let Some(environment) = lambda.environments.get_mut(&token) {
            environment.end();
        }
    }
    Ok(())
}

/// Ends the processes of all environments.
pub fn shut_down(cloud: &Cloud) {
    for environment in cloud.lambda().environments.values_mut() {
        environment.end();
    }
}

/// Ends functions that need more memory than they have, as the kernel does on AWS.
pub async fn watch_memory(cloud: Arc<Cloud>) {
    loop {
        let began = Instant::now();
        for environment in cloud.lambda().environments.values_mut() {
            environment.check_memory();
        }
        tokio::time::sleep(MEMORY_INTERVAL.max(began.elapsed() * MEMORY_COST)).await;
    }
}

/// All log streams.
pub fn logs(cloud: &Cloud) -> Vec<(String, String)> {
    let mut logs: Vec<(String, String)> = cloud
        .lambda()
        .environments
        .values()
        .map(|environment| (environment.log_stream.clone(), environment.log()))
        .collect();
    logs.extend(cloud.record().ended_logs.iter().cloned());
    logs
}

/// All processes.
pub fn processes(cloud: &Cloud) -> Vec<i32> {
    let lambda = cloud.lambda();
    lambda
        .environments
        .values()
        .filter_map(|environment| environment.pid.map(|pid| pid.as_raw_nonzero().get()))
        .collect()
}

impl Cloud {
    /// The ARN of a function, existing or not.
    pub(super) fn function_arn(&self, name: &str) -> String {
        let knobs = self.knobs();
        format!("arn:aws:lambda:{}:{}:function:{name}", knobs.region, knobs.account_id)
    }
}

/// Makes an environment that has answered ready for the next invocation; `false`: it is of no use any more.
pub fn rest(lambda: &mut Lambda, token: &str) -> bool {
    let Lambda { functions, environments, .. } = lambda;
    let Some(environment) = environments.get_mut(token) else { return false };
    if let Some(function) = functions.get_mut(&environment.function)
        && function.id == environment.function_id
        && function.live().number == environment.revision.number
    {
        function.idle.push(token.to_owned());
        return true;
    }
    environment.end();
    environment.phase = Phase::Gone;
    false
}
