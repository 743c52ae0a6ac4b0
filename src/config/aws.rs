//! The sections for AWS as the program reads them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::check::Values;
use super::typed::Reader;

/// The section `aws`: whose account, and where. Its `Debug` shows no secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Aws {
    /// Access key id and secret access key; `None`: the SDK's whole chain.
    pub access_key: Option<(String, String)>,
    pub session_token: Option<String>,
    pub region: Option<String>,
    /// `None`: AWS is asked.
    pub account_id: Option<String>,
    pub profile: Option<String>,
}

/// The section `aws_lambda`: the compute backend.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsLambda {
    /// `None`: as the environment or the profile says.
    pub region: Option<String>,
    /// Present where `lithops.backend` is `aws_lambda`.
    pub execution_role: Option<String>,
    /// Invocations in flight; at least 1.
    pub max_workers: usize,
    /// Calls at a time in one function instance; at least 1.
    pub worker_processes: usize,
    /// A container image; `None`: a zip.
    pub runtime: Option<String>,
    pub runtime_memory_mb: u32,
    pub runtime_timeout: Duration,
    /// Invocations being started at once.
    pub invoke_pool_threads: usize,
    pub remote_invoker: bool,
    pub architecture: Architecture,
    pub ephemeral_storage_mb: u32,
    pub env_vars: BTreeMap<String, String>,
    pub user_tags: BTreeMap<String, String>,
    pub vpc: Option<Vpc>,
    pub efs: Vec<EfsMount>,
    pub namespace: Option<String>,
    /// The executable to deploy, absolute; `None`: this one.
    pub bootstrap: Option<std::path::PathBuf>,
}

/// The section `aws_s3`: the storage backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsS3 {
    /// `None`: as the environment or the profile says.
    pub region: Option<String>,
    /// `None`: one named after account and region.
    pub storage_bucket: Option<String>,
    pub endpoint_url: Option<String>,
}

/// The processor of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    /// The name that the configuration and AWS have for it.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// A private network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
}

/// A file system in a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EfsMount {
    /// An ARN.
    pub access_point: String,
    /// Below `/mnt/`.
    pub mount_path: String,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Aws")
            .field("access_key", &self.access_key.as_ref().map(|_| "…"))
            .field("session_token", &self.session_token.as_ref().map(|_| "…"))
            .field("region", &self.region)
            .field("account_id", &self.account_id)
            .field("profile", &self.profile)
            .finish()
    }
}

impl Aws {
    pub(super) fn read(values: &Values) -> Aws {
        let of = Reader { values, section: "aws" };
        Aws {
            access_key: of.optional("access_key_id").zip(of.optional("secret_access_key")),
            session_token: of.optional("session_token"),
            region: of.optional("region").or_else(|| of.optional("region_name")),
            account_id: of.optional("account_id"),
            profile: of.optional("profile").or_else(|| of.optional("config_profile")),
        }
    }
}

impl AwsLambda {
    pub(super) fn read(values: &Values) -> AwsLambda {
        let of = Reader { values, section: "aws_lambda" };
        let whole = |key| of.number(key).and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
        AwsLambda {
            region: of.optional("region_name").or_else(|| of.optional("region")).or_else(|| Aws::read(values).region),
            execution_role: of.optional("execution_role"),
            max_workers: whole("max_workers"),
            worker_processes: whole("worker_processes"),
            runtime: of.optional("runtime"),
            runtime_memory_mb: of.count("runtime_memory"),
            runtime_timeout: of.seconds("runtime_timeout").unwrap_or_default(),
            invoke_pool_threads: whole("invoke_pool_threads"),
            remote_invoker: of.flag("remote_invoker"),
            architecture: match of.text("architecture").as_str() {
                "arm64" => Architecture::Arm64,
                _ => Architecture::X86_64,
            },
            ephemeral_storage_mb: of.count("ephemeral_storage"),
            env_vars: of.text_map("env_vars"),
            user_tags: of.text_map("user_tags"),
            vpc: of.value("vpc").map(|vpc| Vpc {
                subnets: texts(vpc.get("subnets")),
                security_groups: texts(vpc.get("security_groups")),
            }),
            efs: of.value("efs").and_then(Value::as_array).into_iter().flatten().map(EfsMount::read).collect(),
            namespace: of.optional("namespace"),
            bootstrap: of.optional("bootstrap").map(Into::into),
        }
    }
}

impl EfsMount {
    fn read(value: &Value) -> EfsMount {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        EfsMount { access_point: text("access_point"), mount_path: text("mount_path") }
    }
}

impl AwsS3 {
    pub(super) fn read(values: &Values) -> AwsS3 {
        let of = Reader { values, section: "aws_s3" };
        AwsS3 {
            region: of.optional("region_name").or_else(|| of.optional("region")).or_else(|| Aws::read(values).region),
            storage_bucket: of.optional("storage_bucket"),
            endpoint_url: of.optional("endpoint_url"),
        }
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(String::from).collect()
}
