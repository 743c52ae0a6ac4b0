//! The order in which files and tests run.

use crate::support::Folder;

fn many() -> Folder {
    let folder = Folder::new();
    for name in ["c", "a", "b"] {
        folder.write(
            &format!("tests/{name}_test.lua"),
            format!(
                "for i = 1, 9 do it('{name}' .. i, function() end) end\n\
                      describe('{name}', function() for i = 1, 9 do it('in ' .. i, function() end) end end)"
            ),
        );
    }
    folder
}

fn names(folder: &Folder, args: &[&str]) -> Vec<String> {
    let run = folder.run(&[&["test", "--json"], args].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let objects = run.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    objects.filter_map(|object| Some(object["name"].as_str()?.to_owned())).collect()
}

#[test]
fn files_run_in_order_of_their_names() {
    let folder = many();
    let names = names(&folder, &[]);
    assert_eq!((names[0].as_str(), names[18].as_str(), names[36].as_str()), ("a1", "b1", "c1"));
    let run = folder.run(&["test", "tests/c_test.lua", "tests", "./tests/c_test.lua"]);
    let files: Vec<_> = run.out.lines().filter_map(|line| Some(line.split_once(" .")?.0)).collect();
    assert_eq!(files, ["tests/c_test.lua", "tests/a_test.lua", "tests/b_test.lua"], "each once, as they were named");
}

#[test]
fn a_seed_repeats_an_order() {
    let folder = many();
    let plain = names(&folder, &[]);
    let one = names(&folder, &["--seed", "1"]);
    assert_eq!(one, names(&folder, &["--seed", "1", "--shuffle"]));
    assert_ne!(one, names(&folder, &["--seed", "2"]));
    assert_ne!(one, plain);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(one), sorted(plain));
    let run = folder.run(&["test", "--shuffle"]);
    let seed = run.out.lines().find_map(|line| line.strip_prefix("in the order of --seed ")).unwrap();
    assert!(seed.parse::<u32>().is_ok(), "{}", run.out);
}

#[test]
fn a_group_may_have_its_own() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "describe('g', function() randomize(3) for i = 1, 9 do it(tostring(i), function() end) end end)",
    );
    let first = names(&folder, &[]);
    assert_eq!(first, names(&folder, &[]));
    assert_ne!(first, (1..=9).map(|i| format!("g {i}")).collect::<Vec<_>>());
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "it('one', function() end)\nit('two', function() error('x') end)\nit('three', function() end)",
    );
    folder.write("b_test.lua", "it('four', function() end)");
    let run = folder.run(&["test", "--fail-fast"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.ends_with("\n1 passed, 1 failed\n"), "{}", run.out);
}
