//! The annotations as texts: they are Lua, everything has words, and their examples run.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lithops_lua::lua::stdlib;
use lithops_lua::luacats::model::examples;
use lithops_lua::luacats::tokens::alternatives;
use lithops_lua::luacats::{Class, Item, library};

use crate::support::Folder;

#[test]
fn the_annotations_are_lua() {
    let folder = Folder::new();
    for (name, text) in stdlib::library() {
        let path = folder.write(name, text);
        let run = folder.run(&["-e", "assert(loadfile(arg[1]))", path.to_str().unwrap()]);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
}

/// Languages servers differ in whose words a line without a tag behind one with a tag is.
#[test]
fn what_belongs_to_a_tag_is_in_its_line() {
    let mut found = Vec::new();
    for (name, text) in stdlib::library() {
        let (mut has_tag, mut has_alias) = (false, false);
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = line.strip_prefix("---") else {
                (has_tag, has_alias) = (false, false);
                continue;
            };
            has_alias |= comment.starts_with("@alias");
            let is_tag = comment.starts_with('@') || (has_alias && comment.starts_with("| "));
            if has_tag && !is_tag {
                found.push(format!("{name}:{}: {line}", number + 1));
            }
            has_tag |= is_tag;
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn everything_that_is_described_has_words() {
    let mut without = BTreeSet::new();
    let mut look = |name: String, text: &str| {
        if !text.ends_with(['.', '`', ':', '…', '|', '?']) {
            without.insert(format!("{name}: {:?}", text.lines().last().unwrap_or("no words")));
        }
    };
    // Words about a table of options are at its options, and words about an object at its class.
    let is_class = |kind: &str| {
        let kinds = alternatives(kind);
        kinds.into_iter().all(|kind| library().class(kind.trim_end_matches("[]")).is_some())
    };
    let is_record = |class: &Class| library().is_record(class) && class.name.ends_with("Options");
    for item in library().items() {
        if !matches!(item, Item::Class(class) if is_record(class)) {
            look(item.name().to_owned(), item.text());
        }
        match item {
            Item::Function(function) if !function.is_private => {
                // What has to be given, the function itself speaks of; what may be left out has a default.
                for param in function.params.iter().filter(|param| param.optional && !is_class(&param.kind)) {
                    look(format!("{}, {}", function.name, param.name), &param.text);
                }
            }
            Item::Class(class) => {
                for field in class.fields.iter().filter(|field| !field.is_private) {
                    look(format!("{}, {}", class.name, field.name), &field.text);
                }
            }
            _ => {}
        }
    }
    assert!(
        without.is_empty(),
        "{} without words:\n{}",
        without.len(),
        without.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// A block of code, and what it prints if a block of text says so.
fn blocks(text: &str) -> Vec<(String, Option<String>)> {
    let found = examples(text).into_iter().map(|(line, code)| {
        let behind = text.lines().skip(line + code.lines().count() + 1).skip_while(|line| line.is_empty());
        let mut behind = behind.skip_while(|line| *line == "prints" || line.is_empty());
        let output = (behind.next() == Some("```text")).then(|| {
            let lines: Vec<&str> = behind.take_while(|line| *line != "```").collect();
            lines.join("\n") + "\n"
        });
        (code, output)
    });
    found.collect()
}

#[test]
fn every_example_runs_and_prints_what_it_says() {
    let all = library().items().flat_map(|item| {
        let found = blocks(item.text()).into_iter();
        found.map(|(code, output)| (item.name().to_owned(), code, output))
    });
    let all: Vec<_> = all.collect();
    assert!(all.len() > 40, "{}", all.len());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, code, output)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = Folder::with(code).run(&["-q", "pipeline.lua"]);
                    let is_right = output.as_ref().is_none_or(|output| *output == run.out);
                    if run.code != Some(0) || !run.err.is_empty() || !is_right {
                        failures.lock().unwrap().push(format!("{name}: {run:?}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
