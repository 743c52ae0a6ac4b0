//! The sections for AWS. Numbers are AWS's own limits ("Lambda quotas", and the reference of `CreateFunction`).

mod together;

use serde_json::{Map, Value};

pub(super) use together::{aws_lambda_together, aws_s3_together, aws_together};

use super::{Broken, Default, Key, Rule, Values, two_names};
use crate::config::aws_forms::{
    check_access_point, check_endpoint, check_image, check_mount_path, check_namespace, check_region, check_role_arn,
    check_security_group, check_subnet, check_tag, check_variable,
};
use crate::config::names::check_bucket_name;
use crate::config::rule::Pairs;

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
        Rule::Checked(check_region),
        Default::Absent,
        "The region of functions and bucket; absent: as the environment says.",
    ),
    Key::new("region_name", Rule::Checked(check_region), Default::Absent, "Another name of `region`."),
    Key::new("account_id", Rule::Digits(12), Default::Absent, "Twelve digits; absent: AWS is asked."),
    Key::new("profile", Rule::Text, Default::Absent, "The profile of `~/.aws/config` and `~/.aws/credentials`."),
    Key::new("config_profile", Rule::Text, Default::Absent, "The name that Lithops gives to `profile`."),
    Key::new("user_id", Rule::Foreign("nothing is named after the user; remove the key"), Default::Absent, ""),
];

const VPC: &[Key] = &[
    Key::new(
        "subnets",
        Rule::TextsOf { item: check_subnet, min: 1, max: 16 },
        Default::Required,
        "a list of subnet ids, `subnet-…`.",
    ),
    Key::new(
        "security_groups",
        Rule::TextsOf { item: check_security_group, min: 1, max: 5 },
        Default::Required,
        "a list of security group ids, `sg-…`.",
    ),
];

const EFS: &[Key] = &[
    Key::new("access_point", Rule::Checked(check_access_point), Default::Required, "the ARN of an EFS access point."),
    Key::new("mount_path", Rule::Checked(check_mount_path), Default::Required, "a folder below `/mnt/`."),
];

/// The most bytes of all environment variables of one function, as JSON.
const VARIABLES_BYTES: usize = 4096;
/// The most tags of one function: 50, less those by which this program knows its functions.
const MOST_TAGS: usize = 48;

const VARIABLES: &Pairs = &Pairs { pair: check_variable, together: check_variables, secret: true };
const TAGS: &Pairs = &Pairs { pair: check_tag, together: check_tags, secret: false };

fn check_variables(variables: &Map<String, Value>) -> Result<(), String> {
    let bytes = Value::Object(variables.clone()).to_string().len();
    if bytes <= VARIABLES_BYTES {
        return Ok(());
    }
    Err(format!(
        "has {bytes} bytes, counted as JSON, but AWS Lambda takes {VARIABLES_BYTES} for one function: put long values into \
         storage, or into the function's arguments"
    ))
}

fn check_tags(tags: &Map<String, Value>) -> Result<(), String> {
    match tags.len() {
        ..=MOST_TAGS => Ok(()),
        count => Err(format!(
            "has {count} tags, but AWS takes 50 for one function, of which 2 are this program's: remove some"
        )),
    }
}

/// The compute backend.
pub(super) const AWS_LAMBDA: &[Key] = &[
    Key::new(
        "region_name",
        Rule::Checked(check_region),
        Default::Absent,
        "The region of the functions; absent: `aws.region`.",
    ),
    Key::new("region", Rule::Checked(check_region), Default::Absent, "Another name of `region_name`."),
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
        Rule::Checked(check_image),
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
    Key::new("env_vars", Rule::Pairs(VARIABLES), Default::Absent, "Environment variables of the functions."),
    Key::new("user_tags", Rule::Pairs(TAGS), Default::Absent, "Tags of the functions."),
    Key::new("vpc", Rule::Table(VPC), Default::Absent, "The private network of the functions."),
    Key::new("efs", Rule::Tables(EFS), Default::Empty, "File systems of the functions."),
    Key::new(
        "namespace",
        Rule::Checked(check_namespace),
        Default::Absent,
        "Part of the functions' names, to tell projects apart.",
    ),
    Key::new(
        "bootstrap",
        Rule::Path,
        Default::Absent,
        "The executable that is deployed; absent: this one, if it fits.",
    ),
    Key::new(
        "runtime_include_function",
        Rule::Foreign("functions travel with their jobs, and large ones go through storage once; remove the key"),
        Default::Absent,
        "",
    ),
    Key::new("user_id", Rule::Foreign("nothing is named after the user; remove the key"), Default::Absent, ""),
];

/// The storage backend.
pub(super) const AWS_S3: &[Key] = &[
    Key::new(
        "region_name",
        Rule::Checked(check_region),
        Default::Absent,
        "The region of the bucket; absent: `aws.region`.",
    ),
    Key::new("region", Rule::Checked(check_region), Default::Absent, "Another name of `region_name`."),
    Key::new(
        "storage_bucket",
        Rule::Checked(check_bucket_name),
        Default::Absent,
        "The bucket used where none is named; absent: one is made, named after account and region.",
    ),
    Key::new(
        "endpoint_url",
        Rule::Checked(check_endpoint),
        Default::Absent,
        "The address of another server that speaks S3.",
    ),
];
