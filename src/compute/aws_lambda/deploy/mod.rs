//! Finds or makes the function that a configuration needs.
//!
//! - [`ensure`] is what a driver calls before its first invocation, [`deploy`] the same for people.
//! - `settings`: what the function has to be, its name, and how an existing one differs.
//! - `rollout`: from what is there to what has to be; `functions`: the control calls; `error`: what refusals mean.
//! - `bootstrap`, `elf`: the executable that it runs, and whether AWS Lambda can run it; `package`: its zip, kept in the
//!   user's cache; `code`: the zip's way to AWS.
//! - [`catalog`]: all functions that this program made.

mod bootstrap;
pub mod catalog;
mod code;
pub(super) mod elf;
mod error;
mod functions;
mod image_name;
mod package;
mod rollout;
mod settings;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use self::bootstrap::BootstrapError;
pub use self::error::DeployError;
pub use self::image_name::{ImageName, ecr_registry, image_uri};
pub use self::settings::{NAME_PREFIX, NameParts, Setting, name_pattern, parse_name};

pub(super) use self::bootstrap::Bootstrap;
use self::code::CodeStore;
use self::functions::Functions;
use self::package::Package;
use self::rollout::Rollout;
use self::settings::{Code, FunctionSettings};
use crate::aws::{Account, AwsErrorKind, Failed};
use crate::config::{Aws, AwsLambda, Config};
use crate::storage::StorageError;

/// A deployment waits for the bucket no longer than this.
const BUCKET_WITHIN: Duration = Duration::from_secs(10);

/// Something that is being done.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// `bytes`: those of the zip, where it goes inside the request.
    Creating {
        name: &'a str,
        bytes: Option<usize>,
    },
    UpdatingCode {
        name: &'a str,
    },
    UpdatingConfiguration {
        name: &'a str,
        parts: &'a [Setting],
    },
    /// It never became usable, and is made anew.
    Replacing {
        name: &'a str,
        reason: &'a str,
    },
    Waiting {
        name: &'a str,
        what: &'a str,
    },
    /// The role is too new for AWS Lambda, or is not for it.
    WaitingForRole {
        name: &'a str,
    },
}

/// Who is told what is being done.
pub type Narrator<'a> = &'a (dyn Fn(&Step) + Send + Sync);

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Step::Creating { name, bytes: Some(bytes) } => {
                write!(f, "creating the function {name} ({:.1} MB)", *bytes as f64 / 1e6)
            }
            Step::Creating { name, bytes: None } => write!(f, "creating the function {name}"),
            Step::UpdatingCode { name } => write!(f, "updating the code of {name}"),
            Step::UpdatingConfiguration { name, parts } => {
                let parts: Vec<_> = parts.iter().map(Setting::to_string).collect();
                write!(f, "updating the function {name}: {}", parts.join(", "))
            }
            Step::Replacing { name, reason } => write!(f, "making the function {name} anew: {reason}"),
            Step::Waiting { name, what } => write!(f, "the function {name} waits for {what}"),
            Step::WaitingForRole { name } => write!(
                f,
                "the function {name} waits for the role, which AWS Lambda cannot use yet: a new role or policy takes up to a \
                 minute"
            ),
        }
    }
}

/// A function that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub name: String,
    /// Whether anything had to be done for that.
    pub changed: bool,
}

/// One deployment in this process, shared by all who need it.
struct Shared {
    aws: Aws,
    section: AwsLambda,
    storage: String,
    memory_mb: u32,
    outcome: Arc<OnceCell<Result<String, DeployError>>>,
}

static SHARED: Mutex<Vec<Shared>> = Mutex::new(Vec::new());

fn shared() -> MutexGuard<'static, Vec<Shared>> {
    SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The name of the function that `config` needs, with `memory_mb` megabytes, ready to be invoked. It is found or made at
/// the first call of the process; later calls cost nothing, until [`forget`] is called. All who ask while it is
/// being made get the same failure, and who asks afterwards tries again.
///
/// # Errors
/// Where the function cannot be had.
pub async fn ensure(account: &Account, config: &Config, memory_mb: u32) -> Result<String, DeployError> {
    let outcome = share(config, memory_mb);
    let result = outcome.get_or_init(|| async {
        let narrate = |step: &Step| match step {
            Step::WaitingForRole { .. } => tracing::warn!("{step}"),
            _ => tracing::info!("{step}"),
        };
        deploy(account, config, memory_mb, false, &narrate).await.map(|deployment| deployment.name)
    });
    let result = result.await.clone();
    if result.is_err() {
        shared().retain(|shared| !Arc::ptr_eq(&shared.outcome, &outcome));
    }
    result
}

/// The function is not as it was: somebody deleted it, for example. The next [`ensure`] looks again.
pub fn forget(name: &str) {
    let is_it = |shared: &Shared| matches!(shared.outcome.get(), Some(Ok(known)) if known == name);
    shared().retain(|shared| !is_it(shared));
}

fn share(config: &Config, memory_mb: u32) -> Arc<OnceCell<Result<String, DeployError>>> {
    let mut all = shared();
    let same = |shared: &&Shared| {
        shared.memory_mb == memory_mb
            && shared.section == config.aws_lambda
            && shared.aws == config.aws
            && shared.storage == config.lithops.storage
    };
    if let Some(shared) = all.iter().find(same) {
        return shared.outcome.clone();
    }
    let outcome = Arc::new(OnceCell::new());
    all.push(Shared {
        aws: config.aws.clone(),
        section: config.aws_lambda.clone(),
        storage: config.lithops.storage.clone(),
        memory_mb,
        outcome: outcome.clone(),
    });
    outcome
}

/// Finds or makes the function, brings it to what `config` says, and waits until it is ready.
/// `forced`: updates code and configuration even where nothing differs.
///
/// # Errors
/// Where the function cannot be had.
pub async fn deploy(
    account: &Account,
    config: &Config,
    memory_mb: u32,
    forced: bool,
    narrator: Narrator<'_>,
) -> Result<Deployment, DeployError> {
    let (code, package) = code_of(account, config).await?;
    let wanted = FunctionSettings::new(config, memory_mb, code.clone())?;
    let store = match (&code, &package) {
        (Code::Image { uri }, _) => CodeStore::Image { uri },
        (Code::Zip { .. }, Some(package)) => CodeStore::Package { package, config },
        (Code::Zip { .. }, None) => return Err(DeployError::Setting("its zip is missing".into())),
    };
    let name = wanted.name();
    let functions = Functions::of(account);
    let rollout = Rollout { functions: &functions, name: &name, wanted: &wanted, code: &store, narrator, forced };
    let changed = rollout.run().await?;
    if changed {
        // Most jobs need no bucket: one that does says what is wrong with it.
        match tokio::time::timeout(BUCKET_WITHIN, ensure_bucket(config)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "cannot make the bucket"),
            Err(_) => tracing::debug!("the bucket takes too long"),
        }
    }
    Ok(Deployment { name, changed })
}

/// Makes the default bucket, if it is on S3 and not there yet: the role of functions need not be allowed to.
///
/// # Errors
/// Where it cannot be made, or is somebody else's.
pub(super) async fn ensure_bucket(config: &Config) -> Result<(), StorageError> {
    if config.lithops.storage != "aws_s3" {
        return Ok(());
    }
    let storage = crate::storage::open(config).await?;
    storage.create_bucket(storage.default_bucket()).await
}

/// A function as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the function that the configuration needs.
    pub name: String,
    /// `Active`, `Pending`, …, as AWS has it; `None` where there is no such function.
    pub state: Option<String>,
    /// Why it is in that state, where AWS says so.
    pub reason: Option<String>,
}

/// Looks for the function that `config` needs, and changes nothing.
///
/// # Errors
/// Where there is no role or no bootstrap, or AWS refuses.
pub async fn find(account: &Account, config: &Config) -> Result<Finding, DeployError> {
    let (code, _) = code_of(account, config).await?;
    let name = FunctionSettings::new(config, config.aws_lambda.runtime_memory_mb, code)?.name();
    let functions = Functions::of(account);
    let asked = functions.client().get_function_configuration().function_name(&name).send().await;
    match asked.failed(&format!("look at the function {name}")) {
        Ok(found) => {
            let state = found.state().map_or("Active", |state| state.as_str()).to_owned();
            let reason = found.state_reason().map(str::to_owned);
            Ok(Finding { name, state: Some(state), reason })
        }
        Err(error) if error.kind() == AwsErrorKind::NotFound => Ok(Finding { name, state: None, reason: None }),
        Err(error) => Err(error.into()),
    }
}

/// What the function runs, with the zip if it is one.
async fn code_of(account: &Account, config: &Config) -> Result<(Code, Option<Package>), DeployError> {
    match &config.aws_lambda.runtime {
        None => {
            let package = pack(&config.aws_lambda).await?;
            Ok((Code::Zip { sha256: package.code_sha256().to_owned() }, Some(package)))
        }
        Some(runtime) => {
            let uri = image_uri(runtime, settings::role(config)?, account.region());
            Ok((Code::Image { uri }, None))
        }
    }
}

/// The zip of the bootstrap, on a thread that may block.
async fn pack(section: &AwsLambda) -> Result<Package, DeployError> {
    let section = section.clone();
    let packing =
        tokio::task::spawn_blocking(move || Package::of(&Bootstrap::open(&section)?, package::user_cache().as_deref()));
    packing.await.unwrap_or_else(|error| Err(DeployError::Setting(format!("its zip could not be made: {error}"))))
}
