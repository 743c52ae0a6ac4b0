//! An account with clients for its services.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::OnceCell;

use super::error::{AwsError, AwsErrorKind, Failed};
use crate::config::{Aws, Config};

/// Idle connections that are kept: as many as invocations may be in flight by default.
const MAX_IDLE_CONNECTIONS: usize = 1024;
/// A server on the other side of the world answers a handshake in less than 0.5 s; packets get lost.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The account that a configuration names, in one region. Cheap to clone; its connections are shared.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    aws: Aws,
    region: Option<String>,
    sdk: SdkConfig,
    lambda: aws_sdk_lambda::Client,
    id: OnceCell<String>,
}

/// The accounts of this process, so that all executors share connections and credentials.
static ACCOUNTS: Mutex<Vec<Account>> = Mutex::new(Vec::new());

impl Account {
    /// The account with its functions' region. Nothing is asked of AWS; credentials are looked for at first use.
    ///
    /// # Errors
    /// Where neither the configuration nor the environment names a region.
    pub async fn open(config: &Config) -> Result<Account, AwsError> {
        Self::in_region(&config.aws, config.aws_lambda.region.as_deref()).await
    }

    /// The account in another region; `None`: that of the environment or the profile.
    ///
    /// # Errors
    /// Where nobody names a region.
    pub async fn in_region(aws: &Aws, region: Option<&str>) -> Result<Account, AwsError> {
        let known = |account: &&Account| account.0.aws == *aws && account.0.region.as_deref() == region;
        if let Some(account) = accounts().iter().find(known) {
            return Ok(account.clone());
        }
        let sdk = load(aws, region).await;
        if sdk.region().is_none() {
            return Err(AwsError::new(
                AwsErrorKind::Region,
                "choose an AWS region",
                "neither the configuration nor the environment names one: set `aws.region`, or AWS_REGION",
            ));
        }
        let account = Account::with(aws.clone(), region.map(str::to_owned), sdk);
        accounts().push(account.clone());
        Ok(account)
    }

    /// An account whose services are all at this address.
    #[cfg(test)]
    pub(crate) fn at(url: &str) -> Account {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "tests")))
            .http_client(http_client())
            .build();
        Account::with(Aws::default(), None, sdk)
    }

    fn with(aws: Aws, region: Option<String>, sdk: SdkConfig) -> Account {
        // An invocation that may have run must not be repeated by anybody who does not know what it did.
        let lambda_config = aws_sdk_lambda::config::Builder::from(&sdk)
            .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
            .stalled_stream_protection(aws_sdk_lambda::config::StalledStreamProtectionConfig::disabled())
            .build();
        let lambda = aws_sdk_lambda::Client::from_conf(lambda_config);
        Account(Arc::new(Inner { aws, region, lambda, sdk, id: OnceCell::new() }))
    }

    /// What clients of further services are made from.
    pub fn sdk(&self) -> &SdkConfig {
        &self.0.sdk
    }

    /// The client for functions and invocations. It never retries by itself.
    pub fn lambda(&self) -> &aws_sdk_lambda::Client {
        &self.0.lambda
    }

    /// The region.
    pub fn region(&self) -> &str {
        self.0.sdk.region().map_or("", Region::as_ref)
    }

    /// What to do about a failure of this kind, where the region matters; to be put behind its message.
    pub fn remedy(&self, kind: AwsErrorKind) -> String {
        match kind {
            AwsErrorKind::Connection => {
                format!("; check the network, and that there is a region `{}`", self.region())
            }
            _ => String::new(),
        }
    }

    /// The twelve digits: as configured, or as STS says, which is asked once.
    ///
    /// # Errors
    /// Where STS cannot be asked: no credentials, for example.
    pub async fn id(&self) -> Result<&str, AwsError> {
        let id = self.0.id.get_or_try_init(|| async {
            if let Some(id) = &self.0.aws.account_id {
                return Ok(id.clone());
            }
            let sts = aws_sdk_sts::Client::new(&self.0.sdk);
            let action = "ask STS for the account";
            let identity = sts.get_caller_identity().send().await.failed(action)?;
            identity.account.ok_or_else(|| AwsError::new(AwsErrorKind::Other, action, "it named none"))
        });
        id.await.map(String::as_str)
    }
}

fn accounts() -> std::sync::MutexGuard<'static, Vec<Account>> {
    ACCOUNTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

async fn load(aws: &Aws, region: Option<&str>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build());
    if let Some(region) = region.or(aws.region.as_deref()) {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(profile) = &aws.profile {
        loader = loader.profile_name(profile);
    }
    if let Some((id, secret)) = &aws.access_key {
        let token = aws.session_token.clone();
        loader = loader.credentials_provider(Credentials::new(id, secret, token, None, "configuration"));
    }
    let sdk = loader.load().await;
    match &aws.profile {
        Some(profile) if aws.access_key.is_none() => {
            let provider = NamedProfile::new(profile, sdk.region().cloned());
            sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
        }
        _ => sdk,
    }
}

/// The credentials of the profile that the configuration names. As in AWS's own tools, nothing else is looked at then:
/// whoever names a profile does not mean the account of other keys in the environment.
#[derive(Debug)]
struct NamedProfile {
    name: String,
    profile: ProfileFileCredentialsProvider,
}

impl NamedProfile {
    fn new(name: &str, region: Option<Region>) -> NamedProfile {
        let config = ProviderConfig::default().with_region(region).with_http_client(http_client());
        let profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
        NamedProfile { name: name.to_owned(), profile }
    }

    async fn find(&self) -> provider::Result {
        self.profile.provide_credentials().await.map_err(|error| match error {
            CredentialsError::CredentialsNotLoaded(_) => CredentialsError::invalid_configuration(format!(
                "the profile `{}` of `aws.profile` is not in the AWS configuration files, or has no credentials; `aws \
                 configure list-profiles` prints those that are there",
                self.name
            )),
            error => error,
        })
    }
}

impl ProvideCredentials for NamedProfile {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        provider::future::ProvideCredentials::new(self.find())
    }
}

/// One pool of connections for all services.
fn http_client() -> SharedHttpClient {
    static CLIENT: std::sync::OnceLock<SharedHttpClient> = std::sync::OnceLock::new();
    let make = || {
        aws_smithy_http_client::Builder::new()
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https()
    };
    CLIENT.get_or_init(make).clone()
}
