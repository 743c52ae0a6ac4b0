//! `lithops-lua aws template`: what CloudFormation makes of it is the role and the bucket.

use serde::Serialize;
use serde_yaml::{Mapping, Value};

use super::place::{Place, has_bucket, has_functions, region};
use super::statements::Policy;
use crate::config::Config;

/// Days after which parts of uploads that were never finished are removed.
const UNFINISHED_UPLOADS_DAYS: u64 = 1;

/// The template, with how to use it in front. It names no account, so nothing is asked of AWS.
pub fn template(config: &Config) -> String {
    let place = Place::of_stack();
    let (mut resources, mut outputs) = (Mapping::new(), Mapping::new());
    if has_functions(config) {
        resources.insert("ExecutionRole".into(), role(config, &place));
        outputs.insert(
            "ExecutionRoleArn".into(),
            output("The value of `aws_lambda.execution_role`.", "ExecutionRole", true),
        );
    }
    if is_bucket_of_stack(config) {
        resources.insert("Bucket".into(), bucket(config, &place));
        outputs.insert("BucketName".into(), output("The value of `aws_s3.storage_bucket`.", "Bucket", false));
    }
    let document = table([
        ("AWSTemplateFormatVersion", "2010-09-09".into()),
        ("Description", "What lithops-lua needs: the role of its functions, and a private bucket.".into()),
        ("Resources", resources.into()),
        ("Outputs", outputs.into()),
    ]);
    format!("{}{}", introduction(config), yaml(&document))
}

fn introduction(config: &Config) -> String {
    let region = region(config).map(|region| format!(" --region {region}")).unwrap_or_default();
    let elsewhere = if has_bucket(config) && !is_bucket_of_stack(config) {
        "#\n# The bucket is left out: it is in another region than the functions, and so of another stack.\n"
    } else {
        ""
    };
    format!(
        "# With this as template.yaml:\n\
         #   aws cloudformation deploy --stack-name lithops-lua --template-file template.yaml \\\n\
         #     --capabilities CAPABILITY_NAMED_IAM{region}\n\
         #   aws cloudformation describe-stacks --stack-name lithops-lua --query 'Stacks[0].Outputs'{region}\n\
         # The outputs go into the configuration, as `aws_lambda.execution_role` and `aws_s3.storage_bucket`.\n{elsewhere}"
    )
}

/// A stack is in one region, that of the functions.
fn is_bucket_of_stack(config: &Config) -> bool {
    let elsewhere =
        matches!((&config.aws_lambda.region, &config.aws_s3.region), (Some(one), Some(other)) if one != other);
    has_bucket(config) && !(elsewhere && has_functions(config))
}

fn role(config: &Config, place: &Place) -> Value {
    // What is behind `role/`: the name, with its path in front.
    let given = config.aws_lambda.execution_role.as_deref().and_then(|arn| arn.split_once(":role/"));
    let name = given.map_or_else(|| place.made_role(), |(_, name)| name.to_owned());
    let (path, name) = match name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".into(), name),
    };
    let policy =
        table([("PolicyName", "lithops-lua".into()), ("PolicyDocument", document(&Policy::of_role(config, place)))]);
    resource(
        "AWS::IAM::Role",
        table([
            ("RoleName", name.into()),
            ("Path", path.into()),
            ("AssumeRolePolicyDocument", document(&Policy::trust())),
            ("Policies", Value::Sequence(vec![policy])),
        ]),
    )
}

fn bucket(config: &Config, place: &Place) -> Value {
    let closed = [
        ("BlockPublicAcls", true.into()),
        ("BlockPublicPolicy", true.into()),
        ("IgnorePublicAcls", true.into()),
        ("RestrictPublicBuckets", true.into()),
    ];
    let rule = table([
        ("Id", "unfinished-uploads".into()),
        ("Status", "Enabled".into()),
        ("AbortIncompleteMultipartUpload", table([("DaysAfterInitiation", UNFINISHED_UPLOADS_DAYS.into())])),
    ]);
    let Value::Mapping(mut bucket) = resource(
        "AWS::S3::Bucket",
        table([
            ("BucketName", place.bucket(config).into()),
            ("PublicAccessBlockConfiguration", table(closed)),
            ("LifecycleConfiguration", table([("Rules", Value::Sequence(vec![rule]))])),
        ]),
    ) else {
        return Value::Null;
    };
    // The user's data outlives the stack.
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        bucket.insert(policy.into(), "Retain".into());
    }
    bucket.into()
}

fn resource(kind: &str, properties: Value) -> Value {
    table([("Type", kind.into()), ("Properties", substituted(properties))])
}

fn output(description: &str, name: &str, arn: bool) -> Value {
    let value = if arn {
        table([("Fn::GetAtt", Value::Sequence(vec![name.into(), "Arn".into()]))])
    } else {
        table([("Ref", name.into())])
    };
    table([("Description", description.into()), ("Value", value)])
}

/// A mapping in this order.
fn table<const COUNT: usize>(entries: [(&str, Value); COUNT]) -> Value {
    Value::Mapping(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

fn document(policy: &Policy) -> Value {
    serde_yaml::to_value(policy).unwrap_or_default()
}

/// Has CloudFormation put in what `${…}` stands for.
fn substituted(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("${") => table([("Fn::Sub", text.into())]),
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(substituted).collect()),
        Value::Mapping(map) => Value::Mapping(map.into_iter().map(|(key, value)| (key, substituted(value))).collect()),
        other => other,
    }
}

/// Serializing texts, lists and mappings cannot fail. The versions are texts, which older YAML takes for dates.
fn yaml(value: &impl Serialize) -> String {
    let text = serde_yaml::to_string(value).unwrap_or_default();
    text.replace("Version: 2012-10-17\n", "Version: '2012-10-17'\n")
        .replace("Version: 2010-09-09\n", "Version: '2010-09-09'\n")
}
