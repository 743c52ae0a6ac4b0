//! What functions run: this program, another one, an image; inside the request or through the bucket.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_sdk_lambda::types::PackageType;
use serde_json::json;

use crate::emulator::Knobs;
use crate::support::Site;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lithops-lua");
/// Where an ELF file says for which processor it is, and what it says there for AArch64.
const MACHINE_AT: usize = 18;
const AARCH64: [u8; 2] = [183, 0];

#[test]
fn an_executable_for_another_processor_is_refused_with_the_commands_that_help() {
    let mut site = Site::with(Knobs::default(), json!({"architecture": "arm64"}));
    let said = site.refused();
    for word in [
        PROGRAM,
        "for x86_64, and the function for arm64",
        "cargo lambda build --release --arm64",
        "cargo zigbuild --release --target aarch64-unknown-linux-gnu.2.34",
        "--bootstrap PATH",
    ] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert_eq!(site.cloud.record().requests.len(), 0);

    let mut program = fs::read(PROGRAM).unwrap();
    program[MACHINE_AT..MACHINE_AT + 2].copy_from_slice(&AARCH64);
    site.folder.write("arm64/lithops-lua", program);
    let run = site.run(&["--bootstrap", "arm64/lithops-lua", "runtime", "deploy"]);
    assert!(run.code == Some(0) && run.out.contains("-arm64-"), "{run:?}");
    let found = site.function(run.out.trim());
    assert_eq!(found.configuration().unwrap().architectures()[0].as_str(), "arm64");

    site.configure(json!({}));
    let run = site.run(&["--bootstrap", "arm64/lithops-lua", "runtime", "deploy"]);
    assert!(run.code == Some(1) && run.err.contains("for arm64, and the function for x86_64"), "{run:?}");
}

#[test]
fn what_is_no_program_is_refused() {
    let site = Site::new();
    site.folder.write("bootstrap", "#!/bin/sh\n");
    for (path, words) in [("bootstrap", "not a program for 64-bit Linux"), ("nothing", "No such file")] {
        let run = site.run(&["--bootstrap", path, "runtime", "deploy"]);
        assert!(run.code == Some(1) && run.err.contains(words), "{run:?}");
    }
}

#[test]
fn the_zip_is_kept_in_the_users_cache_and_made_again_where_it_is_damaged() {
    let mut site = Site::new();
    site.cache = site.folder.path().join("cache");
    let name = site.deploy();
    let folder = site.folder.path().join("cache/lithops-lua/bootstrap");
    let zip = |folder: &Path| {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "zip")).collect::<Vec<_>>()
    };
    let kept = zip(&folder);
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::metadata(&kept[0]).unwrap().permissions().mode() & 0o077, 0);
    // Nothing of it is needed where the function is there already.
    let content = fs::read(&kept[0]).unwrap();
    fs::write(&kept[0], vec![0; content.len()]).unwrap();
    assert_eq!(site.deploy(), name);
    assert_eq!(site.run(&["runtime", "delete", "--yes", &name]).code, Some(0));
    assert_eq!(site.deploy(), name);
    assert_eq!(fs::read(&kept[0]).unwrap(), content);
}

#[test]
fn an_image_of_the_accounts_own_registry() {
    let uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/lithops:3";
    let images = [(uri.to_owned(), PROGRAM.into())].into();
    let site = Site::with(Knobs { images, ..Knobs::default() }, json!({"runtime": "lithops:3"}));
    let name = site.deploy();
    let found = site.function(&name);
    let configuration = found.configuration().unwrap();
    assert_eq!(configuration.package_type(), Some(&PackageType::Image));
    assert_eq!(found.code().unwrap().image_uri(), Some(uri));
    site.cloud.forget();
    assert_eq!(site.deploy(), name);
    assert_eq!(site.cloud.record().requests, [("lambda:GetFunction".to_owned(), 1)].into());
    let run = site.run(&["runtime", "update"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
}

#[test]
fn a_zip_that_is_too_large_for_a_request_goes_through_the_bucket_once() {
    let site = Site::new();
    let mut program = fs::read(PROGRAM).unwrap();
    // Nothing that can be made smaller.
    let mut state = 1_u64;
    program.extend((0..8 << 20).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    }));
    site.folder.write("large", program);
    let deploy = ["--bootstrap", "large", "runtime", "deploy"];
    let run = site.run(&deploy);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let name = run.out.trim();
    let size = site.function(name).configuration().unwrap().code_size();
    assert!(size > 50 << 20, "{size}");
    assert!(site.cloud.record().of_service("s3") > 0);
    assert_eq!(site.run(&["runtime", "delete", "--yes", name]).code, Some(0));
    site.cloud.forget();
    assert_eq!(site.run(&deploy).code, Some(0));
    // It is there already.
    assert_eq!((site.cloud.record().count("s3:PutObject"), site.cloud.record().count("s3:UploadPart")), (0, 0));

    // With no bucket at hand, the way is told.
    let here = ["--backend", "localhost", "--storage", "localhost", "-o", "aws_lambda.namespace=other"];
    let run = site.run(&[&here[..], &deploy].concat());
    assert!(run.code == Some(1) && run.err.contains("set `lithops.storage` to `aws_s3`"), "{}", run.err);
}
