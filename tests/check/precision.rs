use std::fs;
use std::path::{Path, PathBuf};

use super::{Folder, finds};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with this ending below a folder of the repository.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_found_in_the_examples_and_the_standard_library() {
    let root = root().to_str().unwrap();
    let run = Folder::new().run(&["check", &format!("{root}/scripts"), &format!("{root}/stdlib")]);
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)));
    assert!(run.err.contains(" files: nothing found"), "{}", run.err);
}

/// Whether a file makes mistakes to see what is said of them.
fn makes_mistakes(file: &str) -> bool {
    file.contains("/mistakes/") || file.ends_with("/pool_mistakes_test.lua") || file.ends_with("/types/recipes.lua")
}

#[test]
fn nothing_is_found_in_the_lua_of_the_tests() {
    let tests = files(&root().join("tests"), "lua");
    let others: Vec<PathBuf> = tests.into_iter().filter(|file| !makes_mistakes(&file.to_string_lossy())).collect();
    for file in others {
        let run = Folder::new().run(&["check", file.to_str().unwrap()]);
        assert_eq!((run.out.as_str(), run.code), ("", Some(0)));
    }
}

/// Blocks of code are complete programs, or have what is before them in mind: then only names may be missing.
#[test]
fn nothing_is_found_in_the_readme() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = text.split("```lua\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        finds(block, &[]);
    }
}

/// What depends on what a test puts around its script: functions in front of it, modules beside it.
const BY_SURROUNDINGS: [&str; 3] = ["[syntax]", "[undefined-global]", "[missing-module]"];

/// The Lua of the Rust tests: scripts between `r#"` and `"#` that this process only looks at.
#[test]
fn the_scripts_of_the_tests_have_few_findings() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for file in ["jobs", "objects", "dataset", "storage_api", "modules"]
        .iter()
        .flat_map(|name| files(&root().join("tests").join(name), "rs"))
    {
        let text = fs::read_to_string(&file).unwrap();
        for script in text.split("r#\"").skip(1).filter_map(|rest| rest.split("\"#").next()) {
            if !script.contains("lithops") || script.contains('{') && script.contains("{}{}") {
                continue;
            }
            let run = Folder::with(script).run(&["check", "pipeline.lua"]);
            let errors: Vec<&str> = run
                .out
                .lines()
                .filter(|line| line.contains(": error: ") && !BY_SURROUNDINGS.iter().any(|rule| line.ends_with(rule)))
                .collect();
            checked += 1;
            if !errors.is_empty() {
                wrong.push(format!("{}:\n{script}\n{}", file.display(), errors.join("\n")));
            }
        }
    }
    assert!(checked > 50, "{checked}");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n----\n"));
}

#[test]
fn syntax_of_luajit_alone_is_left_alone() {
    finds(
        "local n = 1\nn += 2\nprint(n, lenght(n))",
        &["2:3: warning: only the syntax was checked, since this is of LuaJIT alone [not-analysed]"],
    );
    // What both know.
    finds("for i = 1, 3 do if i == 2 then goto next end print(i, 1LL, 2ULL, 'a\\z\n b') ::next:: end", &[]);
}

#[test]
fn deep_and_long_code_is_walked_through() {
    let sum = format!("return {}", vec!["1"; 20_000].join(" + "));
    finds(&sum, &[]);
    let sum = format!("return {}", vec!["1"; 49_000].join(" + "));
    finds(&sum, &[]);
    let nested = format!("return {}1{}", "(".repeat(150), ")".repeat(150));
    finds(&nested, &[]);
    let table = format!("return {{ {} }}", vec!["{ 1, x = 2 }"; 20_000].join(", "));
    finds(&table, &[]);
}

#[test]
fn an_expression_that_is_too_long_to_be_walked_through_is_told() {
    let sum = format!("local x = 1\nreturn {}", vec!["x"; 400_000].join(" + "));
    finds(
        &sum,
        &[
            "2:8: warning: only the syntax was checked, since an expression has more than 50000 operators [not-analysed]",
        ],
    );
}
