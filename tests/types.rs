//! The annotations for editors describe what there is, and nothing else.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use support::Folder;

/// Prints the names of the `lithops` table, and the methods of what its functions give.
const LIVE: &str = r#"
for name in pairs(lithops) do print("lithops." .. name) end
-- Made when it is asked for.
if lithops.config then print("lithops.config") end
local executor = lithops.FunctionExecutor()
local future = executor:call_async(function() end)
for class, object in pairs({ Executor = executor, Future = future, Futures = executor:map(print, {}) }) do
  for _, name in ipairs(arg) do
    local found, value = pcall(function() return object[name] end)
    if found and type(value) == "function" then print(class .. ":" .. name) end
  end
end
"#;

/// All annotations of the `lithops` table and of its objects.
fn annotations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib/library");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// What the annotations name: fields of `lithops`, and functions of it and of its classes.
fn described(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut class = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("---@class ") {
            class = rest.split([':', ' ']).next().unwrap();
        } else if let Some(rest) = line.strip_prefix("---@field ")
            && class == "lithops"
        {
            names.insert(format!("lithops.{}", rest.split([' ', '?']).next().unwrap()));
        } else if let Some(rest) = line.strip_prefix("function ") {
            names.insert(rest.split('(').next().unwrap().to_owned());
        } else if let Some((name, _)) = line.split_once(" = ")
            && name.starts_with("lithops.")
        {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn every_name_is_described_and_no_other() {
    let described = described(&annotations());
    let methods: BTreeSet<&str> =
        described.iter().filter_map(|name| name.split_once(':')).map(|(_, name)| name).collect();
    let mut args = vec!["-e", LIVE];
    args.extend(methods);
    let run = Folder::new().run(&args);
    assert_eq!(run.code, Some(0), "{run:?}");
    let live: BTreeSet<String> = run.out.lines().map(str::to_owned).collect();
    let of = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let ours = |name: &&String| {
            let is_ours = |class: &str| name.strip_prefix(class).is_some_and(|rest| !rest.contains(['.', ':']));
            ["lithops.", "Executor:", "Future:", "Futures:"].into_iter().any(is_ours)
        };
        names.iter().filter(ours).cloned().collect()
    };
    assert_eq!(of(&described), of(&live));
}

#[test]
fn the_annotations_are_lua() {
    let folder = Folder::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib/library")).unwrap() {
        let path = entry.unwrap().path();
        let run = folder.run(&["-e", "assert(loadfile(arg[1]))", path.to_str().unwrap()]);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
}
