//! `lithops-lua types` in projects.

use std::fs;
use std::path::Path;

use lithops_lua::lua::stdlib;
use lithops_lua::luacats::{library, markdown};

use crate::support::Folder;

const SETTINGS: &str = r#"{
  "runtime": {
    "version": "LuaJIT"
  },
  "workspace": {
    "checkThirdParty": false,
    "library": [".lithops-lua/types"]
  }
}
"#;

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_fresh_project_gets_annotations_and_settings() {
    let folder = Folder::new();
    let count = stdlib::library().len();
    folder.run(&["types"]).prints(&format!(
        ".lithops-lua/types: annotations, {count} files, {count} of them new\n\
         .luarc.json: settings of the Lua language server, new\n"
    ));
    for (name, text) in stdlib::library() {
        let written = read(&folder, &format!(".lithops-lua/types/{name}"));
        let (header, rest) = written.split_once('\n').unwrap();
        assert!(header.starts_with("-- Written by `lithops-lua types`") && rest == *text, "{name}");
    }
    assert_eq!(names(&folder.path().join(".lithops-lua/types")).len(), count);
    assert_eq!(read(&folder, ".luarc.json"), SETTINGS);
    assert_eq!(names(folder.path()), [".lithops-lua", ".luarc.json"]);
}

#[test]
fn a_second_time_changes_nothing() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("project")).unwrap();
    folder.run(&["types", "project"]);
    let settings = folder.path().join("project/.luarc.json");
    let before = fs::metadata(&settings).unwrap().modified().unwrap();
    folder.run(&["types", "project"]).prints(&format!(
        "project/.lithops-lua/types: annotations, {} files, 0 of them new\n\
         project/.luarc.json: has all settings of the Lua language server already\n",
        stdlib::library().len()
    ));
    assert_eq!(fs::metadata(&settings).unwrap().modified().unwrap(), before);
}

#[test]
fn settings_that_are_there_stay() {
    let folder = Folder::new();
    folder.write(
        ".luarc.json",
        r#"{"diagnostics": {"globals": ["love"]}, "workspace": {"library": ["vendor"], "ignoreDir": ["out"]}, "a": 1e3}"#,
    );
    let run = folder.run(&["types"]);
    assert!(run.out.ends_with(".luarc.json: settings of the Lua language server, added\n"), "{run:?}");
    let expected = r#"{
  "diagnostics": {"globals": ["love"]},
  "workspace": {
    "library": ["vendor", ".lithops-lua/types"],
    "ignoreDir": ["out"],
    "checkThirdParty": false
  },
  "a": 1e3,
  "runtime": {
    "version": "LuaJIT"
  }
}
"#;
    assert_eq!(read(&folder, ".luarc.json"), expected);
    let run = folder.run(&["types"]);
    assert!(run.out.contains("has all settings"), "{run:?}");
    assert_eq!(read(&folder, ".luarc.json"), expected);
}

#[test]
fn settings_with_comments_are_told_of_and_stay() {
    let folder = Folder::new();
    let settings = "{\n  // ours\n  \"hint.enable\": true\n}\n";
    folder.write(".luarc.jsonc", settings);
    let run = folder.run(&["types"]);
    run.complains(
        1,
        &[
            "failed to add to .luarc.jsonc: it is not plain JSON",
            "line 2",
            "add by hand",
            "\"workspace.library\" \".lithops-lua/types\"",
        ],
    );
    assert_eq!(read(&folder, ".luarc.jsonc"), settings);
    // What is to be added by hand is there.
    assert_eq!(names(&folder.path().join(".lithops-lua/types")).len(), stdlib::library().len());
    assert!(!folder.path().join(".luarc.json").exists());
}

#[test]
fn annotations_that_this_version_does_not_have_are_removed() {
    let folder = Folder::new();
    folder.write(".lithops-lua/types/csv.d.lua", "---@meta csv\n");
    assert_eq!(folder.run(&["types"]).code, Some(0));
    folder.write(".lithops-lua/types/gone.d.lua", read(&folder, ".lithops-lua/types/json.d.lua"));
    // Those of the user are not ours to remove.
    for name in ["mine.txt", "mine.d.lua"] {
        folder.write(&format!(".lithops-lua/types/{name}"), "---@meta mine\n");
    }
    assert_eq!(folder.run(&["types"]).code, Some(0));
    let names = names(&folder.path().join(".lithops-lua/types"));
    assert!(!names.contains(&"gone.d.lua".into()), "{names:?}");
    assert!(names.contains(&"mine.txt".into()) && names.contains(&"mine.d.lua".into()), "{names:?}");
    assert!(read(&folder, ".lithops-lua/types/csv.d.lua").contains("function csv.decode"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_of_in_one_sentence() {
    let folder = Folder::new();
    folder.run(&["types", "nowhere"]).complains(1, &["failed to write into nowhere: there is no such folder"]);
    folder.write(".lithops-lua", "a file");
    folder.run(&["types"]).complains(1, &["failed to write .lithops-lua/types/"]);
    assert!(!folder.path().join(".luarc.json").exists());
}

#[test]
fn the_reference_is_written_as_a_page_for_each_module() {
    let folder = Folder::new();
    let pages = markdown::pages(library());
    let run = folder.run(&["types", "--markdown", "reference"]);
    run.prints(&format!("{} pages in reference\n", pages.len()));
    for page in &pages {
        assert_eq!(read(&folder, &format!("reference/{}", page.file)), page.text);
    }
}
