//! The image as a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::emulator::{Emulator, Knobs, ROLE};
use crate::host::Folder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lithops-lua");

fn build(folder: &Folder) -> String {
    let run = folder.run(&["runtime", "build", "lithops:1", "--output", "image"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    run.out.trim().to_owned()
}

fn blob(image: &Path, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().unwrap();
    let bytes = fs::read(image.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())).unwrap();
    assert_eq!(digest, sha256(&bytes));
    assert_eq!(descriptor["size"], bytes.len());
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

/// The manifest, the configuration, and the unpacked bytes of the only layer.
fn open(image: &Path) -> (Value, Value, Vec<u8>) {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(read(&fs::read(image.join("oci-layout")).unwrap()), json!({"imageLayoutVersion": "1.0.0"}));
    let index = read(&fs::read(image.join("index.json")).unwrap());
    let manifest = read(&blob(image, &index["manifests"][0]));
    let config = read(&blob(image, &manifest["config"]));
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    let mut tar = Vec::new();
    GzDecoder::new(blob(image, &manifest["layers"][0]).as_slice()).read_to_end(&mut tar).unwrap();
    (manifest, config, tar)
}

#[test]
fn an_image_is_a_layout_of_one_layer() {
    let folder = Folder::new();
    let digest = build(&folder);
    let image = folder.path().join("image");
    let (_, config, tar) = open(&image);
    let index: Value = serde_json::from_slice(&fs::read(image.join("index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"][0]["digest"], digest);
    assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": [sha256(&tar)]}));
    assert_eq!(config["config"]["Entrypoint"], json!(["/var/runtime/bootstrap"]));
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    assert_eq!((&config["architecture"], &config["os"]), (&json!(architecture), &json!("linux")));
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let (path, header) = (entry.path().unwrap().into_owned(), entry.header().clone());
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0), "{path:?}");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(path.to_str().unwrap().trim_end_matches('/').to_owned(), (header.mode().unwrap(), content));
    }
    assert_eq!(files["var/runtime/bootstrap"], (0o755, fs::read(PROGRAM).unwrap()));
    assert_eq!(files["tmp"].0, 0o1777);
    assert!(files.keys().any(|path| path.ends_with("/libc.so.6")), "{:?}", files.keys());
}

#[test]
fn the_same_program_makes_the_same_image() {
    let (one, other) = (Folder::new(), Folder::new());
    assert_eq!(build(&one), build(&other));
}

/// Unpacks the layer as a container's root.
fn unpack(folder: &Folder) -> std::path::PathBuf {
    build(folder);
    let (_, _, tar) = open(&folder.path().join("image"));
    let root = folder.path().join("root");
    tar::Archive::new(tar.as_slice()).unpack(&root).unwrap();
    root
}

#[cfg(target_os = "linux")]
#[test]
fn all_libraries_are_in_the_image() {
    let folder = Folder::new();
    let root = unpack(&folder);
    let loader = match std::env::consts::ARCH {
        "aarch64" => root.join("lib/ld-linux-aarch64.so.1"),
        _ => root.join("lib64/ld-linux-x86-64.so.2"),
    };
    let mut folders: Vec<String> = Vec::new();
    let output = Command::new("find").arg(&root).args(["-name", "*.so.*", "-printf", "%h\n"]).output().unwrap();
    folders.extend(String::from_utf8(output.stdout).unwrap().lines().map(String::from));
    let mut command = Command::new(loader);
    command.args(["--inhibit-cache", "--list", "--library-path", &folders.join(":")]);
    let output = command.arg(root.join("var/runtime/bootstrap")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let places: Vec<&str> = said.lines().filter_map(|line| line.split("=> ").nth(1)).collect();
    assert!(output.status.success() && places.len() > 2, "{said}");
    for place in places {
        assert!(
            Path::new(place.split(" (").next().unwrap()).starts_with(&root) || place.starts_with("/lib64/ld-"),
            "{said}"
        );
    }
}

#[test]
fn a_folder_in_use_and_a_missing_name_are_refused() {
    let folder = Folder::new();
    folder.write("image/notes", "mine");
    let run = folder.run(&["runtime", "build", "--output", "image"]);
    assert!(run.code == Some(1) && run.err.contains("the folder is not empty"), "{run:?}");
    let run = folder.run(&["runtime", "build"]);
    assert!(run.code == Some(1) && run.err.contains("lithops-lua runtime build NAME"), "{run:?}");
    let run = folder.run(&["-o", "aws_lambda.architecture=arm64", "runtime", "build", "--output", "other"]);
    if cfg!(target_arch = "x86_64") {
        assert!(run.code == Some(1) && run.err.contains("`aws_lambda.architecture` says arm64"), "{run:?}");
    }
}

#[test]
#[ignore = "chroot needs root"]
fn a_function_of_the_image_runs_a_pipeline_with_nothing_but_what_is_in_it() {
    let folder = Folder::new();
    let root = unpack(&folder);
    let entry = folder
        .write("entry", format!("#!/bin/sh\nexec /usr/sbin/chroot '{}' /var/runtime/bootstrap\n", root.display()));
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o755)).unwrap();
    let images = [("123456789012.dkr.ecr.us-east-1.amazonaws.com/lithops:1".to_owned(), entry)].into();
    let emulator = Emulator::start(Knobs { images, ..Knobs::default() });
    folder.write("pipeline.lua", "print(lithops.map(function(x) return x * x end, {1, 2, 3}):get_result()[3])");
    let config = json!({"lithops": {"backend": "aws_lambda"},
        "aws_lambda": {"execution_role": ROLE, "runtime": "lithops:1"}});
    let mut command = folder.command(&["pipeline.lua"]);
    command.envs(emulator.environment()).env("LITHOPS_CONFIG", config.to_string());
    let run: crate::host::Run = command.output().unwrap().into();
    assert_eq!((run.code, run.out.as_str()), (Some(0), "9\n"), "{}", run.err);
}
