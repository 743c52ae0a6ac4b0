//! Faults by the dice: what is to go wrong with one invocation.

use std::time::Duration;

use super::Cloud;
use super::failure::Failure;

/// A process that is killed waits no longer than this: most functions in tests are short.
const MAX_KILL_DELAY_US: u64 = 3_000;

/// How the process that runs an invocation is killed.
#[derive(Clone, Copy, Debug)]
pub enum Sabotage {
    /// So long after it got the invocation.
    AtStart(Duration),
    /// When it has sent some of its answer, the second half of which is lost.
    InAnswer,
}

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutAt {
    /// Nothing of it arrives, though the invocation has run.
    Nothing,
    /// After the head.
    Head,
    /// In the middle of the first event.
    Event,
    /// Before the end mark.
    End,
}

/// What goes wrong with one invocation.
#[derive(Debug, Default)]
pub struct Faults {
    /// It is refused.
    pub refusal: Option<Failure>,
    /// It runs, and is answered with an error of the server.
    pub answer_lost: bool,
    /// Its answer breaks off.
    pub cut: Option<CutAt>,
    /// Its process is killed.
    pub sabotage: Option<Sabotage>,
}

impl Faults {
    /// Throws the dice, as the knobs say.
    pub fn roll(cloud: &Cloud) -> Faults {
        let knobs = cloud.knobs().clone();
        let refusal = if cloud.happens(knobs.throttle) {
            Some(Failure::throttled("CallerRateLimitExceeded"))
        } else if cloud.happens(knobs.server_error) {
            Some(Failure::server())
        } else {
            None
        };
        let cut = cloud.happens(knobs.cut_answer).then(|| match cloud.roll(4) {
            0 => CutAt::Nothing,
            1 => CutAt::Head,
            2 => CutAt::Event,
            _ => CutAt::End,
        });
        let sabotage = cloud.happens(knobs.kill_worker).then(|| match cloud.roll(2) {
            0 => Sabotage::AtStart(Duration::from_micros(cloud.roll(MAX_KILL_DELAY_US))),
            _ => Sabotage::InAnswer,
        });
        Faults { refusal, answer_lost: cloud.happens(knobs.server_error_after_run), cut, sabotage }
    }
}
