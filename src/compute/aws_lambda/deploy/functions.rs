//! The control calls, one function each. They are retried by the SDK: repeating one changes nothing that it did not.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Environment, EphemeralStorage, FileSystemConfig, FunctionCode, PackageType, Runtime, VpcConfig,
};

use super::error::{Refusal, sort};
use super::settings::{Code, FunctionSettings, HANDLER, Setting};
use crate::aws::{Account, AwsError};

/// Attempts at a control call that is throttled, or fails on the server's side.
const MOST_ATTEMPTS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// What tells our functions apart from others, and which version made them.
const VERSION_TAG: &str = "lithops-lua";
/// The namespace, whole: names have room for a part of it only.
pub(super) const NAMESPACE_TAG: &str = "lithops-lua:namespace";
/// Set once asynchronous invocations of the function are never repeated.
pub(super) const EVENT_RETRIES_TAG: &str = "lithops-lua:event-retries";

/// Where AWS finds what a function runs.
#[derive(Clone)]
pub(super) enum CodeSource {
    Inline(Vec<u8>),
    Object { bucket: String, key: String },
    Image(String),
}

/// The functions of an account in its region.
pub(super) struct Functions(Client);

impl Functions {
    pub fn of(account: &Account) -> Functions {
        let retries = RetryConfig::standard().with_max_attempts(MOST_ATTEMPTS).with_initial_backoff(FIRST_BACKOFF);
        let config = aws_sdk_lambda::config::Builder::from(account.sdk()).retry_config(retries).build();
        Functions(Client::from_conf(config))
    }

    pub fn client(&self) -> &Client {
        &self.0
    }

    /// The function with its tags; `None` where there is none.
    pub async fn get(&self, name: &str) -> Result<Option<GetFunctionOutput>, AwsError> {
        let action = format!("look at the function {name}");
        match self.0.get_function().function_name(name).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) => match sort(&action, &error) {
                Refusal::NoFunction => Ok(None),
                Refusal::NotYet(error) | Refusal::Final(error) => Err(error),
                Refusal::Conflict => Err(AwsError::of(action, &error)),
            },
        }
    }

    pub async fn create(&self, name: &str, settings: &FunctionSettings, source: CodeSource) -> Result<(), Refusal> {
        let (kind, code) = match source {
            CodeSource::Inline(zip) => (PackageType::Zip, FunctionCode::builder().zip_file(Blob::new(zip))),
            CodeSource::Object { bucket, key } => {
                (PackageType::Zip, FunctionCode::builder().s3_bucket(bucket).s3_key(key))
            }
            CodeSource::Image(uri) => (PackageType::Image, FunctionCode::builder().image_uri(uri)),
        };
        let is_zip = kind == PackageType::Zip;
        let request = self
            .0
            .create_function()
            .function_name(name)
            .description(concat!("lithops-lua ", env!("CARGO_PKG_VERSION")))
            .package_type(kind)
            .code(code.build())
            .set_runtime(is_zip.then_some(Runtime::Providedal2023))
            .set_handler(is_zip.then(|| HANDLER.to_owned()))
            .architectures(settings.architecture())
            .role(&settings.role)
            .memory_size(whole(settings.memory_mb))
            .timeout(whole(settings.timeout_s))
            .set_ephemeral_storage(ephemeral_storage(settings))
            .environment(environment(settings))
            .set_vpc_config((!settings.subnets.is_empty()).then(|| network(settings)))
            .set_file_system_configs((!settings.file_systems.is_empty()).then(|| file_systems(settings)))
            .set_tags(Some(tags(settings)));
        request.send().await.map(drop).map_err(|error| sort(&format!("create the function {name}"), &error))
    }

    pub async fn update_code(
        &self,
        name: &str,
        settings: &FunctionSettings,
        source: CodeSource,
    ) -> Result<(), Refusal> {
        let request = self.0.update_function_code().function_name(name).architectures(settings.architecture());
        let request = match source {
            CodeSource::Inline(zip) => request.zip_file(Blob::new(zip)),
            CodeSource::Object { bucket, key } => request.s3_bucket(bucket).s3_key(key),
            CodeSource::Image(uri) => request.image_uri(uri),
        };
        request.send().await.map(drop).map_err(|error| sort(&format!("update the code of {name}"), &error))
    }

    /// Sets only what is in `parts`.
    pub async fn update_configuration(
        &self,
        name: &str,
        settings: &FunctionSettings,
        parts: &[Setting],
    ) -> Result<(), Refusal> {
        let mut request = self.0.update_function_configuration().function_name(name);
        for part in parts {
            request = match part {
                Setting::Role => request.role(&settings.role),
                Setting::Memory => request.memory_size(whole(settings.memory_mb)),
                Setting::Timeout => request.timeout(whole(settings.timeout_s)),
                Setting::EphemeralStorage => request.set_ephemeral_storage(ephemeral_storage(settings)),
                Setting::Environment => request.environment(environment(settings)),
                Setting::Network => request.vpc_config(network(settings)),
                Setting::FileSystems => request.set_file_system_configs(Some(file_systems(settings))),
                Setting::Runtime if matches!(settings.code, Code::Zip { .. }) => {
                    request.runtime(Runtime::Providedal2023).handler(HANDLER)
                }
                Setting::Runtime => request,
            };
        }
        request.send().await.map(drop).map_err(|error| sort(&format!("update the function {name}"), &error))
    }

    pub async fn tag(&self, arn: &str, tags: &[(String, String)]) -> Result<(), Refusal> {
        let tags = tags.iter().cloned().collect();
        let request = self.0.tag_resource().resource(arn).set_tags(Some(tags));
        request.send().await.map(drop).map_err(|error| sort(&format!("tag the function {arn}"), &error))
    }

    /// Asynchronous invocations are not repeated by AWS: only the driver knows what is to be repeated.
    pub async fn never_repeat_events(&self, name: &str) -> Result<(), Refusal> {
        let request = self.0.put_function_event_invoke_config().function_name(name).maximum_retry_attempts(0);
        let action = format!("turn off repeated events of the function {name}");
        request.send().await.map(drop).map_err(|error| sort(&action, &error))
    }

    pub async fn delete(&self, name: &str) -> Result<(), Refusal> {
        let request = self.0.delete_function().function_name(name);
        request.send().await.map(drop).map_err(|error| sort(&format!("delete the function {name}"), &error))
    }
}

fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn tags(settings: &FunctionSettings) -> HashMap<String, String> {
    let mut tags: HashMap<String, String> = settings.tags.clone().into_iter().collect();
    tags.insert(VERSION_TAG.into(), env!("CARGO_PKG_VERSION").into());
    if let Some(namespace) = &settings.namespace {
        tags.insert(NAMESPACE_TAG.into(), namespace.clone());
    }
    tags
}

/// Building fails only without a size.
fn ephemeral_storage(settings: &FunctionSettings) -> Option<EphemeralStorage> {
    EphemeralStorage::builder().size(whole(settings.ephemeral_storage_mb)).build().ok()
}

fn environment(settings: &FunctionSettings) -> Environment {
    Environment::builder().set_variables(Some(settings.environment.clone().into_iter().collect())).build()
}

/// Empty lists take a function out of its network.
fn network(settings: &FunctionSettings) -> VpcConfig {
    VpcConfig::builder()
        .set_subnet_ids(Some(settings.subnets.iter().cloned().collect()))
        .set_security_group_ids(Some(settings.security_groups.iter().cloned().collect()))
        .build()
}

/// Building fails only without an ARN or a path.
fn file_systems(settings: &FunctionSettings) -> Vec<FileSystemConfig> {
    let mounts = settings.file_systems.iter();
    mounts.filter_map(|(path, arn)| FileSystemConfig::builder().arn(arn).local_mount_path(path).build().ok()).collect()
}
