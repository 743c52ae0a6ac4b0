use std::process::Command;

use serde_yaml::Value;

use crate::moto::Moto;
use crate::support::Run;
use crate::{ACCESS_POINT, config, printed, python_with};

fn template(config: &str) -> (String, Value) {
    let text = printed(config, &["aws", "template"]);
    let value = serde_yaml::from_str(&text).unwrap();
    (text, value)
}

/// Configurations that differ in what the template has to hold.
fn configurations() -> Vec<String> {
    let efs = format!(
        "vpc: {{subnets: [subnet-1], security_groups: [sg-1]}}, efs: [{{access_point: '{ACCESS_POINT}', mount_path: /mnt/a}}]"
    );
    vec![
        String::new(),
        config(""),
        config(&efs),
        config("execution_role: 'arn:aws:iam::123456789012:role/teams/blue/lithops'")
            + "aws_s3: {storage_bucket: my-bucket}",
        config("namespace: dev") + "aws_s3: {region: eu-west-2}",
        "lithops: {storage: aws_s3}".into(),
    ]
}

#[test]
fn role_and_bucket_have_the_names_that_the_configuration_expects() {
    let (text, template_) = template(&config(""));
    let resources = &template_["Resources"];
    let role = &resources["ExecutionRole"]["Properties"];
    assert_eq!(role["RoleName"]["Fn::Sub"], "lithops-lua-${AWS::Region}");
    let bucket = &resources["Bucket"];
    assert_eq!(bucket["Properties"]["BucketName"]["Fn::Sub"], "lithops-lua-${AWS::AccountId}-${AWS::Region}");
    assert_eq!((&bucket["DeletionPolicy"], &bucket["UpdateReplacePolicy"]), (&"Retain".into(), &"Retain".into()));
    for (_, closed) in bucket["Properties"]["PublicAccessBlockConfiguration"].as_mapping().unwrap() {
        assert_eq!(closed, &Value::from(true));
    }
    assert!(text.contains("\nAWSTemplateFormatVersion: '2010-09-09'\n") && !text.contains("Version: 2012"), "{text}");
    assert!(text.starts_with("# ") && text.contains("--region eu-west-1"), "{text}");

    let (_, named) = template(&configurations()[3]);
    let role = &named["Resources"]["ExecutionRole"]["Properties"];
    assert_eq!((&role["RoleName"], &role["Path"]), (&"lithops".into(), &"/teams/blue/".into()));
    assert_eq!(named["Resources"]["Bucket"]["Properties"]["BucketName"], "my-bucket");

    let (text, elsewhere) = template(&configurations()[4]);
    assert!(elsewhere["Resources"].get("Bucket").is_none() && text.contains("# The bucket is left out"), "{text}");
    // The role may use the bucket that functions use, which is not one of the stack's region.
    assert!(text.contains(":s3:::lithops-lua-${AWS::AccountId}-eu-west-2/*"), "{text}");
    assert!(!text.contains(":s3:::lithops-lua-${AWS::AccountId}-${AWS::Region}"), "{text}");
    let (_, only_storage) = template(&configurations()[5]);
    assert!(only_storage["Resources"].get("ExecutionRole").is_none());
}

#[test]
fn cfn_lint_finds_nothing() {
    let Some(python) = python_with("cfnlint") else { return };
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = configurations()
        .iter()
        .enumerate()
        .map(|(number, config)| {
            let file = folder.path().join(format!("{number}.yaml"));
            std::fs::write(&file, template(config).0).unwrap();
            file
        })
        .collect();
    const MAIN: &str = "import sys; from cfnlint.runner import main; sys.exit(main())";
    let mut lint = Command::new(python);
    lint.args(["-c", MAIN, "--regions", "eu-west-1", "us-east-1", "--"]).args(files);
    let run: Run = lint.output().unwrap().into();
    assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "{}", run.err);
}

#[test]
fn a_stack_of_it_is_what_doctor_wants() {
    let Some(moto) = Moto::start() else { return };
    let (text, _) = template(&config(""));
    let role = moto.python(
        &[&text],
        "cloudformation = client('cloudformation')\n\
         cloudformation.create_stack(StackName='s', TemplateBody=documents[0], Capabilities=['CAPABILITY_NAMED_IAM'])\n\
         stack = cloudformation.describe_stacks(StackName='s')['Stacks'][0]\n\
         outputs = {output['OutputKey']: output['OutputValue'] for output in stack['Outputs']}\n\
         assert outputs['BucketName'] == 'lithops-lua-123456789012-eu-west-1', outputs\n\
         print(outputs['ExecutionRoleArn'])",
    );
    let run = moto.run(&config(&format!("execution_role: '{}'", role.trim())), &["doctor"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert!(run.out.contains(&format!("ok      role           {}", role.trim())), "{}", run.out);
    assert!(run.out.contains("ok      bucket         lithops-lua-123456789012-eu-west-1\n"), "{}", run.out);
}
