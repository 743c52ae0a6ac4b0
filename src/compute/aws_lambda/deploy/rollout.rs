//! Brings one function to what it has to be: look, do the next thing, look again. So whatever others do to it
//! meanwhile, and wherever an earlier attempt stopped, it ends in the same state.

use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};
use tokio::time::{Instant, sleep};

use super::code::CodeStore;
use super::error::{DeployError, Refusal};
use super::functions::{EVENT_RETRIES_TAG, Functions};
use super::settings::{FunctionSettings, Setting};
use super::{Narrator, Step};
use crate::aws::AwsError;

/// IAM's changes are known everywhere within a minute, as a rule.
const ROLE_READY_WITHIN: Duration = Duration::from_secs(60);
/// A function in a private network, or of a large image, takes a few minutes.
const READY_WITHIN: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The same for a role: each attempt sends the code again.
const FIRST_ROLE_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_ROLE_PAUSE: Duration = Duration::from_secs(8);
/// What a function waits for.
const ROLE: &str = "the role";
/// Updates of one kind before what AWS makes of them is taken for the answer.
const MOST_UPDATES: u32 = 2;

/// One function on its way.
pub(super) struct Rollout<'a> {
    pub functions: &'a Functions,
    pub name: &'a str,
    pub wanted: &'a FunctionSettings,
    pub code: &'a CodeStore<'a>,
    pub narrator: Narrator<'a>,
    /// Update code and configuration even where nothing differs.
    pub forced: bool,
}

/// What was done so far.
#[derive(Default)]
struct Done {
    code: u32,
    configuration: u32,
    tags: u32,
    attempted: bool,
    replaced: bool,
    woken: bool,
    changed: bool,
}

/// What comes next.
enum Next {
    Ready,
    Look,
    Wait(&'static str),
}

impl Rollout<'_> {
    /// Gives whether anything had to be done.
    ///
    /// # Errors
    /// Where AWS refuses for good, or what it needs takes too long.
    pub async fn run(&self) -> Result<bool, DeployError> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut done = Done::default();
        let mut waiting_for = "";
        loop {
            let next = match self.functions.get(self.name).await? {
                None => self.create(&mut done).await,
                Some(found) => self.advance(&found, &mut done).await,
            };
            let what = match next {
                Ok(Next::Ready) => return Ok(done.changed),
                Ok(Next::Look) => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                Ok(Next::Wait(what)) => what,
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Refused(Refusal::Final(error))) => return Err(error.into()),
                Err(Stop::Refused(Refusal::NotYet(error))) => self.role_not_ready(error, begin)?,
                Err(Stop::Refused(Refusal::Conflict)) => "somebody else, who is changing it",
                Err(Stop::Refused(Refusal::NoFunction)) => "its end: somebody deleted it",
            };
            if begin.elapsed() > READY_WITHIN {
                let reason = format!("after {} s it still waits for {what}; try again later", READY_WITHIN.as_secs());
                return Err(DeployError::Unusable { name: self.name.into(), reason });
            }
            if waiting_for != what {
                (self.narrator)(&match what {
                    ROLE => Step::WaitingForRole { name: self.name },
                    _ => Step::Waiting { name: self.name, what },
                });
                waiting_for = what;
            }
            let (first, longest) =
                if what == ROLE { (FIRST_ROLE_PAUSE, LONGEST_ROLE_PAUSE) } else { (FIRST_PAUSE, LONGEST_PAUSE) };
            sleep(pause.max(first)).await;
            pause = (pause.max(first) * 2).min(longest);
        }
    }

    fn role_not_ready(&self, error: AwsError, begin: Instant) -> Result<&'static str, DeployError> {
        if begin.elapsed() > ROLE_READY_WITHIN {
            return Err(error.into());
        }
        Ok(ROLE)
    }

    async fn create(&self, done: &mut Done) -> Result<Next, Stop> {
        let source = self.code.source().await?;
        if !std::mem::replace(&mut done.attempted, true) {
            (self.narrator)(&Step::Creating { name: self.name, bytes: source.inline_bytes() });
        }
        self.functions.create(self.name, self.wanted, source).await?;
        done.changed = true;
        Ok(Next::Wait("AWS, which makes it"))
    }

    async fn advance(&self, found: &GetFunctionOutput, done: &mut Done) -> Result<Next, Stop> {
        let Some(configuration) = found.configuration() else { return Ok(Next::Wait("AWS, which says nothing of it")) };
        match &configuration.state {
            Some(State::Pending) => return Ok(Next::Wait("AWS, which makes it")),
            Some(State::Deleting) => return Ok(Next::Wait("its end: somebody deleted it")),
            Some(State::Failed) => return self.replace(configuration, done).await,
            Some(State::Inactive) => return self.wake(done).await,
            _ => {}
        }
        if configuration.last_update_status == Some(LastUpdateStatus::InProgress) {
            return Ok(Next::Wait("AWS, which updates it"));
        }
        if configuration.last_update_status == Some(LastUpdateStatus::Failed) && done.code + done.configuration > 0 {
            let reason = reason(&configuration.last_update_status_reason);
            return Err(Stop::Failed(DeployError::Unusable { name: self.name.into(), reason }));
        }
        let image = found.code().and_then(|code| code.image_uri());
        let force = |times: u32| self.forced && times == 0;
        if force(done.code) || (self.wanted.code_differs(configuration, image) && self.may_update(done.code, "code")) {
            let source = self.code.source().await?;
            (self.narrator)(&Step::UpdatingCode { name: self.name });
            done.code += 1;
            self.functions.update_code(self.name, self.wanted, source).await?;
            done.changed = true;
            return Ok(Next::Look);
        }
        let differences = match force(done.configuration) {
            true => Setting::ALL.to_vec(),
            false => self.wanted.differences(configuration),
        };
        if !differences.is_empty() && self.may_update(done.configuration, "configuration") {
            (self.narrator)(&Step::UpdatingConfiguration { name: self.name, parts: &differences });
            done.configuration += 1;
            self.functions.update_configuration(self.name, self.wanted, &differences).await?;
            done.changed = true;
            return Ok(Next::Look);
        }
        self.finish(found, configuration, done).await
    }

    /// Tags, and events that are never repeated.
    async fn finish(
        &self,
        found: &GetFunctionOutput,
        configuration: &FunctionConfiguration,
        done: &mut Done,
    ) -> Result<Next, Stop> {
        if found.tags_error.is_some() {
            // The tags cannot be seen, so that nothing is known of events; to say it twice does no harm.
            self.functions.never_repeat_events(self.name).await?;
            return Ok(Next::Ready);
        }
        let has =
            |name: &str, value: &str| found.tags().and_then(|tags| tags.get(name)).is_some_and(|tag| tag == value);
        let mut missing: Vec<(String, String)> =
            self.wanted.tags.iter().filter(|(name, value)| !has(name, value)).map(own).collect();
        if !has(EVENT_RETRIES_TAG, "0") {
            self.functions.never_repeat_events(self.name).await?;
            missing.push((EVENT_RETRIES_TAG.into(), "0".into()));
        }
        if !missing.is_empty() && self.may_update(done.tags, "tags") {
            done.tags += 1;
            done.changed = true;
            let arn = configuration.function_arn.as_deref().unwrap_or(self.name);
            self.functions.tag(arn, &missing).await?;
        }
        Ok(Next::Ready)
    }

    /// Whether another update of this kind makes sense; if not, that is said.
    fn may_update(&self, times: u32, what: &'static str) -> bool {
        if times >= MOST_UPDATES {
            tracing::warn!(
                function = self.name,
                "AWS keeps another {what} than was asked for; the function is used as it is"
            );
        }
        times < MOST_UPDATES
    }

    /// A function that could never be made ready can be of no use to anybody.
    async fn replace(&self, configuration: &FunctionConfiguration, done: &mut Done) -> Result<Next, Stop> {
        let reason = reason(&configuration.state_reason);
        if done.replaced || done.changed {
            return Err(Stop::Failed(DeployError::Unusable { name: self.name.into(), reason }));
        }
        (self.narrator)(&Step::Replacing { name: self.name, reason: &reason });
        done.replaced = true;
        self.functions.delete(self.name).await?;
        Ok(Next::Wait("its end, to make it anew"))
    }

    /// A function that was idle for weeks loses its place in the network, and gets it back when it is invoked, which fails.
    async fn wake(&self, done: &mut Done) -> Result<Next, Stop> {
        if !std::mem::replace(&mut done.woken, true) {
            let invoked =
                self.functions.client().invoke().function_name(self.name).payload(Blob::new("{}")).send().await;
            tracing::debug!(function = self.name, refused = invoked.is_err(), "an idle function is woken");
        }
        Ok(Next::Wait("AWS, which wakes it after a long time of idleness"))
    }
}

fn own((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

/// AWS's own words about a function.
fn reason(said: &Option<String>) -> String {
    let said = said.as_deref().unwrap_or("no reason was given").trim().trim_end_matches('.');
    format!("AWS says: {said}; mend that in the section `aws_lambda` of the configuration, and run it again")
}

/// What ends a step early.
enum Stop {
    Refused(Refusal),
    Failed(DeployError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<DeployError> for Stop {
    fn from(error: DeployError) -> Stop {
        Stop::Failed(error)
    }
}
