//! Futures of the driver, seen from a worker: asked for once, and answered when they end.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use crate::compute::local::{FutureAddress, FutureAnswer};
use crate::lua::session::Session;
use crate::protocol::{RemoteError, kind};

/// So many requests are under way at a time: each keeps a connection, here and in the driver, until its future has ended.
static REQUESTS: Semaphore = Semaphore::const_new(64);

/// A future of the driver. Its copies share the answer.
#[derive(Clone)]
pub struct RemoteFuture {
    pub address: FutureAddress,
    is_asked: Rc<Cell<bool>>,
    answer: Arc<OnceLock<FutureAnswer>>,
}

impl RemoteFuture {
    /// The future that `address` names.
    pub fn new(address: FutureAddress) -> Self {
        Self { address, is_asked: Rc::default(), answer: Arc::default() }
    }

    /// What it gave, once it has ended and the driver has said so.
    pub fn answer(&self) -> Option<&FutureAnswer> {
        self.answer.get()
    }

    /// How it failed, if it did.
    pub fn failure(&self) -> Option<&RemoteError> {
        match self.answer() {
            Some(FutureAnswer::Failed(error)) => Some(error),
            _ => None,
        }
    }

    /// Asks the driver for the answer, unless that was done before. When it comes, the signal of jobs is given.
    pub fn ask(&self, session: &Session) {
        if self.is_asked.replace(true) {
            return;
        }
        let Some(relay) = session.relay.get() else {
            let _ = self.answer.set(FutureAnswer::Failed(driver_is_out_of_reach()));
            return;
        };
        let (relay, address, answer) = (relay.clone(), self.address.clone(), self.answer.clone());
        crate::io::handle().spawn(async move {
            let _permit = REQUESTS.acquire().await;
            let _ = answer.set(relay.fetch_future(&address).await);
            crate::job::give();
        });
    }
}

/// Why a function on AWS cannot have the value of a future that its driver owns.
pub(super) fn driver_is_out_of_reach() -> RemoteError {
    let message = "a function on AWS Lambda cannot reach its driver to wait for a future: make the futures the input, \
                   `lithops.map(fn, futures)`, or send their results";
    RemoteError::new(kind::UNSENDABLE, message)
}
