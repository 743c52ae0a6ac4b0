use clap::{Command, CommandFactory, Parser};
use lithops_lua::cli::low_args::LowArgs;

use crate::support::Folder;

/// All commands, each with its words: `storage put`.
fn all(command: &Command, words: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    found.push((words.to_vec(), command.clone()));
    for sub in command.get_subcommands() {
        let words: Vec<String> = words.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        all(sub, &words, found);
    }
}

fn commands() -> Vec<(Vec<String>, Command)> {
    let mut found = Vec::new();
    all(&LowArgs::command(), &[], &mut found);
    assert!(found.len() > 25, "{found:?}");
    found
}

/// The words of a line of examples from the program's name on, as a shell has them: up to an explanation, which stands behind two
/// spaces, or to what the shell takes for itself.
fn words(line: &str) -> Option<Vec<String>> {
    let line = &line[line.find("lithops-lua ")?..];
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => {
                words.extend(word.take());
                if characters.peek() == Some(&' ') {
                    break;
                }
            }
            (None, '|' | '>' | '<' | ')' | ';') => break,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[test]
fn every_command_has_examples_and_each_is_one_of_it() {
    for (path, command) in commands() {
        // Lines stay whole.
        let help = command.term_width(0).render_long_help().to_string();
        assert!(help.contains("\nExamples:\n"), "{path:?} has no examples:\n{help}");
        let examples = help.split("\nExamples:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        let examples: Vec<Vec<String>> = examples.lines().filter_map(words).collect();
        assert!(!examples.is_empty(), "{path:?}");
        for words in &examples {
            if let Err(error) = LowArgs::try_parse_from(words) {
                panic!("{path:?}: {words:?}: {error}");
            }
        }
        // What is shown there is about the command.
        let is_own = |words: &Vec<String>| path.iter().all(|part| words.contains(part));
        assert!(examples.iter().all(is_own), "{path:?}: {examples:?}");
    }
}

#[test]
fn what_lists_has_json() {
    let mut count = 0;
    for (path, command) in commands() {
        if path.last().is_some_and(|name| ["list", "show", "doctor", "check", "test"].contains(&name.as_str())) {
            assert!(command.get_arguments().any(|argument| argument.get_id() == "json"), "{path:?}");
            count += 1;
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn examples_are_cut_as_a_shell_has_them() {
    let cut = |line: &str| words(line).unwrap().join("·");
    assert_eq!(cut("  lithops-lua storage put a b/  in words"), "lithops-lua·storage·put·a·b/");
    assert_eq!(cut("  x | lithops-lua -e 'print(1)  ' a | jq ."), "lithops-lua·-e·print(1)  ·a");
    assert_eq!(cut("  $EDITOR \"$(lithops-lua config path)\""), "lithops-lua·config·path");
    assert!(words("nothing").is_none());
}

#[test]
fn help_of_every_command_is_shown_without_a_configuration() {
    let folder = Folder::new();
    folder.write(".lithops_config", "nonsense: [");
    for (path, _) in commands() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let run = folder.run(&args);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(run.out.contains("Usage: lithops-lua") && run.out.contains("Examples:"), "{args:?}: {}", run.out);
        assert!(!run.out.contains('\x1b'), "{args:?}");
    }
}

#[test]
fn a_command_or_option_that_is_none_is_told_with_the_nearest() {
    let folder = Folder::new();
    folder
        .run(&["chek"])
        .fails(2, "lithops-lua: cannot read `chek`: there is no such file; did you mean the command `check`?");
    folder.run(&["storge", "list"]).complains(2, &["did you mean the command `storage`?"]);
    folder.run(&["help"]).complains(2, &["`lithops-lua --help` tells what there is"]);
    folder.run(&["xyzzy"]).fails(2, "lithops-lua: cannot read `xyzzy`: there is no such file");
    folder.run(&["chek.lua"]).fails(2, "lithops-lua: cannot read `chek.lua`: there is no such file");
    let run = folder.run(&["storage", "lst"]);
    assert!(run.code == Some(2) && run.err.contains("'list'"), "{run:?}");
    let run = folder.run(&["storage", "list", "--lng"]);
    assert!(run.code == Some(2) && run.err.contains("'--long'"), "{run:?}");
}
