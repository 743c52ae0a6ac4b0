//! What can go wrong with a deployment, and what AWS's refusals mean here.

use std::error::Error;
use std::path::PathBuf;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::bootstrap::BootstrapError;
use crate::aws::{AwsError, AwsErrorKind};
use crate::storage::StorageError;

/// Why the function cannot be had. Reads after "failed to".
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// A request to AWS failed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The executable does not run on AWS Lambda.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// A zip that is too large for a request could not be put into the bucket.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The executable cannot be read, or its zip not be made.
    #[error("pack {} for AWS Lambda: {reason}", path.display())]
    Package { path: PathBuf, reason: String },
    /// A key of the configuration that deploying needs is not set.
    #[error("deploy a function: {0}")]
    Setting(String),
    /// AWS accepted the function and then could not make it work.
    #[error("make the function {name} ready: {reason}")]
    Unusable { name: String, reason: String },
}

impl DeployError {
    /// The kind, where AWS refused something.
    pub fn aws_kind(&self) -> Option<AwsErrorKind> {
        match self {
            DeployError::Aws(error) => Some(error.kind()),
            _ => None,
        }
    }
}

/// For rooms that carry errors as text.
impl From<DeployError> for String {
    fn from(error: DeployError) -> String {
        error.to_string()
    }
}

/// What to make of a refused control call.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Passes by itself: a new role or policy is not known everywhere yet, or EC2 is busy.
    NotYet(AwsError),
    /// Somebody else is changing the same function, or has made it meanwhile.
    Conflict,
    /// There is no such function (any more).
    NoFunction,
    Final(AwsError),
}

/// What AWS says while a role is too new, in lower case. (Lambda answers with `InvalidParameterValueException` for all of
/// them, and IAM's changes take up to a minute to be known everywhere.)
const NOT_YET: &[&str] = &[
    "cannot be assumed by lambda",
    "the provided execution role does not have permissions",
    "throttled by ec2",
    "kms key is invalid for creategrant",
];

/// What AWS says, in lower case, and what to do about it.
const REMEDIES: &[(&str, AwsErrorKind, &str)] = &[
    (
        "cannot be assumed by lambda",
        AwsErrorKind::AccessDenied,
        "check that the role of `aws_lambda.execution_role` exists, and that its trust policy lets lambda.amazonaws.com \
         assume it (`lithops-lua aws policy` prints one)",
    ),
    (
        "cross-account pass role",
        AwsErrorKind::AccessDenied,
        "`aws_lambda.execution_role` is a role of another account than the credentials: use a role of the same account",
    ),
    (
        "execution role does not have permissions",
        AwsErrorKind::AccessDenied,
        "give the role of `aws_lambda.execution_role` that permission (`lithops-lua aws policy` lists all it needs)",
    ),
    (
        "source image",
        AwsErrorKind::NotFound,
        "check `aws_lambda.runtime`, or make the image with `lithops-lua runtime build NAME`",
    ),
    (
        "permission to access the ecr image",
        AwsErrorKind::AccessDenied,
        "let AWS Lambda read the repository (ecr:BatchGetImage, ecr:GetDownloadUrlForLayer), in the function's own region",
    ),
    (
        "media type for the source image is not supported",
        AwsErrorKind::Other,
        "make the image with `lithops-lua runtime build NAME`",
    ),
    ("subnet", AwsErrorKind::NotFound, "check `aws_lambda.vpc.subnets`: they must exist in the function's region"),
    (
        "security group",
        AwsErrorKind::NotFound,
        "check `aws_lambda.vpc.security_groups`: they must exist in the network of the subnets",
    ),
    ("securitygroup", AwsErrorKind::NotFound, "check `aws_lambda.vpc.security_groups`"),
    ("access point", AwsErrorKind::NotFound, "check `aws_lambda.efs`: it must exist in the function's region"),
    ("reserved keys", AwsErrorKind::Other, "remove them from `aws_lambda.env_vars`"),
    ("4kb limit", AwsErrorKind::TooLarge, "`aws_lambda.env_vars` may hold 4 KB: put large values into storage"),
    (
        "'memorysize' value failed",
        AwsErrorKind::Other,
        "the account allows less memory: lower `runtime_memory`, or ask AWS for a higher quota",
    ),
    (
        "unzipped size must be smaller",
        AwsErrorKind::TooLarge,
        "the bootstrap may have 250 MB: strip it, or use a container image (`lithops-lua runtime build NAME`)",
    ),
];

/// Sorts a failed control call.
pub(super) fn sort<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let general = || AwsError::of(action, error);
    let SdkError::ServiceError(service) = error else { return Refusal::Final(general()) };
    let code = service.err().code().unwrap_or_default();
    let message = service.err().message().unwrap_or_default();
    let lower = message.to_lowercase();
    match code {
        "ResourceConflictException" => return Refusal::Conflict,
        "ResourceNotFoundException" if lower.contains("function not found") || lower.contains(":function:") => {
            return Refusal::NoFunction;
        }
        "CodeStorageExceededException" => {
            let remedy = "the account's storage for functions is full: delete some, with `lithops-lua runtime delete`";
            return Refusal::Final(AwsError::new(AwsErrorKind::TooLarge, action, remedy));
        }
        "RequestEntityTooLargeException" | "RequestTooLargeException" => {
            let remedy = "the bootstrap is too large: strip it (`strip`), or set `lithops.storage` to `aws_s3`";
            return Refusal::Final(AwsError::new(AwsErrorKind::TooLarge, action, remedy));
        }
        _ => {}
    }
    // Of other refusals the general explanation knows more: no permission, no credentials.
    if !matches!(code, "InvalidParameterValueException" | "ValidationException" | "AccessDeniedException") {
        return Refusal::Final(general());
    }
    let known = REMEDIES.iter().find(|(words, _, _)| lower.contains(words) && !lower.contains("not authorized to"));
    let explained = match known {
        Some((_, kind, remedy)) => {
            AwsError::new(*kind, action, format!("{}; {remedy}", message.trim().trim_end_matches('.')))
        }
        None => general(),
    };
    if NOT_YET.iter().any(|words| lower.contains(words)) {
        return Refusal::NotYet(explained);
    }
    Refusal::Final(explained)
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::operation::create_function::CreateFunctionError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> Refusal {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        sort("create the function x", &SdkError::service_error(CreateFunctionError::generic(metadata), answer))
    }

    #[track_caller]
    fn told(refusal: Refusal) -> String {
        match refusal {
            Refusal::NotYet(error) | Refusal::Final(error) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    const INVALID: &str = "InvalidParameterValueException";

    #[test]
    fn what_passes_by_itself_and_what_does_not() {
        let not_yet = "The role defined for the function cannot be assumed by Lambda.";
        assert!(matches!(refusal(400, INVALID, not_yet), Refusal::NotYet(_)));
        let network = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2";
        assert!(matches!(refusal(400, INVALID, network), Refusal::NotYet(_)));
        assert!(matches!(refusal(400, INVALID, "Something else"), Refusal::Final(_)));
        assert!(matches!(refusal(409, "ResourceConflictException", "Function already exist: x"), Refusal::Conflict));
        let gone = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:x";
        assert!(matches!(refusal(404, "ResourceNotFoundException", gone), Refusal::NoFunction));
        // Something that the function needs is not there.
        assert!(matches!(refusal(404, "ResourceNotFoundException", "The layer does not exist"), Refusal::Final(_)));
    }

    #[test]
    fn remedies() {
        let role = told(refusal(400, INVALID, "The role defined for the function cannot be assumed by Lambda."));
        assert!(role.contains("exists, and that its trust policy lets lambda.amazonaws.com assume it"), "{role}");
        let full = told(refusal(400, "CodeStorageExceededException", "Code storage limit exceeded."));
        assert!(full.contains("lithops-lua runtime delete"), "{full}");
        let large = told(refusal(413, "RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes"));
        assert!(large.contains("too large"), "{large}");
        let unpacked = told(refusal(400, INVALID, "Unzipped size must be smaller than 262144000 bytes"));
        assert!(unpacked.contains("250 MB") && unpacked.contains("runtime build"), "{unpacked}");
        let reserved = "Lambda was unable to configure your environment variables because the environment variables you \
                        have provided contains reserved keys that are currently not supported for modification.";
        assert!(told(refusal(400, INVALID, reserved)).contains("remove them from `aws_lambda.env_vars`"));
        let subnet = "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The \
                      subnet ID 'subnet-0a1b2c3d' does not exist";
        assert!(told(refusal(400, INVALID, subnet)).contains("check `aws_lambda.vpc.subnets`"));
        let group = "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: \
                     The security group 'sg-0a1b2c3d' does not exist";
        assert!(told(refusal(400, INVALID, group)).contains("check `aws_lambda.vpc.security_groups`"));
    }

    #[test]
    fn a_permission_that_is_missing_is_not_mistaken_for_what_it_is_about() {
        let said = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: ec2:DescribeSubnets";
        let told = told(refusal(403, "AccessDeniedException", said));
        assert!(told.contains("access denied") && !told.contains("vpc.subnets"), "{told}");
    }
}
