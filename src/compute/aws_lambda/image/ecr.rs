//! Amazon's registries: a repository for the image, and who may push to it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::deploy::ImageName;
use super::credentials::Login;
use crate::aws::{Account, AwsError, AwsErrorKind, ECR};

/// The region in the name of a registry: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
pub(super) fn region(registry: &str) -> Option<&str> {
    registry.split('.').nth(3)
}

/// Makes the repository, unless it is there.
pub(super) async fn make_repository(account: &Account, name: &ImageName) -> Result<(), AwsError> {
    let input = json!({"repositoryName": name.repository, "registryId": owner(name)});
    let action = format!("make the repository {} in ECR", name.repository);
    match ECR.call(account, "CreateRepository", &input, &action).await {
        Err(error) if error.code() != Some("RepositoryAlreadyExistsException") => Err(error),
        _ => Ok(()),
    }
}

/// A user for twelve hours.
pub(super) async fn login(account: &Account, name: &ImageName) -> Result<Login, AwsError> {
    let action = "sign in to ECR";
    let output = ECR.call(account, "GetAuthorizationToken", &json!({"registryIds": [owner(name)]}), action).await?;
    let token = output.pointer("/authorizationData/0/authorizationToken").and_then(Value::as_str);
    let pair = token.and_then(|token| String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((user, password)) => Ok(Login { user: user.into(), password: password.into() }),
        None => Err(AwsError::new(AwsErrorKind::Other, action, "its answer has no token")),
    }
}

/// The account that a registry belongs to.
fn owner(name: &ImageName) -> &str {
    name.registry.split('.').next().unwrap_or_default()
}
