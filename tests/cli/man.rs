use std::process::{Command, Stdio};

use clap::CommandFactory;
use lithops_lua::cli::low_args::LowArgs;

use crate::has;
use crate::support::{Folder, Run};

fn paths(command: &clap::Command, path: &str, found: &mut Vec<String>) {
    for sub in command.get_subcommands() {
        let path = format!("{path} {}", sub.get_name());
        found.push(path.clone());
        paths(sub, &path, found);
    }
}

#[test]
fn one_page_has_all_commands() {
    let page = Folder::new().run(&["man"]);
    assert_eq!((page.code, page.err.as_str()), (Some(0), ""));
    assert!(page.out.is_ascii());
    let mut commands = Vec::new();
    paths(&LowArgs::command(), "lithops-lua", &mut commands);
    for command in &commands {
        let heading = format!(".SS \"{command}\"\n");
        let section = page.out.split(&heading).nth(1).unwrap_or_else(|| panic!("{command} has no section"));
        let section = section.split("\n.SS ").next().unwrap();
        assert!(section.contains("\\fIExamples:\\fR") && section.contains("lithops\\-lua"), "{command}: {section}");
    }
    for file in ["jobs", "history"] {
        assert!(page.out.contains(&format!("/state/lithops\\-lua/{file}")), "{file}");
    }
    let headings: Vec<&str> = page.out.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(
        headings,
        ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXAMPLES", "ENVIRONMENT", "\"EXIT STATUS\"", "FILES"]
    );
}

/// What a formatter says of the page, and makes of it.
fn formatted(program: &str, args: &[&str]) -> Run {
    let folder = Folder::new();
    let page = folder.write("page.1", folder.run(&["man"]).out);
    Command::new(program).args(args).arg(page).stdin(Stdio::null()).output().unwrap().into()
}

#[test]
fn formatters_have_nothing_to_complain_about() {
    if has("groff") {
        // Plain text: bold and underlined words are written by it in ways that differ.
        let run = formatted("groff", &["-ww", "-man", "-Tutf8", "-P-cbu"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
        for words in ["storage put", "lithops-lua storage put data.csv s3://my-bucket/in/", "EXIT STATUS", "Ctrl-C"] {
            assert!(run.out.contains(words), "`{words}` is missing");
        }
    }
    // mandoc knows no `--version`, but says so.
    if has("mandoc") {
        let run = formatted("mandoc", &["-T", "lint", "-W", "warning"]);
        let said: Vec<&str> = run.out.lines().chain(run.err.lines()).collect();
        let told: Vec<&&str> =
            said.iter().filter(|line| !line.contains("STYLE") && !line.contains("missing date")).collect();
        assert!(told.is_empty(), "{told:?}");
    }
}
