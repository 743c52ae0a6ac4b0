//! `runtime list` and `runtime delete`.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use serde_json::{Value, json};

use crate::emulator::{Knobs, ROLE};
use crate::support::Site;

/// A function of somebody else, whose name begins as ours do.
fn make_foreign(site: &Site, name: &str) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    std::io::Write::write_all(&mut zip, b"#!/bin/sh\n").unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new(zip.finish().unwrap().into_inner())).build();
    let create = site.client().create_function().function_name(name).role(ROLE).code(code);
    site.wait(create.runtime(Runtime::Providedal2023).handler("bootstrap").send()).unwrap();
}

fn listed(site: &Site) -> Vec<Value> {
    let run = site.run(&["runtime", "list", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn our_functions_are_listed_and_deleted_and_no_others() {
    let mut site = Site::new();
    make_foreign(&site, "lithops-lua-thumbnails");
    let first = site.deploy();
    site.configure(json!({"namespace": "blue", "runtime_memory": 512}));
    let second = site.deploy();
    site.configure(json!({}));
    let names: Vec<Value> = listed(&site).into_iter().map(|function| function["name"].clone()).collect();
    assert_eq!(names.len(), 2);
    let table = site.run(&["runtime", "list"]).out;
    assert!(table.starts_with("NAME ") && table.contains(&first) && table.contains(&second), "{table}");
    assert!(
        table.contains("512 MB") && table.contains(env!("CARGO_PKG_VERSION")) && table.contains("Active"),
        "{table}"
    );

    let run = site.run(&["runtime", "delete", "--yes", "lithops-lua-thumbnails"]);
    assert!(run.code == Some(1) && run.err.contains("did not make it"), "{run:?}");
    let run = site.run(&["runtime", "delete", &first]);
    assert!(run.code == Some(1) && run.err.contains("`--yes`"), "{run:?}");
    assert_eq!(listed(&site).len(), 2);

    // Only those of the namespace.
    site.configure(json!({"namespace": "blue"}));
    assert_eq!(listed(&site).len(), 1);
    let run = site.run(&["runtime", "delete", "--all", "--yes"]);
    assert_eq!((run.code, run.out), (Some(0), format!("{second}: deleted\n")), "{}", run.err);
    site.configure(json!({}));
    let run = site.run(&["runtime", "delete", "--yes", &first, &second]);
    assert_eq!(run.out, format!("{first}: deleted\n{second}: was not there\n"), "{}", run.err);
    assert_eq!(listed(&site), Vec::<Value>::new());
    assert!(site.run(&["runtime", "list"]).out.contains("no functions in us-east-1"));
    assert!(site.cloud.configurations().contains("lithops-lua-thumbnails"));
}

#[test]
fn a_list_has_all_pages() {
    let mut site = Site::with(Knobs::default(), json!({}));
    let name = site.deploy();
    for number in 0..60 {
        make_foreign(&site, &format!("a-{number}"));
    }
    site.configure(json!({}));
    assert_eq!(listed(&site)[0]["name"], name.as_str());
}

#[test]
fn names_or_all_must_be_said() {
    let site = Site::new();
    let run = site.run(&["runtime", "delete"]);
    assert!(run.code == Some(2) && run.err.contains("NAME"), "{run:?}");
}

#[test]
fn namespaces_that_begin_alike_are_told_apart() {
    let mut site = Site::new();
    for namespace in ["team-pipelines-1", "team-pipelines-2", "team"] {
        site.configure(json!({"namespace": namespace, "runtime_memory": 10_240}));
        let name = site.deploy();
        assert_eq!(listed(&site)[0]["name"], name.as_str());
        assert_eq!((listed(&site).len(), &listed(&site)[0]["namespace"]), (1, &json!(namespace)));
    }
}
