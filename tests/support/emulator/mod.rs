//! AWS on this machine: Lambda, S3, STS and as much of IAM as this project asks, at one address on loopback.
//!
//! Functions are real processes, started from the zip that was deployed and served a Lambda Runtime API each. Limits,
//! error texts, log lines and the framing of streamed answers are those of AWS; every fault that AWS can have is a knob.
//!
//! A request's way:
//!
//! - `server` takes it, `auth` looks at its signature, and its credential scope says which service it is for;
//!   `policy` says whether the caller may.
//! - `control` makes, changes and lists functions (`function`), as `configuration` allows, from `code`.
//! - `invoke` takes invocations and writes answers, streamed ones in the frames of `event_stream`. `faults` spoils some.
//! - `pool` gives each invocation (`work`) an execution environment (`environment`, with its `output`), within all limits.
//!   `lifetime` sees to its process's start and end.
//! - `runtime_api` is what the process in the environment talks to, at an address of its own.
//! - `s3` and `identity` are the other services; `credentials` is where programs get theirs.
//! - `knobs` is what tests choose, `record` what they can ask afterwards, `steering` both over HTTP.
//!
//! ```no_run
//! let emulator = Emulator::start(Knobs { latency_ms: 50, ..Knobs::default() });
//! command.envs(emulator.environment());
//! ```

mod auth;
mod clock;
mod code;
mod configuration;
mod control;
mod credentials;
mod environment;
mod event_stream;
mod failure;
mod faults;
mod function;
mod identity;
mod invoke;
mod knobs;
mod lifetime;
mod output;
mod policy;
mod pool;
mod record;
mod runtime_api;
mod s3;
mod server;
mod steering;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};

#[allow(unused_imports)]
pub use auth::{ACCESS_KEY_ID, EXPIRED_ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID, SESSION_TOKEN};
#[allow(unused_imports)]
pub use credentials::BEARER_TOKEN;
pub use knobs::Knobs;
#[allow(unused_imports)]
pub use record::{Invoked, Record};

use auth::RoleCredentials;
use pool::Lambda;

/// The role that functions are usually given.
pub const ROLE: &str = "arn:aws:iam::123456789012:role/lithops-execution-role";

/// A running emulator. It ends, with all processes of its functions, when it is dropped.
pub struct Emulator {
    cloud: Arc<Cloud>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What all parts of the emulator share.
struct Cloud {
    address: SocketAddr,
    /// Code of functions, objects of buckets.
    folder: TempDir,
    knobs: Mutex<Knobs>,
    record: Mutex<Record>,
    lambda: Mutex<Lambda>,
    dice: Mutex<fastrand::Rng>,
    role_credentials: RoleCredentials,
    /// An invocation or an environment ended: there may be room for another.
    freed: Notify,
}

impl Emulator {
    /// Starts an emulator on a free port of loopback.
    ///
    /// It runs on a thread of its own: processes of functions are tied to that thread's life by the kernel.
    pub fn start(knobs: Knobs) -> Emulator {
        raise_file_limit();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let folder = tempfile::Builder::new().prefix("emulator-").tempdir().expect("a folder");
        let cloud = Arc::new(Cloud {
            address: listener.local_addr().expect("the listener's address"),
            folder,
            dice: Mutex::new(fastrand::Rng::with_seed(knobs.seed)),
            role_credentials: RoleCredentials::new(),
            knobs: Mutex::new(knobs),
            record: Mutex::default(),
            lambda: Mutex::default(),
            freed: Notify::new(),
        });
        let (stop, stopped) = oneshot::channel();
        let shared = cloud.clone();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event queue");
            runtime.block_on(async {
                tokio::select! {
                    () = server::serve(shared.clone(), listener) => {}
                    _ = stopped => {}
                }
                pool::shut_down(&shared).await;
            });
        };
        let thread = std::thread::Builder::new().name("emulator".into()).spawn(serve).expect("a thread");
        Emulator { cloud, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:…`, for all services.
    pub fn url(&self) -> String {
        self.cloud.url()
    }

    /// The environment variables with which SDKs and command lines use this emulator, and nothing else of the host's.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let region = self.cloud.knobs().region.clone();
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.into()),
            ("AWS_REGION", region.clone()),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", "/dev/null".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ]
    }

    /// Turns knobs while the emulator runs. A new seed begins the dice anew.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        self.cloud.turn(change);
    }

    /// What has happened so far.
    pub fn record(&self) -> Record {
        self.cloud.record().clone()
    }

    /// Forgets what has happened so far.
    pub fn forget(&self) {
        self.cloud.record().forget();
    }

    /// The logs of all execution environments, ended ones too, by log stream.
    pub fn logs(&self) -> Vec<(String, String)> {
        pool::logs(&self.cloud)
    }

    /// The process ids of the execution environments that are there now.
    pub fn processes(&self) -> Vec<i32> {
        pool::processes(&self.cloud)
    }

    /// Every function's configuration, as `GetFunction` gives it, one JSON document a line.
    pub fn configurations(&self) -> String {
        control::all_configurations(&self.cloud)
    }

    /// The folder with a folder for each bucket, each with a file for each object.
    pub fn buckets(&self) -> PathBuf {
        s3::buckets(&self.cloud)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Cloud {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn knobs(&self) -> MutexGuard<'_, Knobs> {
        lock(&self.knobs)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.record)
    }

    fn lambda(&self) -> MutexGuard<'_, Lambda> {
        lock(&self.lambda)
    }

    fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.knobs();
        let seed = knobs.seed;
        change(&mut knobs);
        if knobs.seed != seed {
            *lock(&self.dice) = fastrand::Rng::with_seed(knobs.seed);
        }
    }

    /// Whether something that happens with this probability does.
    fn happens(&self, probability: f64) -> bool {
        probability > 0.0 && lock(&self.dice).f64() < probability
    }

    /// A number from 0 to `below` - 1.
    fn roll(&self, below: u64) -> u64 {
        lock(&self.dice).u64(..below)
    }

    /// An id in the form of a UUID. Not from the seeded dice: it would change what they give.
    fn new_id(&self) -> String {
        let (high, low) = (fastrand::u64(..), fastrand::u64(..));
        let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0x0fff);
        let (d, e) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
        format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
    }
}

/// Tests that panic leave poisoned locks behind, but what they guard stays whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A thousand environments have a pipe and two connections each.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
