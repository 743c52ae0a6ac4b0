//! AWS as the rooms that use it see it: the account that a configuration names, with clients for its services, and
//! failures in one sentence each.
//!
//! Credentials, regions, endpoints (`AWS_ENDPOINT_URL*`, too) and signing are the SDK's. What the configuration leaves out
//! is found by the SDK's whole chain: environment, profiles, SSO, container, instance.

mod account;
mod error;
pub(crate) mod http;
mod iam;
mod partition;
mod signed;

pub use account::Account;
pub use error::{AwsError, AwsErrorKind, Failed};
pub use iam::Role;
pub use partition::Partition;
pub use signed::{ECR, JsonService, LOGS};
