//! What a function has to be, its name, and how an existing one differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_lambda::types::{FunctionConfiguration, Runtime};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::DeployError;
use crate::config::{Architecture, Config};

/// In front of the names of all our functions.
pub const NAME_PREFIX: &str = "lithops-lua-";
/// AWS Lambda's limit.
const LONGEST_NAME: usize = 64;
/// Hexadecimal digits of the hash in a name: enough that nobody meets two configurations with the same.
const HASH_DIGITS: usize = 12;
/// What AWS gives a function that asks for nothing.
const DEFAULT_EPHEMERAL_STORAGE_MB: i32 = 512;
/// What `provided.al2023` starts. The name means something to us only.
pub(super) const HANDLER: &str = "bootstrap";

/// What a function has to be. Has no `Debug`: variables of the environment are nobody else's business.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(super) struct FunctionSettings {
    pub namespace: Option<String>,
    pub code: Code,
    pub role: String,
    pub memory_mb: u32,
    pub timeout_s: u32,
    pub ephemeral_storage_mb: u32,
    architecture: &'static str,
    pub environment: BTreeMap<String, String>,
    /// Those of the user.
    pub tags: BTreeMap<String, String>,
    pub subnets: BTreeSet<String>,
    pub security_groups: BTreeSet<String>,
    /// Mount path and ARN of the access point.
    pub file_systems: BTreeMap<String, String>,
}

/// What a function runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Code {
    /// A zip with this hash, in base64.
    Zip { sha256: String },
    /// A container image, by its whole URI.
    Image { uri: String },
}

/// A part of the settings that AWS updates with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Role,
    Memory,
    Timeout,
    EphemeralStorage,
    Environment,
    Network,
    FileSystems,
    Runtime,
}

impl Setting {
    pub(super) const ALL: [Setting; 8] = [
        Setting::Role,
        Setting::Memory,
        Setting::Timeout,
        Setting::EphemeralStorage,
        Setting::Environment,
        Setting::Network,
        Setting::FileSystems,
        Setting::Runtime,
    ];
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Setting::Role => "role",
            Setting::Memory => "memory",
            Setting::Timeout => "timeout",
            Setting::EphemeralStorage => "ephemeral storage",
            Setting::Environment => "environment",
            Setting::Network => "network",
            Setting::FileSystems => "file systems",
            Setting::Runtime => "runtime",
        })
    }
}

impl FunctionSettings {
    /// The settings that `config` asks for, with another memory.
    ///
    /// # Errors
    /// Where there is no role.
    pub fn new(config: &Config, memory_mb: u32, code: Code) -> Result<FunctionSettings, DeployError> {
        let section = &config.aws_lambda;
        let vpc = section.vpc.as_ref();
        let set = |of: fn(&crate::config::Vpc) -> &Vec<String>| vpc.into_iter().flat_map(of).cloned().collect();
        Ok(FunctionSettings {
            namespace: section.namespace.clone(),
            code,
            role: role(config)?.to_owned(),
            memory_mb,
            timeout_s: u32::try_from(section.runtime_timeout.as_secs()).unwrap_or(u32::MAX),
            ephemeral_storage_mb: section.ephemeral_storage_mb,
            architecture: section.architecture.name(),
            environment: section.env_vars.clone(),
            tags: section.user_tags.clone(),
            subnets: set(|vpc| &vpc.subnets),
            security_groups: set(|vpc| &vpc.security_groups),
            file_systems: section
                .efs
                .iter()
                .map(|mount| (mount.mount_path.clone(), mount.access_point.clone()))
                .collect(),
        })
    }

    /// The function's name. Whatever matters is in it, by a hash, so two configurations never share a function.
    pub fn name(&self) -> String {
        // Serializing texts and numbers cannot fail.
        let all = serde_json::to_vec(self).unwrap_or_default();
        let version = name_version(env!("CARGO_PKG_VERSION"));
        let hash: String =
            Sha256::digest(&all).iter().map(|byte| format!("{byte:02x}")).take(HASH_DIGITS / 2).collect();
        let tail = format!("{version}-{}mb-{}-{hash}", self.memory_mb, self.architecture);
        let room = LONGEST_NAME - NAME_PREFIX.len() - tail.len() - 1;
        match &self.namespace {
            // Letters, digits, `-` and `_`, as names have them.
            Some(namespace) => format!("{NAME_PREFIX}{}-{tail}", namespace.get(..room).unwrap_or(namespace)),
            None => format!("{NAME_PREFIX}{tail}"),
        }
    }

    pub fn architecture(&self) -> aws_sdk_lambda::types::Architecture {
        self.architecture.into()
    }

    /// Whether the function runs something else, or for another processor.
    pub fn code_differs(&self, found: &FunctionConfiguration, image_uri: Option<&str>) -> bool {
        // A function that says nothing about its processor was made before there was a choice.
        let architecture = found.architectures().first().map_or(Architecture::X86_64.name(), |found| found.as_str());
        let same = match &self.code {
            Code::Zip { sha256 } => found.code_sha256.as_deref() == Some(sha256),
            Code::Image { uri } => image_uri == Some(uri),
        };
        !same || architecture != self.architecture
    }

    /// What of the configuration differs.
    pub fn differences(&self, found: &FunctionConfiguration) -> Vec<Setting> {
        Setting::ALL.into_iter().filter(|setting| self.differs(*setting, found)).collect()
    }

    fn differs(&self, setting: Setting, found: &FunctionConfiguration) -> bool {
        let number = |wanted: u32| i32::try_from(wanted).ok();
        match setting {
            Setting::Role => found.role.as_ref() != Some(&self.role),
            Setting::Memory => found.memory_size != number(self.memory_mb),
            Setting::Timeout => found.timeout != number(self.timeout_s),
            Setting::EphemeralStorage => {
                let size = found.ephemeral_storage().map_or(DEFAULT_EPHEMERAL_STORAGE_MB, |storage| storage.size);
                Some(size) != number(self.ephemeral_storage_mb)
            }
            Setting::Environment => match found.environment() {
                // Encrypted with a key that we must not use: nothing can be compared.
                Some(environment) if environment.error.is_some() => false,
                Some(environment) => {
                    let variables = environment.variables().into_iter().flatten();
                    variables.collect::<BTreeMap<_, _>>() != self.environment.iter().collect()
                }
                None => !self.environment.is_empty(),
            },
            Setting::Network => {
                let vpc = found.vpc_config();
                let subnets: BTreeSet<String> = vpc.iter().flat_map(|vpc| vpc.subnet_ids()).cloned().collect();
                let groups: BTreeSet<String> = vpc.iter().flat_map(|vpc| vpc.security_group_ids()).cloned().collect();
                subnets != self.subnets || groups != self.security_groups
            }
            Setting::FileSystems => {
                let mounts = found.file_system_configs().iter();
                let mounts: BTreeMap<_, _> = mounts.map(|mount| (&mount.local_mount_path, &mount.arn)).collect();
                mounts != self.file_systems.iter().collect()
            }
            Setting::Runtime => {
                matches!(self.code, Code::Zip { .. })
                    && (found.runtime != Some(Runtime::Providedal2023) || found.handler.as_deref() != Some(HANDLER))
            }
        }
    }
}

/// The role that the functions run as.
pub(super) fn role(config: &Config) -> Result<&str, DeployError> {
    let role = config.aws_lambda.execution_role.as_deref();
    role.ok_or_else(|| {
        DeployError::Setting(
            "there is no role for it: set `aws_lambda.execution_role` to the ARN of a role that AWS Lambda may assume \
             (`lithops-lua aws policy` prints what it needs)"
                .into(),
        )
    })
}

/// A version without dashes and dots.
fn name_version(version: &str) -> String {
    let mut text = String::from("v");
    text.extend(version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
    text
}

/// The names of all functions of a namespace, or of all there are, with `*` for what differs: for policies.
pub fn name_pattern(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("{NAME_PREFIX}{namespace}-*"),
        None => format!("{NAME_PREFIX}*"),
    }
}

/// What a function's name says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameParts {
    /// Perhaps cut: names have little room.
    pub namespace: Option<String>,
    pub version: String,
    pub memory_mb: u32,
    pub architecture: String,
}

/// Reads the name of one of our functions; `None` where it is not one.
pub fn parse_name(name: &str) -> Option<NameParts> {
    let mut parts = name.strip_prefix(NAME_PREFIX)?.rsplitn(5, '-');
    let hash = parts.next()?;
    let architecture = parts.next()?;
    let memory_mb = parts.next()?.strip_suffix("mb")?.parse().ok()?;
    let version = parts.next()?.strip_prefix('v')?.replace('_', ".");
    let hash_ok = hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let architecture_ok = [Architecture::X86_64, Architecture::Arm64].iter().any(|known| known.name() == architecture);
    (hash_ok && architecture_ok && version.starts_with(|c: char| c.is_ascii_digit())).then(|| NameParts {
        namespace: parts.next().map(str::to_owned),
        version,
        memory_mb,
        architecture: architecture.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{Request, load};

    const ROLE: &str = "arn:aws:iam::123456789012:role/lithops";

    fn base() -> Value {
        json!({"aws": {"region": "eu-west-1"}, "aws_lambda": {"execution_role": ROLE}})
    }

    fn settings(table: Value, memory_mb: u32, code: Code) -> FunctionSettings {
        let config = load(Request { table: Some(table), ..Request::default() }).unwrap();
        FunctionSettings::new(&config, memory_mb, code).unwrap_or_else(|error| panic!("{error}"))
    }

    fn zip(sha256: &str) -> Code {
        Code::Zip { sha256: sha256.into() }
    }

    /// Settings that each differ from the base in one thing.
    fn variations() -> Vec<FunctionSettings> {
        let network = json!({"subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"], "security_groups": ["sg-0a1b2c3d"]});
        let mut all: Vec<_> = [
            ("execution_role", json!("arn:aws:iam::123456789012:role/other")),
            ("runtime_timeout", json!(60)),
            ("ephemeral_storage", json!(1024)),
            ("architecture", json!("arm64")),
            ("env_vars", json!({"COLOUR": "blue"})),
            ("env_vars", json!({"COLOUR": "red"})),
            ("user_tags", json!({"team": "blue"})),
            ("vpc", network.clone()),
            ("vpc", json!({"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]})),
            ("vpc", json!({"subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"], "security_groups": ["sg-0a1b2c3e"]})),
            ("namespace", json!("blue")),
        ]
        .into_iter()
        .map(|(key, value)| {
            let mut table = base();
            table["aws_lambda"][key] = value;
            settings(table, 256, zip("hash"))
        })
        .collect();
        let mut table = base();
        table["aws_lambda"]["vpc"] = network;
        let point = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0";
        table["aws_lambda"]["efs"] = json!([{"access_point": point, "mount_path": "/mnt/data"}]);
        all.push(settings(table, 256, zip("hash")));
        all.push(settings(base(), 512, zip("hash")));
        all.push(settings(base(), 256, zip("other hash")));
        all.push(settings(base(), 256, Code::Image { uri: "hash".into() }));
        all
    }

    #[test]
    fn any_one_setting_changes_the_name() {
        let mut names: Vec<_> = variations().iter().map(FunctionSettings::name).collect();
        names.push(settings(base(), 256, zip("hash")).name());
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{names:#?}");
    }

    #[test]
    fn the_order_in_which_things_are_listed_does_not_matter() {
        let name = |subnets: Value| {
            let mut table = base();
            table["aws_lambda"]["vpc"] = json!({"subnets": subnets, "security_groups": ["sg-0a1b2c3d"]});
            settings(table, 256, zip("hash")).name()
        };
        assert_eq!(
            name(json!(["subnet-0a1b2c3d", "subnet-0a1b2c3e"])),
            name(json!(["subnet-0a1b2c3e", "subnet-0a1b2c3d"]))
        );
    }

    #[test]
    fn names_are_readable_and_short_enough() {
        let plain = settings(base(), 256, zip("hash"));
        assert_eq!(plain.name(), settings(base(), 256, zip("hash")).name());
        let parts = parse_name(&plain.name()).unwrap();
        assert_eq!(parts.version, env!("CARGO_PKG_VERSION"));
        assert_eq!((parts.namespace, parts.memory_mb, parts.architecture.as_str()), (None, 256, "x86_64"));
        for namespace in ["blue", "a-b_c-1", &"long".repeat(4)] {
            let mut table = base();
            table["aws_lambda"]["namespace"] = json!(namespace);
            let name = settings(table, 10_240, zip("hash")).name();
            assert!(name.len() <= 64 && name.starts_with("lithops-lua-"), "{name}");
            let parts = parse_name(&name).unwrap();
            assert!(parts.namespace.is_some_and(|found| namespace.starts_with(&found) && found.len() > 3), "{name}");
        }
    }

    #[test]
    fn names_of_others_are_not_ours() {
        let ours = settings(base(), 256, zip("hash")).name();
        assert!(parse_name(&ours).is_some());
        for other in ["", "lithops-lua-", "lithops-lua-thumbnails", &ours[1..], &ours[..ours.len() - 1]] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn a_role_is_needed() {
        let config = load(Request { table: Some(json!({})), ..Request::default() }).unwrap();
        let said = FunctionSettings::new(&config, 256, zip("hash")).err().unwrap().to_string();
        assert!(said.contains("set `aws_lambda.execution_role`"), "{said}");
    }
}
