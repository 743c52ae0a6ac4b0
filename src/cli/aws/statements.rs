//! The policies of IAM, statement by statement.
//!
//! Sources: "Actions, resources, and condition keys for AWS services" (Lambda, S3, ECR, CloudWatch Logs), and in the
//! Lambda developer guide "Execution role", "Attaching functions to a VPC" and "Configuring file system access".

use serde::Serialize;
use serde_json::{Value, json};

use super::place::{Place, has_bucket, has_functions};
use crate::config::Config;

/// A policy document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Value::is_null")]
    principal: Value,
    action: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    condition: Value,
}

impl Policy {
    fn new(statement: Vec<Statement>) -> Policy {
        Policy { version: "2012-10-17", statement }
    }

    /// What the user needs who runs pipelines.
    pub fn of_user(config: &Config, place: &Place) -> Policy {
        let mut all = Vec::new();
        if has_functions(config) {
            all.extend(functions_of_user(config, place));
        }
        if has_bucket(config) {
            let actions = ["s3:ListBucket", "s3:CreateBucket", "s3:PutBucketPublicAccessBlock"];
            all.push(allow("Bucket", &actions, vec![place.bucket_arn(config)]));
            all.push(objects(config, place));
        }
        Policy::new(all)
    }

    /// What the functions need: their logs, their data, each other.
    pub fn of_role(config: &Config, place: &Place) -> Policy {
        let logs = place.logs(config);
        let mut all = vec![
            allow(
                "Logs",
                &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                vec![logs.clone(), format!("{logs}:*")],
            ),
            allow("NestedJobs", &["lambda:InvokeFunction"], vec![place.functions(config)]),
        ];
        if has_bucket(config) {
            all.push(allow("Bucket", &["s3:ListBucket"], vec![place.bucket_arn(config)]));
            all.push(objects(config, place));
        }
        if config.aws_lambda.vpc.is_some() {
            // These take no resource.
            let actions = [
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ];
            all.push(allow("Network", &actions, vec!["*".into()]));
        }
        if !config.aws_lambda.efs.is_empty() {
            let points: Vec<_> = config.aws_lambda.efs.iter().map(|mount| mount.access_point.as_str()).collect();
            all.push(Statement {
                condition: json!({"StringEquals": {"elasticfilesystem:AccessPointArn": points}}),
                ..allow(
                    "FileSystem",
                    &["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                    vec![place.arn("elasticfilesystem", "file-system/*")],
                )
            });
        }
        Policy::new(all)
    }

    /// Who may run as the role: AWS Lambda.
    pub fn trust() -> Policy {
        Policy::new(vec![Statement {
            principal: json!({"Service": "lambda.amazonaws.com"}),
            ..allow("Lambda", &["sts:AssumeRole"], Vec::new())
        }])
    }
}

fn allow(sid: &'static str, action: &[&'static str], resource: Vec<String>) -> Statement {
    Statement {
        sid,
        effect: "Allow",
        principal: Value::Null,
        action: action.to_vec(),
        resource,
        condition: Value::Null,
    }
}

fn objects(config: &Config, place: &Place) -> Statement {
    let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
    allow("Objects", &actions, vec![format!("{}/*", place.bucket_arn(config))])
}

fn functions_of_user(config: &Config, place: &Place) -> Vec<Statement> {
    let role = place.role(config);
    let mut all = vec![
        allow(
            "Functions",
            &[
                "lambda:CreateFunction",
                "lambda:DeleteFunction",
                "lambda:GetFunction",
                "lambda:GetFunctionConfiguration",
                "lambda:InvokeFunction",
                "lambda:ListTags",
                "lambda:PutFunctionEventInvokeConfig",
                "lambda:TagResource",
                "lambda:UpdateFunctionCode",
                "lambda:UpdateFunctionConfiguration",
            ],
            vec![place.functions(config)],
        ),
        // It takes no resource.
        allow("ListFunctions", &["lambda:ListFunctions"], vec!["*".into()]),
        allow("LookAtRole", &["iam:GetRole"], vec![role.clone()]),
        Statement {
            condition: json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
            ..allow("PassRole", &["iam:PassRole"], vec![role])
        },
        allow("DeleteLogs", &["logs:DeleteLogGroup"], vec![place.logs(config), format!("{}:*", place.logs(config))]),
    ];
    if let Some(repository) = place.repository(config) {
        // It takes no resource.
        all.push(allow("ImageLogin", &["ecr:GetAuthorizationToken"], vec!["*".into()]));
        // The last two: AWS Lambda lets itself read the repository when a function is made from it.
        let actions = [
            "ecr:CreateRepository",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
            "ecr:GetRepositoryPolicy",
            "ecr:SetRepositoryPolicy",
        ];
        all.push(allow("Image", &actions, vec![repository]));
    }
    if config.aws_lambda.vpc.is_some() {
        let actions = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
        all.push(allow("Network", &actions, vec!["*".into()]));
    }
    if !config.aws_lambda.efs.is_empty() {
        let actions = ["elasticfilesystem:DescribeMountTargets"];
        all.push(allow("FileSystem", &actions, vec![place.arn("elasticfilesystem", "file-system/*")]));
    }
    all
}
