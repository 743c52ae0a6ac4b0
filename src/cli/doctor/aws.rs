//! Region, credentials, role, bucket and function on AWS.

use super::Findings;
use crate::aws::{Account, AwsErrorKind, Failed, Role};
use crate::compute::aws_lambda::deploy;
use crate::config::Config;
use crate::storage::{S3Storage, Storage};

/// Looks at what the configuration needs.
pub async fn look(config: &Config, findings: &mut Findings) {
    let has_functions = config.lithops.backend == "aws_lambda";
    // A bucket on another server needs neither a region nor an account.
    let is_elsewhere = !has_functions && config.aws_s3.endpoint_url.is_some();
    if !is_elsewhere {
        let region = if has_functions { &config.aws_lambda.region } else { &config.aws_s3.region };
        let account = match Account::in_region(&config.aws, region.as_deref()).await {
            Ok(account) => account,
            Err(error) => return findings.failed("region", error.reason()),
        };
        findings.ok("region", account.region());
        // Without credentials nothing else can be asked.
        let Some(id) = look_at_credentials(config, &account, findings).await else { return };
        if has_functions {
            look_at_role(config, &account, &id, findings).await;
            look_at_function(config, &account, findings).await;
        }
    }
    if config.lithops.storage == "aws_s3" {
        look_at_bucket(config, findings).await;
    }
}

/// Gives the account that the credentials belong to, if they do to one.
async fn look_at_credentials(config: &Config, account: &Account, findings: &mut Findings) -> Option<String> {
    const NAME: &str = "credentials";
    let sts = aws_sdk_sts::Client::new(account.sdk());
    let identity = match sts.get_caller_identity().send().await.failed("ask STS who they belong to") {
        Ok(identity) => identity,
        Err(error) => {
            findings.failed(NAME, format!("{}{}", error.reason(), account.remedy(error.kind())));
            return None;
        }
    };
    let id = identity.account.unwrap_or_default();
    let arn = identity.arn.unwrap_or_default();
    match &config.aws.account_id {
        Some(configured) if *configured != id => findings.failed(
            NAME,
            format!(
                "they are of account {id} ({arn}), but `aws.account_id` is {configured}: use credentials of that account, \
                 or remove the key"
            ),
        ),
        _ => findings.ok(NAME, arn),
    }
    Some(id)
}

async fn look_at_role(config: &Config, account: &Account, id: &str, findings: &mut Findings) {
    const NAME: &str = "role";
    const MAKE: &str = "`lithops-lua aws template` describes one for CloudFormation";
    let Some(arn) = config.aws_lambda.execution_role.as_deref() else {
        return findings
            .failed(NAME, format!("`aws_lambda.execution_role` is not set: {MAKE}, and its ARN goes there"));
    };
    if arn.split(':').nth(4).is_some_and(|of| of != id) {
        let fix = format!(
            "{arn} is of another account than the credentials ({id}): set `aws_lambda.execution_role` to one of it"
        );
        return findings.failed(NAME, fix);
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    match Role::get(account, name).await {
        Ok(role) if role.arn != arn => {
            let found = &role.arn;
            findings.failed(NAME, format!("it is {found}, not {arn}: set `aws_lambda.execution_role` to that"));
        }
        Ok(role) if !role.trusts_lambda() => findings.failed(
            NAME,
            format!(
                "AWS Lambda may not run functions as {arn}: give it the trust policy of `lithops-lua aws policy trust`"
            ),
        ),
        Ok(_) => findings.ok(NAME, arn),
        Err(error) if error.kind() == AwsErrorKind::NotFound => {
            findings
                .failed(NAME, format!("there is no role {arn}: make it ({MAKE}), or set `aws_lambda.execution_role`"));
        }
        // Deploying does not need to look at it.
        Err(error) if error.kind() == AwsErrorKind::AccessDenied => findings.unknown(NAME, error.reason()),
        Err(error) => findings.failed(NAME, error.reason()),
    }
}

async fn look_at_function(config: &Config, account: &Account, findings: &mut Findings) {
    const NAME: &str = "function";
    if config.aws_lambda.execution_role.is_none() {
        return findings.unknown(NAME, "it depends on the role");
    }
    match deploy::find(account, config).await {
        Ok(found) => {
            let name = &found.name;
            let reason = found.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            match found.state.as_deref() {
                None => findings.ok(
                    NAME,
                    format!("{name} is not there yet: the first job makes it, or `lithops-lua runtime deploy`"),
                ),
                Some("Failed") => {
                    let fix = "`lithops-lua runtime deploy` makes it anew";
                    findings.failed(NAME, format!("{name} cannot be used{reason}: {fix}"));
                }
                Some(state) => findings.ok(NAME, format!("{name} is {}{reason}", state.to_lowercase())),
            }
        }
        Err(error) => findings.failed(NAME, format!("cannot {error}")),
    }
}

async fn look_at_bucket(config: &Config, findings: &mut Findings) {
    const NAME: &str = "bucket";
    let storage = match S3Storage::open(config).await {
        Ok(storage) => storage,
        Err(error) => return findings.failed(NAME, format!("cannot {error}")),
    };
    let bucket = storage.default_bucket();
    match storage.has_default_bucket().await {
        Ok(true) => findings.ok(NAME, bucket),
        // Their role may use it, and not make it.
        Ok(false) if config.lithops.backend == "aws_lambda" => {
            findings.unknown(
                NAME,
                format!(
                    "{bucket} is not there yet: it is made with the function; where that is there already, \
                     `lithops-lua runtime update` makes it, or the stack of `lithops-lua aws template`"
                ),
            );
        }
        Ok(false) => {
            findings.ok(NAME, format!("{bucket} is not there yet: it is made when something is first put into it"));
        }
        Err(error) => findings.failed(NAME, format!("cannot {error}")),
    }
}
