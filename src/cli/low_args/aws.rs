//! `lithops-lua aws …`.

use clap::{Subcommand, ValueEnum};

pub(super) const EXAMPLES: &str = "\
Examples:
  lithops-lua aws policy user             what IAM has to allow whoever runs pipelines
  lithops-lua --region eu-west-1 aws template > template.yaml";

const POLICY_EXAMPLES: &str = "\
Examples:
  lithops-lua aws policy                  all three
  lithops-lua aws policy role > role.json
  lithops-lua --config aws.yaml aws policy user";

const TEMPLATE_EXAMPLES: &str = "\
Examples:
  lithops-lua --backend aws_lambda --region eu-west-1 aws template > template.yaml

Its first lines say how to use it.";

/// What is printed for AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum AwsCommand {
    /// Print the least IAM policies that the configuration needs, as JSON
    #[command(after_help = POLICY_EXAMPLES)]
    Policy {
        /// Only this one, ready for IAM
        #[arg(value_name = "WHICH", value_enum)]
        of: Option<PolicyOf>,
    },
    /// Print a CloudFormation template of the functions' role and the bucket
    #[command(after_help = TEMPLATE_EXAMPLES)]
    Template,
}

/// Whose policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyOf {
    /// Of the user who runs pipelines
    User,
    /// Of the role that functions run as
    Role,
    /// Who may run as that role
    Trust,
}
