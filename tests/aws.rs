//! Jobs on AWS Lambda and S3, end to end: the real binary deploys itself to an emulated AWS, which runs it as the function.

#[path = "support/emulator/mod.rs"]
#[allow(dead_code)]
mod emulator;

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code)]
mod jobs;

#[path = "support/aws.rs"]
mod aws;

/// What a script sees: the same as on its own machine.
#[path = "aws/basics.rs"]
mod basics;
/// Keys of the configuration that change what is asked of AWS.
#[path = "aws/configuration.rs"]
mod configuration;
/// Where the user's credentials come from.
#[path = "aws/credentials.rs"]
mod credentials;
/// Datasets, whose stages meet in S3.
#[path = "aws/datasets.rs"]
mod datasets;
/// Functions that end badly, and functions that AWS does not run.
#[path = "aws/failures.rs"]
mod failures;
/// Faults of all kinds in the middle of a large job.
#[path = "aws/faults.rs"]
mod faults;
/// `lithops-lua hello`.
#[path = "aws/hello.rs"]
mod hello;
/// Values that are too large for a request or an answer.
#[path = "aws/large.rs"]
mod large;
/// Jobs in jobs, and several calls at a time in one function instance.
#[path = "aws/nesting.rs"]
mod nesting;
/// Answers through storage, and invocations that a function starts for the driver.
#[path = "aws/objects.rs"]
mod objects;
/// What `aws policy` prints is enough for all that is asked of AWS, and not more.
#[path = "aws/policies.rs"]
mod policies;
/// What is written down of jobs on AWS.
#[path = "aws/records.rs"]
mod records;
/// Credentials stay where they belong.
#[path = "aws/secrets.rs"]
mod secrets;
/// Objects through `lithops.storage`, in functions and in the driver.
#[path = "aws/stored_objects.rs"]
mod stored_objects;
/// `lithops-lua test`, with jobs that run there.
#[path = "aws/test_command.rs"]
mod test_command;
