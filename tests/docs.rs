//! The documents say what is so: the README and the book in `docs`.
//!
//! - ```` ```lua ```` is a script that runs; a ```` ```text ```` block behind "prints" is all of its output.
//! - ```` ```lua,repl ```` is typed at the prompt: lines that begin with `> ` go in, the others come out.
//! - ```` ```yaml ```` is a configuration that loads.
//! - ```` ```sh ```` has commands, of which those of this program are understood by it.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use lithops_lua::cli::low_args::LowArgs;
use lithops_lua::luacats::library;
use lithops_lua::luacats::markdown::pages;
use support::Folder;

/// A block of code in a document.
#[derive(Debug)]
struct Block {
    /// File and line, for messages.
    at: String,
    language: String,
    text: String,
    /// What it prints, if the document says so.
    output: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents with code: the README, what is beside it, and the pages of the book that are written by hand.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)).into();
    for entry in fs::read_dir(root().join("docs/src")).unwrap() {
        let path = entry.unwrap().path();
        found.extend(path.extension().is_some_and(|extension| extension == "md").then_some(path));
    }
    found.sort();
    assert!(found.len() > 10, "{found:?}");
    found
}

fn blocks_of(document: &Path) -> Vec<Block> {
    let name = document.strip_prefix(root()).unwrap().display().to_string();
    let text = fs::read_to_string(document).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut prints_follow = false;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            prints_follow = line == "prints" || (prints_follow && line.is_empty());
            continue;
        };
        let code: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let text = code.join("\n") + "\n";
        if language == "text" && prints_follow {
            let last = blocks.last_mut().filter(|block| block.language == "lua" && block.output.is_none());
            last.unwrap_or_else(|| panic!("{name}:{}: output of no script", number + 1)).output = Some(text);
        } else {
            blocks.push(Block { at: format!("{name}:{}", number + 2), language: language.into(), text, output: None });
        }
        prints_follow = false;
    }
    blocks
}

/// All blocks in this language.
fn blocks(language: &str) -> Vec<Block> {
    let all = documents().into_iter().flat_map(|document| blocks_of(&document));
    all.filter(|block| block.language == language).collect()
}

#[test]
fn the_readme_asks_for_the_compiler_that_the_manifest_asks_for() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(concat!("You need Rust ", env!("CARGO_PKG_RUST_VERSION"), " or later")));
    assert!(readme.contains("Apache License 2.0") && env!("CARGO_PKG_LICENSE") == "Apache-2.0");
    assert!(!env!("CARGO_PKG_DESCRIPTION").is_empty() && root().join("LICENSE").exists());
    // The first two commands, as CI runs them.
    let blocks = blocks_of(&root().join("README.md"));
    let commands: Vec<&Block> = blocks.iter().filter(|block| block.language == "sh").collect();
    assert_eq!(commands[0].text, "cargo build --release && ./target/release/lithops-lua scripts/pi.lua\n");
    assert_eq!(commands[1].text, "cargo test --release\n");
}

#[test]
fn the_book_lists_every_page_of_the_reference() {
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    let listed: Vec<&str> =
        summary.lines().filter_map(|line| line.split_once("](reference/")?.1.strip_suffix(")")).collect();
    let pages = pages(library());
    let made: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
    assert_eq!(listed, made);
}

#[test]
fn every_script_of_the_documents_runs_and_prints_what_they_say() {
    let scripts = blocks("lua");
    assert!(scripts.len() > 25, "{}", scripts.len());
    for block in scripts {
        let run = Folder::with(&block.text).run(&["pipeline.lua"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}: {run:?}", block.at);
        if let Some(output) = block.output {
            assert_eq!(run.out, output, "{}", block.at);
        }
    }
}

#[test]
fn every_line_of_the_documents_that_is_typed_at_the_prompt_gives_what_they_say() {
    let sessions = blocks("lua,repl");
    assert!(!sessions.is_empty());
    for block in sessions {
        let (mut typed, mut expected) = (String::new(), String::new());
        for line in block.text.lines() {
            let (text, rest) = match line.strip_prefix("> ").or(line.strip_prefix(">> ")) {
                Some(rest) => (&mut typed, rest),
                None => (&mut expected, line),
            };
            text.push_str(rest);
            text.push('\n');
        }
        let run = Folder::new().run_with_input(&["repl"], &typed);
        assert_eq!((run.code, run.err.as_str(), run.out), (Some(0), "", expected), "{}", block.at);
    }
}

#[test]
fn every_configuration_of_the_documents_loads() {
    let files = blocks("yaml");
    assert!(files.len() >= 3);
    for block in files {
        let folder = Folder::new();
        folder.write(".lithops_config", &block.text);
        let run = folder.run(&["config", "show"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", block.at);
    }
}

/// The words of a command of this program in a line of shell, without what the shell does with its input and output.
fn own_words(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next()?.trim();
    let line = line.strip_prefix("./target/release/").unwrap_or(line);
    if !line.starts_with("lithops-lua") {
        return None;
    }
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in line.chars() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            ('|' | '>' | ';' | '&', None) => break,
            (' ', None) => words.push(String::new()),
            _ => words.last_mut()?.push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    Some(words)
}

#[test]
fn every_command_of_the_documents_is_understood() {
    let mut understood = 0;
    for block in blocks("sh") {
        for words in block.text.lines().filter_map(own_words) {
            let parsed = LowArgs::try_parse_from(&words);
            // `--help` and `--version` are errors to the parser.
            let refused = parsed.err().filter(clap::Error::use_stderr);
            assert!(refused.is_none(), "{}: {words:?}: {}", block.at, refused.unwrap());
            understood += 1;
        }
    }
    assert!(understood > 20, "{understood}");
}

#[test]
fn all_blocks_are_in_languages_that_are_tested() {
    for document in documents() {
        for block in blocks_of(&document) {
            let known = ["lua", "lua,repl", "text", "sh", "yaml", "python"];
            assert!(known.contains(&block.language.as_str()), "{}: a block in `{}`", block.at, block.language);
        }
        let text = fs::read_to_string(&document).unwrap();
        let is_indented = |line: &&str| line.starts_with(' ') && line.trim_start().starts_with("```");
        assert_eq!(text.lines().find(is_indented), None, "{}: it would not be run", document.display());
    }
}

#[test]
fn the_book_has_a_page_for_each_thing_to_know() {
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    for page in ["tutorial", "functions", "data", "aws", "errors", "how-it-works", "moving-from-lithops", "cost"] {
        assert!(summary.contains(&format!("({page}.md)")), "{page}");
    }
    // Side by side.
    let moving = fs::read_to_string(root().join("docs/src/moving-from-lithops.md")).unwrap();
    assert!(moving.contains("```python\n") && moving.contains("```lua\n"));
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(concat!("## ", env!("CARGO_PKG_VERSION"))), "{changelog}");
}

#[test]
fn links_of_what_is_beside_the_book_lead_somewhere() {
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace)) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { name } else { file };
            let page = fs::read_to_string(root().join(file));
            assert!(page.is_ok() || root().join(file).is_dir(), "{name}: there is no {file}");
            let slug = |heading: &str| -> String {
                let kept = heading.trim_start_matches('#').trim().to_lowercase();
                kept.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>().replace(' ', "-")
            };
            let is_there =
                page.is_ok_and(|page| page.lines().any(|line| line.starts_with('#') && slug(line) == anchor));
            assert!(anchor.is_empty() || is_there, "{name}: there is no {target}");
        }
    }
}
