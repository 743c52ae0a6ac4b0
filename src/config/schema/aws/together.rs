//! Rules that tie keys of the sections for AWS together.

use serde_json::Value;

use super::{Broken, Values, two_names};
use crate::config::aws_forms::{registry_place, split_arn, split_image};

pub(in super::super) fn aws_together(values: &Values) -> Vec<Broken> {
    let given = |key| values.is_given("aws", key);
    let pair = match (given("access_key_id"), given("secret_access_key")) {
        (true, false) => Some(("aws.access_key_id", lonely("access_key_id", "secret_access_key"))),
        (false, true) => Some(("aws.secret_access_key", lonely("secret_access_key", "access_key_id"))),
        (false, false) if given("session_token") => Some((
            "aws.session_token",
            "`aws.session_token` belongs to temporary credentials: give their `access_key_id` and `secret_access_key` \
             too, or remove it"
                .into(),
        )),
        _ => None,
    };
    let regions = two_names(values, "aws", ["region", "region_name"], "aws.region_name");
    let profiles = two_names(values, "aws", ["profile", "config_profile"], "aws.config_profile");
    pair.into_iter().chain(regions).chain(profiles).collect()
}

fn lonely(given: &str, absent: &str) -> String {
    format!(
        "`aws.{given}` is given without `aws.{absent}`: give both; or neither, to use the credentials of the environment"
    )
}

pub(in super::super) fn aws_lambda_together(values: &Values) -> Vec<Broken> {
    let mut broken: Vec<Broken> =
        two_names(values, "aws_lambda", ["region_name", "region"], "aws_lambda.region").into_iter().collect();
    let text = |section, key| values.get(section, key).and_then(Value::as_str);
    let region = text("aws_lambda", "region_name")
        .or_else(|| text("aws_lambda", "region"))
        .or_else(|| text("aws", "region"))
        .or_else(|| text("aws", "region_name"));

    let role = text("aws_lambda", "execution_role").and_then(split_arn);
    if let (Some([.., of_role, _]), Some(account)) = (role, text("aws", "account_id"))
        && of_role != account
    {
        let message = format!(
            "`aws_lambda.execution_role` is a role of account {of_role}, but `aws.account_id` is {account}: functions run \
             as a role of their own account"
        );
        broken.push(("aws_lambda.execution_role", message));
    }
    let registry = text("aws_lambda", "runtime").and_then(|image| split_image(image).0).and_then(registry_place);
    if let (Some((_, of_image)), Some(region)) = (registry, region)
        && of_image != region
    {
        let message = format!(
            "`aws_lambda.runtime` is an image in {of_image}, but functions are in {region}: push it to the registry there"
        );
        broken.push(("aws_lambda.runtime", message));
    }
    broken.extend(efs(values, region).map(|message| ("aws_lambda.efs", message)));
    broken
}

fn efs(values: &Values, region: Option<&str>) -> Option<String> {
    let mounts = values.get("aws_lambda", "efs").and_then(Value::as_array).filter(|mounts| !mounts.is_empty())?;
    // Lambda API, `FileSystemConfigs`: at most 1 item.
    if mounts.len() > 1 {
        return Some(format!(
            "`aws_lambda.efs` has {} entries, but AWS Lambda mounts one file system in a function: remove all but one",
            mounts.len()
        ));
    }
    if values.get("aws_lambda", "vpc").is_none() {
        return Some(
            "`aws_lambda.efs` needs `aws_lambda.vpc`, with subnets and a security group that reach the file system"
                .into(),
        );
    }
    let arn = mounts.first().and_then(|mount| mount.get("access_point")).and_then(Value::as_str);
    match (arn.and_then(split_arn), region) {
        (Some([_, _, of_mount, ..]), Some(region)) if of_mount != region => Some(format!(
            "`aws_lambda.efs` is a file system in {of_mount}, but functions are in {region}: they reach only those of \
             their region"
        )),
        _ => None,
    }
}

pub(in super::super) fn aws_s3_together(values: &Values) -> Vec<Broken> {
    two_names(values, "aws_s3", ["region_name", "region"], "aws_s3.region").into_iter().collect()
}
