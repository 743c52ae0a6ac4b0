use std::fs;

use lithops_lua::config::schema::{SECTIONS, section};
use serde_json::Value;

use crate::support::Folder;

/// The lines of a template that set something when their `# ` is taken away, with their sections.
fn commented(template: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut current = String::new();
    for line in template.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| section(name).is_some()) {
            current = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("  # ") {
            let key = rest.split(':').next().unwrap();
            let known = section(&current).is_some_and(|section| section.keys.iter().any(|known| known.name == key));
            if known {
                found.push((current.clone(), line.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_key_of_a_new_file_can_be_uncommented() {
    let folder = Folder::new();
    let template = folder.run(&["config", "init", "-"]).out;
    let lines = commented(&template);
    // Those that Lithops has and this program does not are not proposed, nor are second names.
    let known: usize = SECTIONS.iter().map(|section| section.keys.len()).sum();
    assert!(lines.len() > known / 2, "{} of {known}", lines.len());
    let loads = |text: &str| {
        folder.write("config.yaml", text);
        let run = folder.run(&["--config", "config.yaml", "config", "show", "--json"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{text}");
        serde_json::from_str::<Value>(&run.out).unwrap()
    };
    let as_it_is = loads(&template);
    for (section, line) in &lines {
        let uncommented = line.replacen("# ", "", 1);
        // The same key may be in two sections: its own is cut out first.
        let (before, own) = template.split_once(&format!("\n{section}:\n")).unwrap();
        let text = format!("{before}\n{section}:\n{}", own.replacen(line, &uncommented, 1));
        let shown = loads(&text);
        let key = uncommented.trim().split(':').next().unwrap();
        // It is the default that is shown.
        let value = |of: &Value| {
            let value = &of[section][key]["value"];
            // 2 and 2.0 are one number.
            value.as_f64().map_or_else(|| value.clone(), Value::from)
        };
        assert_eq!(value(&shown), value(&as_it_is), "{section}.{key}");
    }
    let mut all = template.clone();
    for (_, line) in &lines {
        all = all.replacen(line, &line.replacen("# ", "", 1), 1);
    }
    loads(&all);
}

#[test]
fn the_common_set_ups_at_its_head_load() {
    let folder = Folder::new();
    let template = folder.run(&["config", "init", "-"]).out;
    let mut examples: Vec<String> = vec![String::new()];
    for line in template.lines().take_while(|line| line.starts_with('#')) {
        match line.strip_prefix("#     ") {
            Some(code) => examples.last_mut().unwrap().push_str(&format!("{code}\n")),
            None if examples.last().unwrap().is_empty() => {}
            None => examples.push(String::new()),
        }
    }
    let examples: Vec<String> = examples.into_iter().filter(|example| !example.is_empty()).collect();
    assert_eq!(examples.len(), 2, "{examples:?}");
    for example in examples {
        folder.write("config.yaml", &example);
        assert_eq!(folder.run(&["--config", "config.yaml", "config", "show"]).code, Some(0), "{example}");
    }
}

#[test]
fn a_new_file_is_used_and_never_replaced_unasked() {
    let folder = Folder::new();
    let own = folder.path().join(".lithops_config");
    let run = folder.run(&["config", "init"]);
    assert!(run.code == Some(0) && run.out.contains(".lithops_config: written"), "{run:?}");
    folder.run(&["config", "path"]).prints(&format!("{}\n", own.canonicalize().unwrap().display()));
    fs::write(&own, "lithops: {retries: 3}\n").unwrap();
    folder.run(&["config", "init"]).complains(1, &[".lithops_config", "`--force` replaces it"]);
    assert_eq!(fs::read_to_string(&own).unwrap(), "lithops: {retries: 3}\n");
    assert_eq!(folder.run(&["config", "init", "--force"]).code, Some(0));
    assert!(fs::read_to_string(&own).unwrap().contains("# retries: 0"));
    assert_eq!(folder.run(&["config", "init", "deep/er/config"]).code, Some(0));
    assert!(folder.path().join("deep/er/config").exists());
    for options in [["--backend", "aws_lambda"], ["--for", "aws_lambda"]] {
        let template = folder.run(&["config", "init", "-", options[0], options[1]]).out;
        assert!(
            template.contains("\n  backend: aws_lambda\n") && template.contains("\n  execution_role: arn:"),
            "{options:?}"
        );
    }
    folder.run(&["--backend", "moon", "config", "init", "-"]).complains(2, &["no backend `moon`", "aws_lambda"]);
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file() {
    let folder = Folder::new();
    let own = folder.write(".lithops_config", "lithops: {retries: 3}\n");
    // Each write fails as on a full disk.
    let limited = "ulimit -f 0; trap '' XFSZ; exec \"$0\" config init --force";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_lithops-lua")]).current_dir(folder.path());
    crate::support::Run::from(shell.output().unwrap()).complains(1, &["failed to write .lithops_config: "]);
    assert_eq!(fs::read_to_string(&own).unwrap(), "lithops: {retries: 3}\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_path_of_what_is_used() {
    let folder = Folder::new();
    folder.run(&["config", "path"]).complains(1, &["no configuration file", ".lithops_config", ".lithops/config"]);
    let run = folder.run(&["config", "path", "--json"]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &told["path"], told["looked_for"].as_array().unwrap().len()), (Some(1), &Value::Null, 3));
    let file = folder.write("own.yaml", "lithops: {retries: 1}");
    let run = folder.run(&["--config", "own.yaml", "config", "path", "--json"]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, told["path"].as_str()), (Some(0), file.canonicalize().unwrap().to_str()));
    folder.run(&["--config", "missing.yaml", "config", "path"]).complains(2, &["missing.yaml", "no such file"]);
    let text = folder.command(&["config", "path"]).env("LITHOPS_CONFIG", "lithops: {retries: 1}").output().unwrap();
    crate::support::Run::from(text).complains(1, &["no file, but the text of LITHOPS_CONFIG"]);
}
