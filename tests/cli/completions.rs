use std::process::{Command, Stdio};

use crate::has;
use crate::support::{Folder, Run};

fn script(folder: &Folder, shell: &str) -> String {
    let run = folder.run(&["completions", shell]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{shell}");
    run.out
}

fn run(folder: &Folder, program: &str, args: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder.path()).env("HOME", folder.path()).stdin(Stdio::null());
    command.output().unwrap().into()
}

/// A folder with scripts, some of which are called as commands are.
fn folder() -> Folder {
    let folder = Folder::new();
    for file in ["pipeline.lua", "run me.lua", "storage.lua", "data/a.csv"] {
        folder.write(file, "");
    }
    folder
}

/// What bash proposes for the last of these words.
fn proposed(folder: &Folder, words: &[&str]) -> Vec<String> {
    const COMPLETE: &str = r#"
        source ./completions.bash || exit 1
        # Only readline has it.
        compopt() { :; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        complete -p lithops-lua | grep -q -- "-o default.* -F _lithops_lua" || exit 2
        _lithops_lua "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        for word in "${COMPREPLY[@]}"; do printf '%s\n' "$word"; done"#;
    let mut args = vec!["--norc", "-c", COMPLETE, "bash", "lithops-lua"];
    args.extend(words);
    let run = run(folder, "bash", &args);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{words:?}: {run:?}");
    run.out.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_scripts() {
    if !has("bash") {
        return;
    }
    let folder = folder();
    folder.write("completions.bash", script(&folder, "bash"));
    let complete = |words: &[&str]| proposed(&folder, words);
    let all = complete(&[""]);
    for word in ["storage", "hello", "run me.lua", "pipeline.lua", "data"] {
        assert!(all.iter().any(|proposed| proposed == word), "`{word}` is missing in {all:?}");
    }
    assert!(!all.iter().any(|word| word.starts_with('-')), "{all:?}");
    assert_eq!(complete(&["stor"]), ["storage", "storage.lua"]);
    assert_eq!(complete(&["pip"]), ["pipeline.lua"]);
    assert_eq!(complete(&["--ba"]), ["--backend"]);
    assert_eq!(complete(&["storage", ""]), ["put", "get", "list", "delete", "cp"]);
    assert_eq!(complete(&["-q", "--config", "x.yaml", "storage", "de"]), ["delete"]);
    assert_eq!(complete(&["--config", "=", "x.yaml", "storage", "de"]), ["delete"]);
    assert_eq!(complete(&["-o", "a.b", "=", "c", "job", "sh"]), ["show"]);
    assert!(complete(&["storage", "delete", "--"]).contains(&"--dry-run".into()));
    assert_eq!(complete(&["--log-format", ""]), ["text", "json"]);
    assert_eq!(complete(&["config", "init", "--for", ""]), ["localhost", "aws_lambda"]);
    // Nothing is proposed where files are wanted: the shell does that by itself.
    for words in [&["check", ""][..], &["storage", "put", ""], &["run", "pip"], &["types", ""]] {
        assert_eq!(complete(words), [""; 0], "{words:?}");
    }
    // What is behind a script is its own, whatever it is called.
    for words in [
        &["pipeline.lua", ""][..],
        &["pipeline.lua", "test", "--"],
        &["pipeline.lua", "sto"],
        &["run", "pipeline.lua", "sto"],
        &["-e", "print(1)", "sto"],
        &["-q", "./storage", "li"],
        &["--config", "x.yaml", "pipeline.lua", "--ba"],
    ] {
        assert_eq!(complete(words), [""; 0], "{words:?}");
    }
}

#[test]
fn scripts_for_shells_are_valid() {
    let folder = folder();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")] {
        let text = script(&folder, shell);
        assert!(text.contains("no-clobber"), "{shell}");
        if has(shell) {
            folder.write("script", text);
            let run = run(&folder, shell, &[check, "script"]);
            assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{shell}");
        }
    }
    for shell in ["powershell", "elvish"] {
        assert!(script(&folder, shell).contains("no-clobber"), "{shell}");
    }
}

#[test]
fn fish_completes_commands_and_scripts() {
    if !has("fish") {
        return;
    }
    let folder = folder();
    folder.write("completions.fish", script(&folder, "fish"));
    let complete = |line: &str| {
        let code = format!("source completions.fish; complete -C '{line}'");
        let run = run(&folder, "fish", &["--no-config", "-c", &code]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{line}");
        run.out.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("lithops-lua storage d"), ["delete"]);
    assert_eq!(complete("lithops-lua pip"), ["pipeline.lua"]);
    let all = complete("lithops-lua ");
    assert!(
        all.contains(&"hello".into()) && all.contains(&"pipeline.lua".into()) && !all.contains(&"help".into()),
        "{all:?}"
    );
}
