//! What identity policies allow: statements with actions and resources, each with wildcards. Conditions are taken to hold.

use serde_json::Value;

use super::Cloud;
use super::auth::Caller;
use super::failure::Failure;

/// Refuses what a knob denies, or what the caller's policy does not allow. `action` is as IAM spells it,
/// `lambda:InvokeFunction` for example, and `resource` an ARN or `*`.
pub fn authorize(cloud: &Cloud, caller: &Caller, action: &str, resource: &str) -> Result<(), Failure> {
    let knobs = cloud.knobs().clone();
    let policy = if caller.is_function { &knobs.role_policy } else { &knobs.user_policy };
    if !knobs.denied.iter().any(|denied| denied == action)
        && policy.as_ref().is_none_or(|policy| allows(policy, action, resource))
    {
        let who = if caller.is_function { "role" } else { "user" };
        cloud.record().allowed.insert(format!("{who} {action}"));
        return Ok(());
    }
    let arn = &caller.arn;
    let message = format!(
        "User: {arn} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
         allows the {action} action"
    );
    let code = if caller.service == "lambda" { "AccessDeniedException" } else { "AccessDenied" };
    Err(Failure::new(403, code, message))
}

fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    statements.iter().any(|statement| {
        let has = |name: &str, wanted: &str| match &statement[name] {
            Value::Array(patterns) => patterns.iter().filter_map(Value::as_str).any(|pattern| matches(pattern, wanted)),
            pattern => pattern.as_str().is_some_and(|pattern| matches(pattern, wanted)),
        };
        statement["Effect"] == "Allow" && has("Action", action) && has("Resource", resource)
    })
}

/// `*` stands for any characters, also none.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// The action that allows an operation of Lambda.
pub fn lambda_action(operation: &str) -> String {
    let action = if operation == "InvokeWithResponseStream" { "InvokeFunction" } else { operation };
    format!("lambda:{action}")
}

/// The action that allows an operation of S3.
pub fn s3_action(operation: &str) -> String {
    let action = match operation {
        "HeadObject" => "GetObject",
        "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        "DeleteObjects" => "DeleteObject",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "PutPublicAccessBlock" => "PutBucketPublicAccessBlock",
        other => other,
    };
    format!("s3:{action}")
}
