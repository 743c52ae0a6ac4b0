//! The sections for AWS. Numbers are AWS's own limits ("Lambda quotas", and the reference of `CreateFunction`).

use super::{Default, Key, Rule, Values};
use crate::config::names::{check_bucket_name, check_role_arn};

/// Credentials and account.
pub(super) const AWS: &[Key] = &[
    Key::secret(
        "access_key_id",
        "Of the user; absent: environment, profile, SSO, container or instance, as the AWS command line has it.",
    ),
    Key::secret("secret_access_key", "Goes with `access_key_id`."),
    Key::secret("session_token", "Goes with temporary credentials."),
    Key::new(
        "region",
        Rule::Text,
        Default::Absent,
        "The region of functions and bucket; absent: as the environment says.",
    ),
    Key::new("account_id", Rule::Text, Default::Absent, "Twelve digits; absent: AWS is asked."),
    Key::new("profile", Rule::Text, Default::Absent, "The profile of `~/.aws/config` and `~/.aws/credentials`."),
    Key::new("config_profile", Rule::Text, Default::Absent, "The name that Lithops gives to `profile`."),
];

const VPC: &[Key] = &[
    Key::new("subnets", Rule::Texts, Default::Required, "a list of subnet ids, `subnet-…`."),
    Key::new("security_groups", Rule::Texts, Default::Required, "a list of security group ids, `sg-…`."),
];

const EFS: &[Key] = &[
    Key::new("access_point", Rule::Text, Default::Required, "the ARN of an EFS access point."),
    Key::new("mount_path", Rule::Text, Default::Required, "a folder below `/mnt/`."),
];

/// The compute backend.
pub(super) const AWS_LAMBDA: &[Key] = &[
    Key::new("region_name", Rule::Text, Default::Absent, "The region of the functions; absent: `aws.region`."),
    Key::new("region", Rule::Text, Default::Absent, "Another name of `region_name`."),
    Key::new(
        "execution_role",
        Rule::Checked(check_role_arn),
        Default::Absent,
        "The ARN of the role that the functions run as.",
    ),
    Key::new("max_workers", Rule::Whole { min: 1, max: 100_000 }, Default::Whole(1000), "Invocations at a time."),
    Key::new(
        "worker_processes",
        Rule::Whole { min: 1, max: 64 },
        Default::Whole(1),
        "Calls that one function instance runs at a time.",
    ),
    Key::new(
        "runtime",
        Rule::Text,
        Default::Absent,
        "A container image in ECR, by its name or its whole URI; absent: a zip of the bootstrap.",
    ),
    Key::new(
        "runtime_memory",
        Rule::Whole { min: 128, max: 10_240 },
        Default::Whole(256),
        "Megabytes of memory of one function instance.",
    ),
    Key::new(
        "runtime_timeout",
        Rule::Whole { min: 1, max: 900 },
        Default::Whole(180),
        "Seconds that one invocation may take.",
    ),
    Key::new(
        "invoke_pool_threads",
        Rule::Whole { min: 1, max: 10_000 },
        Default::Whole(64),
        "Invocations that are being started at once.",
    ),
    Key::new(
        "remote_invoker",
        Rule::Flag,
        Default::Flag(false),
        "Have one function start all the others, inside the region.",
    ),
    Key::new(
        "architecture",
        Rule::Choice { of: &["x86_64", "arm64"], same: &[("aarch64", "arm64"), ("amd64", "x86_64")] },
        Default::Text("x86_64"),
        "The processor of the functions.",
    ),
    Key::new(
        "ephemeral_storage",
        Rule::Whole { min: 512, max: 10_240 },
        Default::Whole(512),
        "Megabytes of `/tmp` of one function instance.",
    ),
    Key::new("env_vars", Rule::TextMap, Default::Absent, "Environment variables of the functions."),
    Key::new("user_tags", Rule::TextMap, Default::Absent, "Tags of the functions."),
    Key::new("vpc", Rule::Table(VPC), Default::Absent, "The private network of the functions."),
    Key::new("efs", Rule::Tables(EFS), Default::Empty, "File systems of the functions."),
    Key::new("namespace", Rule::Text, Default::Absent, "Part of the functions' names, to tell projects apart."),
    Key::new(
        "bootstrap",
        Rule::Path,
        Default::Absent,
        "The executable that is deployed; absent: this one, if it fits.",
    ),
];

/// The storage backend.
pub(super) const AWS_S3: &[Key] = &[
    Key::new("region_name", Rule::Text, Default::Absent, "The region of the bucket; absent: `aws.region`."),
    Key::new("region", Rule::Text, Default::Absent, "Another name of `region_name`."),
    Key::new(
        "storage_bucket",
        Rule::Checked(check_bucket_name),
        Default::Absent,
        "The bucket used where none is named; absent: one is made, named after account and region.",
    ),
    Key::new("endpoint_url", Rule::Text, Default::Absent, "The address of another server that speaks S3."),
];

pub(super) fn aws_together(_values: &Values) -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(super) fn aws_lambda_together(_values: &Values) -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(super) fn aws_s3_together(_values: &Values) -> Vec<(&'static str, String)> {
    Vec::new()
}
