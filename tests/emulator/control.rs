use std::collections::HashMap;

use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, EphemeralStorage, FileSystemConfig, FunctionCode, PackageType, State, VpcConfig,
};

use crate::bed::{Bed, FUNCTION, call, refusal, wait_until, worker_zip, zip_of};
use crate::emulator::{Knobs, ROLE};

/// A bootstrap that is never run.
fn small_zip() -> Vec<u8> {
    zip_of(b"#!/bin/sh\n")
}

#[test]
fn a_function_from_beginning_to_end() {
    let bed = Bed::empty(Knobs { pending_ms: 2000, ..Knobs::default() });
    let variables = Environment::builder().variables("AA", "1").build();
    let vpc = VpcConfig::builder().subnet_ids("subnet-1").security_group_ids("sg-1").build();
    let point = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1";
    let mount = FileSystemConfig::builder().arn(point).local_mount_path("/mnt/data").build().unwrap();
    let creation = bed
        .creation(FUNCTION, small_zip())
        .timeout(30)
        .environment(variables)
        .vpc_config(vpc)
        .file_system_configs(mount)
        .ephemeral_storage(EphemeralStorage::builder().size(1024).build().unwrap())
        .architectures(Architecture::Arm64)
        .tags("team", "blue");
    let created = bed.wait(creation.send()).unwrap();
    assert_eq!(created.state(), Some(&State::Pending));
    bed.stream(b"{}".to_vec()).unwrap_err().is(409, "ResourceConflictException", "state: Pending");
    let get = || bed.wait(bed.lambda.get_function().function_name(FUNCTION).send()).unwrap();
    wait_until("it is active", || get().configuration().unwrap().state() == Some(&State::Active));
    let found = get();
    let configuration = found.configuration().unwrap();
    assert_eq!((configuration.memory_size(), configuration.timeout()), (Some(256), Some(30)));
    assert_eq!(configuration.environment().unwrap().variables().unwrap(), &HashMap::from([("AA".into(), "1".into())]));
    assert_eq!(configuration.vpc_config().unwrap().subnet_ids(), ["subnet-1"]);
    assert_eq!(configuration.file_system_configs()[0].local_mount_path(), "/mnt/data");
    assert_eq!(configuration.ephemeral_storage().unwrap().size(), 1024);
    assert_eq!(configuration.architectures(), [Architecture::Arm64]);
    assert_eq!(configuration.role(), Some(ROLE));
    assert_eq!(configuration.code_size(), small_zip().len() as i64);
    assert_eq!(found.tags().unwrap()["team"], "blue");
    assert!(found.code().unwrap().location().unwrap().starts_with(&bed.emulator.url()));
    bed.create(FUNCTION, small_zip()).unwrap_err().is(409, "ResourceConflictException", "Function already exist");

    let arn = configuration.function_arn().unwrap().to_owned();
    bed.wait(bed.lambda.tag_resource().resource(&arn).tags("more", "yes").send()).unwrap();
    bed.wait(bed.lambda.untag_resource().resource(&arn).tag_keys("team").send()).unwrap();
    let tags = bed.wait(bed.lambda.list_tags().resource(&arn).send()).unwrap();
    assert_eq!(tags.tags().unwrap(), &HashMap::from([("more".into(), "yes".into())]));

    let none = bed.wait(bed.lambda.get_function_event_invoke_config().function_name(FUNCTION).send());
    refusal(none.unwrap_err()).is(404, "ResourceNotFoundException", "doesn't have an EventInvokeConfig");
    let put = bed.lambda.put_function_event_invoke_config().function_name(FUNCTION).maximum_retry_attempts(0);
    bed.wait(put.send()).unwrap();
    let events = bed.wait(bed.lambda.get_function_event_invoke_config().function_name(FUNCTION).send()).unwrap();
    assert_eq!(events.maximum_retry_attempts(), Some(0));
    assert!(events.last_modified().is_some());

    bed.wait(bed.lambda.delete_function().function_name(FUNCTION).send()).unwrap();
    let gone = bed.wait(bed.lambda.get_function_configuration().function_name(FUNCTION).send());
    refusal(gone.unwrap_err()).is(404, "ResourceNotFoundException", &arn);
}

#[test]
fn an_update_takes_its_time_and_admits_no_other() {
    let bed = Bed::new(Knobs { update_ms: 5000, ..Knobs::default() });
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);
    let update = |memory| bed.lambda.update_function_configuration().function_name(FUNCTION).memory_size(memory);
    bed.wait(update(512).send()).unwrap();
    refusal(bed.wait(update(1024).send()).unwrap_err()).is(
        409,
        "ResourceConflictException",
        "An update is in progress",
    );
    let get = || bed.wait(bed.lambda.get_function_configuration().function_name(FUNCTION).send()).unwrap();
    assert_eq!(get().last_update_status().unwrap().as_str(), "InProgress");
    let memory = || bed.stream(call("print(os.getenv 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE')")).unwrap().printed();
    assert_eq!(memory(), "256\n", "until it is through, the old one runs");
    wait_until("the update is through", || get().last_update_status().unwrap().as_str() == "Successful");
    assert_eq!(memory(), "512\n");
    assert_eq!(bed.emulator.record().environments_started, 2);
    bed.emulator.turn(|knobs| knobs.update_ms = 50);
    let code = bed.lambda.update_function_code().function_name(FUNCTION).zip_file(Blob::new(small_zip()));
    let updated = bed.wait(code.send()).unwrap();
    assert_eq!(updated.code_size(), small_zip().len() as i64);
    wait_until("the code is through", || get().last_update_status().unwrap().as_str() == "Successful");
    bed.stream(call("return 1")).unwrap().failed("Runtime.ExitError", "Runtime exited without providing a reason");
}

#[test]
fn code_in_a_bucket_and_in_an_image() {
    let image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lithops:1";
    let images = [(image.to_owned(), env!("CARGO_BIN_EXE_lithops-lua").into())].into();
    let bed = Bed::empty(Knobs { images, ..Knobs::default() });
    let folder = bed.emulator.buckets().join("bucket/code");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("worker.zip"), worker_zip()).unwrap();
    let object = |key: &str| FunctionCode::builder().s3_bucket("bucket").s3_key(key).build();
    let missing = bed.wait(bed.creation(FUNCTION, Vec::new()).code(object("none")).send());
    refusal(missing.unwrap_err()).is(400, "InvalidParameterValueException", "S3 Error Code: NoSuchKey");
    bed.wait(bed.creation(FUNCTION, Vec::new()).code(object("code/worker.zip")).send()).unwrap();
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);

    let creation = |uri: &str| {
        let code = FunctionCode::builder().image_uri(uri).build();
        bed.lambda.create_function().function_name("image").role(ROLE).package_type(PackageType::Image).code(code)
    };
    let missing = bed.wait(creation("123456789012.dkr.ecr.us-east-1.amazonaws.com/other:1").send());
    refusal(missing.unwrap_err()).is(
        400,
        "InvalidParameterValueException",
        "does not exist. Provide a valid source image",
    );
    bed.wait(creation(image).send()).unwrap();
    let found = bed.wait(bed.lambda.get_function().function_name("image").send()).unwrap();
    assert_eq!(found.code().unwrap().image_uri(), Some(image));
    assert_eq!(found.configuration().unwrap().package_type(), Some(&PackageType::Image));
}

#[test]
fn a_role_that_is_not_ready_or_will_never_be() {
    let bed = Bed::empty(Knobs { role_not_ready: 2, missing_roles: vec!["none".into()], ..Knobs::default() });
    let words = "The role defined for the function cannot be assumed by Lambda.";
    for _ in 0..2 {
        bed.create(FUNCTION, small_zip()).unwrap_err().is(400, "InvalidParameterValueException", words);
    }
    bed.create(FUNCTION, small_zip()).unwrap();
    let with_role = |role: &str| bed.wait(bed.creation("other", small_zip()).role(role).send()).map_err(refusal).err();
    with_role("arn:aws:iam::123456789012:role/none").unwrap().is(400, "InvalidParameterValueException", words);
    with_role("arn:aws:iam::999999999999:role/r").unwrap().is(403, "AccessDeniedException", "Cross-account");
    with_role("nonsense").unwrap().is(400, "ValidationException", "at 'role'");
}

#[test]
fn a_creation_that_fails() {
    let bed = Bed::empty(Knobs { creation_fails: Some("SubnetOutOfIPAddresses".into()), ..Knobs::default() });
    bed.create(FUNCTION, small_zip()).unwrap();
    let found = bed.wait(bed.lambda.get_function_configuration().function_name(FUNCTION).send()).unwrap();
    assert_eq!(found.state(), Some(&State::Failed));
    assert_eq!(found.state_reason_code().unwrap().as_str(), "SubnetOutOfIPAddresses");
    bed.stream(b"{}".to_vec()).unwrap_err().is(409, "ResourceConflictException", "state: Failed");
}

#[test]
fn settings_that_aws_does_not_take() {
    let bed = Bed::empty(Knobs { max_memory_mb: 3008, ..Knobs::default() });
    let new = || bed.creation(FUNCTION, small_zip());
    let variables = |name: &str, value: &str| Environment::builder().variables(name, value).build();
    let vpc = |subnet: &str| VpcConfig::builder().subnet_ids(subnet).security_group_ids("sg-1").build();
    let mount = |path: &str| {
        let point = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1";
        FileSystemConfig::builder().arn(point).local_mount_path(path).build().unwrap()
    };
    let cases = [
        (new().memory_size(64), "ValidationException", "Value '64' at 'memorySize'"),
        (new().memory_size(20_000), "ValidationException", "less than or equal to 10240"),
        (new().memory_size(4096), "InvalidParameterValueException", "less than or equal to 3008"),
        (new().timeout(901), "ValidationException", "Value '901' at 'timeout'"),
        (new().ephemeral_storage(EphemeralStorage::builder().size(100).build().unwrap()), "ValidationException", "512"),
        (new().architectures("sparc".into()), "ValidationException", "[x86_64, arm64]"),
        (new().environment(variables("AWS_REGION", "x")), "InvalidParameterValueException", "reserved keys"),
        (new().environment(variables("1A", "x")), "ValidationException", "environment.variables"),
        (new().environment(variables("BIG", &"x".repeat(5000))), "InvalidParameterValueException", "exceeded the 4KB"),
        (new().vpc_config(vpc("net-1")), "InvalidParameterValueException", "InvalidSubnetID.NotFound"),
        (new().file_system_configs(mount("/mnt/a")), "InvalidParameterValueException", "execute in a VPC"),
        (new().vpc_config(vpc("subnet-1")).file_system_configs(mount("/data")), "ValidationException", "/mnt/"),
        (new().runtime("ruby1.8".into()), "InvalidParameterValueException", "at 'runtime'"),
        (new().set_handler(None), "InvalidParameterValueException", "Runtime and Handler are mandatory"),
        (new().function_name("no spaces"), "ValidationException", "at 'functionName'"),
        (new().function_name("x".repeat(65)), "ValidationException", "length less than or equal to 64"),
        (
            new().code(FunctionCode::builder().zip_file(Blob::new("no zip")).build()),
            "InvalidParameterValueException",
            "Could not unzip",
        ),
        (new().set_role(Some(String::new())), "ValidationException", "at 'role'"),
    ];
    for (creation, code, words) in cases {
        match bed.wait(creation.send()) {
            Ok(created) => panic!("{words}: {created:?}"),
            Err(SdkError::ConstructionFailure(failure)) => panic!("{words}: {failure:?}"),
            Err(error) => refusal(error).is(400, code, words),
        }
    }
    assert!(bed.wait(bed.lambda.list_functions().send()).unwrap().functions().is_empty());
}

#[test]
fn lists_come_in_pages() {
    let bed = Bed::empty(Knobs::default());
    for number in 0..53 {
        bed.create(&format!("f{number:02}"), small_zip()).unwrap();
    }
    let names = bed.wait(async {
        let mut pages = bed.lambda.list_functions().into_paginator().send();
        let mut pages_of_names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            pages_of_names
                .push(page.functions().iter().map(|f| f.function_name().unwrap().to_owned()).collect::<Vec<_>>());
        }
        pages_of_names
    });
    assert_eq!(names.iter().map(Vec::len).collect::<Vec<_>>(), [50, 3]);
    let all: Vec<String> = (0..53).map(|number| format!("f{number:02}")).collect();
    assert_eq!(names.concat(), all);
}
