//! Which files are found, and which tests of them run.

use crate::support::Folder;

fn listed(folder: &Folder, args: &[&str]) -> Vec<String> {
    let run = folder.run(&[&["test", "--list"], args].concat());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    run.out.lines().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
}

fn file(folder: &Folder, path: &str) {
    folder.write(path, format!("it('{path}', function() end)"));
}

#[test]
fn files_of_tests_are_found_in_the_usual_folders() {
    let folder = Folder::new();
    for path in [
        "tests/a_test.lua",
        "tests/deep/er/b_spec.lua",
        "tests/helper.lua",
        "tests/.hidden/c_test.lua",
        "spec/d_spec.lua",
        "e_test.lua",
    ] {
        file(&folder, path);
    }
    assert_eq!(listed(&folder, &[]), ["tests/a_test.lua", "tests/deep/er/b_spec.lua", "spec/d_spec.lua"]);
    assert_eq!(listed(&folder, &["e_test.lua", "tests/deep"]), ["e_test.lua", "tests/deep/er/b_spec.lua"]);
    assert_eq!(listed(&folder, &["tests/helper.lua"]), ["tests/helper.lua"], "a file that is named has any name");
}

#[test]
fn without_them_this_folder_is_searched_and_not_what_others_made() {
    let folder = Folder::new();
    for path in ["src/a_test.lua", "b_test.lua", "lua_modules/x_test.lua", "target/y_test.lua", ".git/z_test.lua"] {
        file(&folder, path);
    }
    assert_eq!(listed(&folder, &[]), ["b_test.lua", "src/a_test.lua"]);
    std::os::unix::fs::symlink("..", folder.path().join("src/up")).unwrap();
    assert_eq!(listed(&folder, &[]), ["b_test.lua", "src/a_test.lua"], "a link to a folder is not followed");
}

#[test]
fn filters_are_patterns_of_whole_names() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "describe('outer', function()\n  it('one', function() end)\n  it('two #slow', function() end)\n  describe('#net', function() it('three', function() end) end)\nend)\nit('four', function() end)",
    );
    let all = ["outer one", "outer two #slow", "outer #net three", "four"];
    assert_eq!(listed(&folder, &[]), all);
    assert_eq!(listed(&folder, &["--filter", "^outer o"]), ["outer one"]);
    assert_eq!(listed(&folder, &["--filter", "one", "--filter", "four"]), ["outer one", "four"]);
    assert_eq!(listed(&folder, &["--filter-out", "outer"]), ["four"]);
    assert_eq!(listed(&folder, &["--tags", "slow,net"]), ["outer two #slow", "outer #net three"]);
    assert_eq!(listed(&folder, &["--exclude-tags", "slow", "--exclude-tags=#net"]), ["outer one", "four"]);
    let run = folder.run(&["test", "--filter", "one"]);
    assert!(run.out.contains("3 tests were left out\n1 success / "), "{}", run.out);
}

#[test]
fn set_up_runs_only_for_tests_that_run() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "describe('slow', function()\n  setup(function() error('set up') end)\n  it('x', function() end)\nend)\nit('quick', function() end)",
    );
    let run = folder.run(&["test", "--filter", "quick"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}
