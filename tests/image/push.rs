//! Pushing to a real registry, and what another program finds there.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};

use crate::host::{Folder, Run};
use crate::registry::{AUTH, Registry, gate};

/// A folder whose Docker configuration knows the user of a registry.
fn logged_in(registry: SocketAddr) -> Folder {
    let folder = Folder::new();
    let config = json!({"auths": {registry.to_string(): {"auth": AUTH}}});
    folder.write(".docker/config.json", config.to_string());
    folder
}

/// Pushes, and gives the digest.
fn push(folder: &Folder, name: &str) -> String {
    let run = folder.run(&["runtime", "build", name]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let (_, digest) = run.out.trim().split_once('@').unwrap();
    digest.to_owned()
}

fn skopeo(folder: &Folder, args: &[&str]) -> Run {
    let mut command = Command::new("skopeo");
    command.args(args).current_dir(folder.path()).env("HOME", folder.path());
    command.output().expect("skopeo, of Debian's package of that name").into()
}

fn inspect(folder: &Folder, place: &str) -> Value {
    let run = skopeo(folder, &["inspect", "--tls-verify=false", place]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
#[ignore = "needs docker-registry and skopeo"]
fn another_program_finds_the_image_that_was_pushed_and_can_copy_it() {
    let registry = Registry::start(false);
    let folder = Folder::new();
    let name = format!("{}/team/lithops:2", registry.address);
    let digest = push(&folder, &name);
    let found = inspect(&folder, &format!("docker://{name}"));
    assert_eq!((&found["Digest"], &found["Os"]), (&json!(digest), &json!("linux")));
    assert_eq!(found["Layers"].as_array().unwrap().len(), 1);
    let run = skopeo(&folder, &["copy", "--src-tls-verify=false", &format!("docker://{name}"), "oci:copy:2"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // Pushed again, nothing is sent but the manifest, and the image is the same.
    assert_eq!(push(&folder, &name), digest);
    // As a folder it is the same image, too.
    let run = folder.run(&["runtime", "build", "lithops:2", "--output", "image"]);
    assert_eq!((run.code, run.out.trim()), (Some(0), digest.as_str()), "{}", run.err);
    assert_eq!(inspect(&folder, "oci:image:lithops:2")["Digest"], digest);
}

#[test]
#[ignore = "needs docker-registry and skopeo"]
fn passwords_of_dockers_configuration_are_used() {
    let registry = Registry::start(true);
    let name = format!("{}/lithops", registry.address);
    let stranger = Folder::new().run(&["runtime", "build", &name]);
    assert!(stranger.code == Some(1) && stranger.err.contains("`docker login"), "{stranger:?}");
    let folder = logged_in(registry.address);
    let digest = push(&folder, &name);
    let found = inspect(&folder, &format!("docker://{name}:latest"));
    assert_eq!(found["Digest"], digest);
    folder.write(
        ".docker/config.json",
        json!({"auths": {registry.address.to_string(): {"auth": "bWU6bm8="}}}).to_string(),
    );
    let run = folder.run(&["runtime", "build", &name]);
    assert!(run.code == Some(1) && run.err.contains("check user and password"), "{run:?}");
}

#[test]
#[ignore = "needs docker-registry and skopeo"]
fn tokens_are_fetched_where_the_registry_says() {
    let registry = Registry::start(false);
    let address = gate(registry.address);
    let folder = logged_in(address);
    let digest = push(&folder, &format!("{address}/team/lithops:1"));
    assert_eq!(inspect(&folder, &format!("docker://{}/team/lithops:1", registry.address))["Digest"], digest);
    let run = Folder::new().run(&["runtime", "build", &format!("{address}/team/lithops:1")]);
    assert!(run.code == Some(1) && run.err.contains("`docker login"), "{run:?}");
}

#[test]
fn a_registry_that_is_not_there_is_told() {
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let run = Folder::new().run(&["runtime", "build", &format!("{nobody}/lithops")]);
    assert!(run.code == Some(1) && run.err.contains(&format!("{nobody} cannot be reached")), "{run:?}");
}
