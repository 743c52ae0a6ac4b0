use std::collections::BTreeSet;

use serde_json::Value;

use crate::moto::Moto;
use crate::{ACCESS_POINT, ROLE, config, printed, run};

/// A document of `aws policy`.
fn policy(config: &str, of: &str) -> Value {
    serde_json::from_str(&printed(config, &["aws", "policy", of])).unwrap()
}

fn statement<'a>(policy: &'a Value, sid: &str) -> &'a Value {
    let found = policy["Statement"].as_array().unwrap().iter().find(|statement| statement["Sid"] == sid);
    found.unwrap_or_else(|| panic!("no {sid} in {policy:#}"))
}

fn sids(policy: &Value) -> BTreeSet<&str> {
    policy["Statement"].as_array().unwrap().iter().map(|statement| statement["Sid"].as_str().unwrap()).collect()
}

fn minimal() -> String {
    config(&format!("execution_role: '{ROLE}'"))
}

#[test]
fn everything_is_named_as_narrowly_as_it_can_be() {
    let user = policy(&minimal(), "user");
    assert_eq!(user["Version"], "2012-10-17");
    let functions = statement(&user, "Functions");
    assert_eq!(functions["Resource"][0], "arn:aws:lambda:eu-west-1:123456789012:function:lithops-lua-*");
    let pass = statement(&user, "PassRole");
    assert_eq!(pass["Resource"][0], ROLE);
    assert_eq!(pass["Condition"]["StringEquals"]["iam:PassedToService"], "lambda.amazonaws.com");
    let bucket = "arn:aws:s3:::lithops-lua-123456789012-eu-west-1";
    assert_eq!(statement(&user, "Bucket")["Resource"][0], bucket);
    assert_eq!(statement(&user, "Objects")["Resource"][0], format!("{bucket}/*"));

    let role = policy(&minimal(), "role");
    assert_eq!(sids(&role), BTreeSet::from(["Bucket", "Logs", "NestedJobs", "Objects"]));
    let logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/lithops-lua-*";
    assert_eq!(statement(&role, "Logs")["Resource"][0], logs);
    assert_eq!(statement(&role, "NestedJobs")["Action"], serde_json::json!(["lambda:InvokeFunction"]));
    // Functions make no bucket, and no functions.
    assert!(!role.to_string().contains("Create") || !role.to_string().contains("lambda:Create"));
    assert!(!role.to_string().contains("s3:CreateBucket"));

    // Nothing but what IAM has no resources for is allowed everywhere, and no service as a whole.
    for (policy, everywhere) in [(&user, &["ListFunctions"][..]), (&role, &[])] {
        for statement in policy["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            assert_eq!(statement["Resource"] == serde_json::json!(["*"]), everywhere.contains(&sid), "{statement:#}");
            assert!(!statement["Action"].to_string().contains('*'), "{statement:#}");
        }
    }
}

#[test]
fn keys_add_what_they_need_and_nothing_else() {
    let with = |keys: &str| config(&format!("execution_role: '{ROLE}', {keys}"));
    let base: (Value, Value) = (policy(&minimal(), "user"), policy(&minimal(), "role"));
    let vpc = "vpc: {subnets: [subnet-1], security_groups: [sg-1]}";
    let efs = format!("{vpc}, efs: [{{access_point: '{ACCESS_POINT}', mount_path: /mnt/a}}]");
    for (keys, user_more, role_more) in [
        ("runtime: team/image:1.0", &["Image", "ImageLogin"][..], &[][..]),
        (vpc, &["Network"], &["Network"]),
        (&efs, &["FileSystem", "Network"], &["FileSystem", "Network"]),
    ] {
        for (of, base, more) in [("user", &base.0, user_more), ("role", &base.1, role_more)] {
            let policy = policy(&with(keys), of);
            let added: BTreeSet<_> = sids(&policy).difference(&sids(base)).copied().collect();
            assert_eq!(added, BTreeSet::from_iter(more.iter().copied()), "{of}, {keys}");
        }
    }
    let image = policy(&with("runtime: team/image:1.0"), "user");
    let repository = "arn:aws:ecr:eu-west-1:123456789012:repository/team/image";
    assert_eq!(statement(&image, "Image")["Resource"][0], repository);
    let other = policy(
        &with(
            "runtime: '999999999999.dkr.ecr.eu-west-1.amazonaws.com/image@sha256:{}'"
                .replace("{}", &"a".repeat(64))
                .as_str(),
        ),
        "user",
    );
    assert_eq!(statement(&other, "Image")["Resource"][0], "arn:aws:ecr:eu-west-1:999999999999:repository/image");
    let mounts = policy(&with(&efs), "role");
    let condition = &statement(&mounts, "FileSystem")["Condition"]["StringEquals"];
    assert_eq!(condition["elasticfilesystem:AccessPointArn"][0], ACCESS_POINT);
    let named = policy(&with("namespace: dev"), "user");
    let functions = statement(&named, "Functions");
    assert_eq!(functions["Resource"][0], "arn:aws:lambda:eu-west-1:123456789012:function:lithops-lua-dev-*");
}

#[test]
fn the_bucket_and_the_partition_follow_the_configuration() {
    let own = minimal() + "aws_s3: {storage_bucket: my-bucket}\n";
    assert_eq!(statement(&policy(&own, "role"), "Bucket")["Resource"][0], "arn:aws:s3:::my-bucket");
    let elsewhere = minimal() + "aws_s3: {storage_bucket: my-bucket, endpoint_url: 'http://127.0.0.1:9'}\n";
    assert!(!sids(&policy(&elsewhere, "user")).contains("Bucket"));
    let china = minimal().replace("eu-west-1", "cn-north-1").replace("arn:aws:", "arn:aws-cn:");
    let user = policy(&china, "user");
    assert_eq!(
        statement(&user, "Functions")["Resource"][0],
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:lithops-lua-*"
    );
    let only_storage = "lithops: {storage: aws_s3}\naws: {region: eu-west-1, account_id: 123456789012}\n";
    assert_eq!(sids(&policy(only_storage, "user")), BTreeSet::from(["Bucket", "Objects"]));
}

#[test]
fn all_documents_are_printed_by_name() {
    let all: Value = serde_json::from_str(&printed(&minimal(), &["aws", "policy"])).unwrap();
    for (name, of) in [("user", "user"), ("execution_role", "role"), ("trust", "trust")] {
        assert_eq!(all[name], policy(&minimal(), of));
    }
    let trust = &all["trust"]["Statement"][0];
    assert_eq!(
        (&trust["Principal"]["Service"], &trust["Action"][0]),
        (&"lambda.amazonaws.com".into(), &"sts:AssumeRole".into())
    );
}

#[test]
fn what_is_not_known_is_said() {
    let run = run("", &["aws", "policy"]);
    run.complains(1, &["failed to choose an AWS region", "`aws.region`"]);
    let without_role = config("");
    let run = crate::run(&without_role, &["aws", "policy"]);
    run.complains(1, &["failed to ask STS for the account", "there are no AWS credentials"]);
    // A configuration that is wrong is told as always.
    crate::run("aws: {region: x}", &["aws", "policy"]).complains(2, &["`aws.region`", ".lithops_config:1"]);
}

#[test]
fn iam_takes_the_documents() {
    let Some(moto) = Moto::start() else { return };
    let all = format!(
        "runtime: image, namespace: dev, vpc: {{subnets: [subnet-1], security_groups: [sg-1]}}, \
         efs: [{{access_point: '{ACCESS_POINT}', mount_path: /mnt/a}}]"
    );
    for keys in ["", &all] {
        let document = |of: &str| {
            // Without a role the account is asked for.
            let run = moto.run(&config(keys), &["aws", "policy", of]);
            assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
            run.out
        };
        let documents = [document("user"), document("role"), document("trust")];
        let made_role = "arn:aws:iam::123456789012:role/lithops-lua-eu-west-1";
        assert!(documents[0].contains(made_role), "{}", documents[0]);
        moto.python(
            &documents.each_ref().map(String::as_str),
            "iam = client('iam')\n\
             for name, document in zip(['user', 'role'], documents):\n    \
             arn = iam.create_policy(PolicyName=name, PolicyDocument=document)['Policy']['Arn']\n    \
             iam.delete_policy(PolicyArn=arn)\n\
             iam.create_role(RoleName='role', AssumeRolePolicyDocument=documents[2])\n\
             iam.delete_role(RoleName='role')\n",
        );
    }
}
