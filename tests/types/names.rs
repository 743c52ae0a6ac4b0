//! The annotations and the live API have the same names: nothing is missing, and nothing extra.

use std::collections::BTreeSet;
use std::fs;

use lithops_lua::lua::{modules, stdlib};
use lithops_lua::luacats::{Alias, library};

use crate::live::{LIVE, callables, described_members, is_looked_at, root};

/// What differs, in lines; the test fails if there is any.
#[track_caller]
fn agree(differences: &[String]) {
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

fn compare(name: &str, described: &BTreeSet<String>, live: &BTreeSet<String>, differences: &mut Vec<String>) {
    differences.extend(live.difference(described).map(|one| format!("{name}: `{one}` is not described")));
    differences.extend(described.difference(live).map(|one| format!("{name}: `{one}` is described, and not there")));
}

#[test]
fn every_module_is_described_and_no_other() {
    let native = modules::ALL.iter().map(|module| module.name);
    let in_lua = stdlib::names().filter(|name| !name.contains('.'));
    let mut live: BTreeSet<String> = native.chain(in_lua).map(str::to_owned).collect();
    live.insert("lithops".into());
    // Parts of `lithops` have files of their own.
    let described = library().modules().iter().map(|module| module.name.clone());
    let described = described.filter(|name| !name.starts_with("lithops.")).collect();
    let mut differences = Vec::new();
    compare("modules", &described, &live, &mut differences);
    agree(&differences);
}

#[test]
fn everything_could_be_looked_at() {
    agree(&LIVE.failures);
}

/// What only AWS Lambda says of a call.
const ON_LAMBDA: [&str; 3] = ["worker_billed_ms", "worker_init_ms", "worker_peak_memory_mb"];

/// The fields of `lithops.Stats`, as they are written in the source.
#[test]
fn every_figure_of_a_call_is_described_and_no_other() {
    let source = fs::read_to_string(root().join("src/lua/api/futures.rs")).unwrap();
    let start = source.find("host_job_create_tstamp").unwrap();
    let end = source[start..].find("\n}\n").unwrap() + start;
    let words = source[start..end].split('"').map(str::to_owned);
    let is_name = |word: &String| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let mut live: BTreeSet<String> = words.filter(is_name).collect();
    live.insert("host_job_create_tstamp".into());
    let mut differences = Vec::new();
    let class = library().class("lithops.Stats").unwrap();
    compare("lithops.Stats", &described_members(class), &live, &mut differences);
    agree(&differences);
}

#[test]
fn every_function_field_and_method_is_described_and_no_other() {
    let mut differences = Vec::new();
    for class in library().classes().filter(|class| is_looked_at(class)) {
        match LIVE.members.get(&class.name) {
            Some(live) => {
                let mut live = live.clone();
                if class.name == "lithops.Stats" {
                    live.extend(ON_LAMBDA.map(str::to_owned));
                }
                compare(&class.name, &described_members(class), &live, &mut differences);
            }
            None => differences.push(format!("{}: tests/types/recipes.lua does not say how to get one", class.name)),
        }
    }
    agree(&differences);
    assert!(LIVE.members.len() > 30, "{}", LIVE.members.len());
}

#[test]
fn every_option_is_described_and_no_other() {
    let mut differences = Vec::new();
    let mut compared = 0;
    for function in callables() {
        let Some(options) = library().options_table(&function) else { continue };
        let Some(live) = LIVE.options.get(&function.name) else { continue };
        // Places in a list are no options: `[1]` of argparse.
        let names = options.fields.iter().map(|field| field.name.clone());
        let described = names.filter(|name| !name.starts_with('[')).collect();
        compare(&function.name, &described, live, &mut differences);
        compared += 1;
    }
    agree(&differences);
    assert!(compared > 50, "{compared}");
}

/// Names of parameters in functions that others are made of.
const ANY_NAMES: [&str; 3] = ["value", "other", "first"];

/// Whether the names are all of those that are described, or the first ones of them with `...` for the others.
fn is_head(live: &[String], described: &[&str]) -> bool {
    let is_same = |(live, described): (&String, &&str)| live == *described || ANY_NAMES.contains(&live.as_str());
    if live.len() == described.len() && live.iter().zip(described).all(is_same) {
        return true;
    }
    match live.split_last() {
        Some((last, head)) if last == "..." => described.iter().zip(head).filter(|(a, b)| a == b).count() == head.len(),
        _ => live == described,
    }
}

#[test]
fn functions_in_lua_have_the_parameters_that_are_described() {
    let mut differences = Vec::new();
    for function in library().functions().filter(|function| !function.is_private) {
        let described: Vec<&str> = function.params.iter().map(|param| param.name.as_str()).collect();
        if let Some(live) = LIVE.parameters.get(&function.name)
            && !is_head(live, &described)
        {
            differences.push(format!(
                "{}: described ({}), and it is ({})",
                function.name,
                described.join(", "),
                live.join(", ")
            ));
        }
    }
    agree(&differences);
    assert!(LIVE.parameters.len() > 20, "{}", LIVE.parameters.len());
}

#[test]
fn constants_have_the_values_that_are_described() {
    for (name, live) in &LIVE.values {
        let (_, field) = library().field(name).unwrap();
        assert_eq!(field.kind, *live, "{name}");
    }
    assert!(LIVE.values.contains_key("lithops.ALWAYS"), "{:?}", LIVE.values);
}

/// What is in quotes in the lines of `text` that have `mark`, behind it.
fn quoted(text: &str, mark: &str) -> BTreeSet<String> {
    let rest = text.lines().filter_map(|line| line.split_once(mark)).map(|(_, rest)| rest);
    // Only such as `Clock => "clock",` and `CLOCK: &str = "clock";`.
    let values = rest.filter(|rest| rest.matches('"').count() == 2 && rest.ends_with(['"', ',', ';']));
    values.filter_map(|rest| rest.split('"').nth(1)).filter(|word| !word.contains(' ')).map(str::to_owned).collect()
}

fn values(alias: &Alias) -> BTreeSet<String> {
    alias
        .values
        .iter()
        .flat_map(|(value, _)| value.split('|'))
        .map(|value| value.trim_matches('"').to_owned())
        .collect()
}

#[test]
fn every_kind_of_error_is_described_and_no_other() {
    let source = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let mut differences = Vec::new();
    let storage = quoted(&source("src/storage/error.rs"), "StorageErrorKind::");
    let described = values(library().alias("lithops.StorageErrorKind").unwrap());
    compare("lithops.StorageErrorKind", &described, &storage, &mut differences);
    let mut calls = quoted(&source("src/protocol/mod.rs"), "pub const ");
    calls.insert("lithops.StorageErrorKind".into());
    let described = values(library().alias("lithops.ErrorKind").unwrap());
    compare("lithops.ErrorKind", &described, &calls, &mut differences);
    let http = quoted(&source("src/http.rs"), "HttpErrorKind::");
    let described = values(library().alias("http.ErrorKind").unwrap());
    compare("http.ErrorKind", &described, &http, &mut differences);
    assert!(storage.len() > 10 && calls.len() > 8 && http.len() > 3, "{storage:?} {calls:?} {http:?}");
    agree(&differences);
}
