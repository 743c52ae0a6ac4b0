//! `fs`.

use crate::jobs::{folder, passes, run_in};

#[test]
fn files_are_read_and_written_whole() {
    passes(
        r#"
        local fs = require "fs"
        same(fs.write("a", "one\0\255"), true)
        same(fs.read("a"), "one\0\255")
        same(fs.append("a", "two"), true)
        same(fs.append("new", 3), true)
        same(fs.read("a") .. fs.read("new"), "one\0\255two3")
        -- The mode and links stay; nothing else is left in the folder.
        assert(os.execute("chmod 750 a && ln -s a link"))
        same(fs.write("link", "three"), true)
        same(fs.read("a"), "three")
        same(fs.stat("a").mode, tonumber("750", 8))
        same(fs.readlink("link"), "a")
        same(fs.list("."), { "a", "link", "new", "pipeline.lua" })
        assert(os.execute("(umask 027; touch made)"))
        same(fs.write("/dev/null", "x"), true)
        local function refused(words, number, nothing, err, code)
          same(nothing, nil)
          same(err, words)
          same(code, number)
        end
        refused("missing: No such file or directory", 2, fs.read("missing"))
        refused("no/such: No such file or directory", 2, fs.write("no/such", ""))
        refused("no/such: No such file or directory", 2, fs.append("no/such", ""))
        refused(".: Is a directory", 21, fs.read("."))
        refused(".: Is a directory", 21, fs.write(".", ""))
        refused("a/b: Not a directory", 20, fs.write("a/b", ""))
        local io_nothing, io_err, io_code = io.open("missing")
        refused(io_err, io_code, fs.read("missing"))
        raises("bad argument #2 to 'write' (string expected, got no value)", fs.write, "x")
        "#,
    );
}

#[test]
fn what_may_not_be_written_stays() {
    passes(
        r#"
        local fs = require "fs"
        fs.write("mine", "x")
        fs.write("kept", "x")
        fs.symlink("kept", "link")
        assert(os.execute("chmod 777 . && chmod 666 mine && chmod 444 kept"))
        -- Root may write anything.
        local ffi = require "ffi"
        ffi.cdef "int setuid(unsigned int id); unsigned int getuid(void);"
        if ffi.C.getuid() == 0 then same(ffi.C.setuid(65534), 0) end
        same(select(2, io.open("kept", "w")), "kept: Permission denied")
        same({ fs.write("kept", "y") }, { nil, "kept: Permission denied", 13 })
        same({ fs.write("link", "y") }, { nil, "link: Permission denied", 13 })
        same({ fs.copy("mine", "kept") }, { nil, "kept: Permission denied", 13 })
        same(fs.read("kept"), "x")
        "#,
    );
}

#[test]
fn open_files_are_written_in_place() {
    passes(
        r#"
        local fs = require "fs"
        local binary = fs.readlink("/proc/self/exe")
        fs.write("inner.lua", "assert(require('fs').write(arg[1], 'inner'))")
        local function sh(command) assert(os.execute((command:gsub("inner%.lua", "'" .. binary .. "' %0")))) end
        sh "(inner.lua /dev/stdout; echo outer) >> file"
        same(fs.read("file"), "innerouter\n")
        sh "inner.lua /dev/stdout | cat > piped"
        same(fs.read("piped"), "inner")
        sh "(inner.lua /dev/fd/3; echo outer >&3) 3>> third"
        same(fs.read("third"), "innerouter\n")
        same(fs.list("."), { "file", "inner.lua", "piped", "pipeline.lua", "third" })
        "#,
    );
}

#[test]
fn modes_of_new_files_are_those_of_the_process() {
    passes(
        r#"
        local fs = require "fs"
        assert(os.execute("touch made"))
        fs.write("written", "")
        same(fs.stat("written").mode, fs.stat("made").mode)
        "#,
    );
}

#[test]
fn folders_are_looked_at() {
    passes(
        r#"
        local fs = require "fs"
        same(fs.mkdir("t/a/b", { parents = true }), true)
        same(fs.mkdir("t/a/b", { parents = true }), true)
        fs.write("t/x.csv", "12345")
        fs.write("t/a/y.csv", "")
        fs.write("t/a/b/z.csv", "")
        fs.write("t/.hidden", "")
        same(fs.symlink("a", "t/link"), true)
        local paths, kinds = {}, {}
        for path, kind in fs.walk("t") do
          table.insert(paths, path)
          table.insert(kinds, kind)
        end
        same(paths, { "t/.hidden", "t/a", "t/a/b", "t/a/b/z.csv", "t/a/y.csv", "t/link", "t/x.csv" })
        same(kinds, { "file", "dir", "dir", "file", "file", "link", "file" })
        same(fs.glob("t/*.csv"), { "t/x.csv" })
        same(fs.glob("t/a/**/*.csv"), { "t/a/b/z.csv", "t/a/y.csv" })
        same(fs.glob("t/*"), { "t/a", "t/link", "t/x.csv" })
        same(fs.glob("t/.*"), { "t/.hidden" })
        same(fs.glob("t/**/y.csv"), { "t/a/y.csv" })
        same(fs.glob("t/*/y.csv"), { "t/a/y.csv", "t/link/y.csv" })
        same(fs.glob("t/link/**/*.csv"), { "t/link/b/z.csv", "t/link/y.csv" })
        same(fs.glob("t/**"), { "t/a", "t/a/b", "t/link" })
        same(fs.glob("t/**/"), { "t/a", "t/a/b", "t/link" })
        same(fs.glob("**/a/**/*.csv"), { "t/a/b/z.csv", "t/a/y.csv" })
        same(fs.glob("**/**/z.csv"), { "t/a/b/z.csv" })
        same(fs.glob("./**/b/z.csv"), { "t/a/b/z.csv" })
        same(fs.glob(here .. "/t/**/b"), { here .. "/t/a/b" })
        same(fs.glob("t/**/.*"), { "t/.hidden" })
        raises("recursive wildcards must form a single path component", fs.glob, "t/**/a**")
        same(fs.glob("t/[xy].c?v"), { "t/x.csv" })
        same(fs.glob("none/*"), {})
        same(fs.list("t"), { ".hidden", "a", "link", "x.csv" })
        local stat = fs.stat("t/x.csv")
        same({ stat.size, stat.kind }, { 5, "file" })
        assert(math.abs(stat.modified - os.time()) < 60)
        same(fs.stat("t/link").kind, "dir")
        same(fs.stat("t/link", { follow = false }).kind, "link")
        same({ fs.exists("t"), fs.is_dir("t"), fs.is_file("t") }, { true, true, false })
        same({ fs.exists("t/x.csv"), fs.is_dir("t/x.csv"), fs.is_file("t/x.csv") }, { true, false, true })
        same({ fs.exists("none"), fs.is_dir("none"), fs.is_file("none") }, { false, false, false })
        same(select(2, fs.stat("none")), "none: No such file or directory")
        same(select(2, fs.list("t/x.csv")), "t/x.csv: Not a directory")
        raises("none: No such file or directory", fs.walk, "none")
        raises("bad pattern `a[`: invalid range pattern, at character 2", fs.glob, "a[")
        -- What is removed on the way is not entered.
        for path in fs.walk("t") do if path == "t/a" then fs.remove(path, { recursive = true }) end end
        same(fs.list("t"), { ".hidden", "link", "x.csv" })
        "#,
    );
}

#[test]
fn things_are_moved_and_removed() {
    passes(
        r#"
        local fs = require "fs"
        fs.write("a", "x")
        same(fs.copy("a", "b"), true)
        same(fs.rename("b", "c"), true)
        same({ fs.read("a"), fs.read("c"), fs.exists("b") }, { "x", "x", false })
        same(select(2, fs.copy("none", "b")), "none: No such file or directory")
        same(select(2, fs.rename("a", "no/b")), "no/b: No such file or directory")
        same(select(2, fs.symlink("x", "a")), "a: File exists")
        same(select(2, fs.readlink("a")), "a: Invalid argument")
        same(fs.mkdir("d"), true)
        same({ select(2, fs.mkdir("d")) }, { "d: File exists", 17 })
        fs.write("d/e", "")
        same(select(2, fs.remove("d")), "d: Directory not empty")
        fs.symlink("d", "l")
        same(fs.remove("l", { recursive = true }), true)
        same(fs.exists("d/e"), true)
        -- Nor is what a link leads to removed by its name with a slash.
        for _, name in ipairs { "l/", "l/.", "./l//" } do
          fs.symlink("d", "l")
          same(fs.remove(name, { recursive = true }), true)
          same({ fs.exists("d/e"), fs.list(".") }, { true, { "a", "c", "d", "pipeline.lua" } })
        end
        same(select(2, fs.remove("a/")), "a/: Not a directory")
        same(fs.remove("d/", { recursive = true }), true)
        same(fs.remove("a"), true)
        same(select(2, fs.remove("a")), "a: No such file or directory")
        raises("this would remove a whole file system", fs.remove, "/", { recursive = true })
        raises("unknown option `recurse`; did you mean `recursive`?", fs.remove, "c", { recurse = true })
        same({ fs.cwd(), fs.home() }, { fs.cwd(), here })
        "#,
    );
}

#[test]
fn links_that_lead_back_do_not_hold_up_a_search() {
    passes(
        r#"
        local fs = require "fs"
        fs.mkdir("t/a/b", { parents = true })
        fs.write("t/a/b/x", "")
        for _, name in ipairs { "one", "two", "three" } do
          fs.symlink("..", "t/a/" .. name)
          fs.symlink("../..", "t/a/b/" .. name)
        end
        same(fs.glob("t/**/x"), { "t/a/b/x" })
        same(fs.glob("t/**/b/x"), { "t/a/b/x" })
        "#,
    );
}

#[test]
fn a_file_is_not_copied_to_itself() {
    passes(
        r#"
        local fs = require "fs"
        fs.write("a", "x")
        fs.symlink("a", "soft")
        assert(os.execute("ln a hard"))
        for _, other in ipairs { "a", "./a", "soft", "hard" } do
          same((fs.copy("a", other)), nil)
          same(select(2, fs.copy("a", other)), other .. ": this is the same file as the one to copy")
          same(fs.read("a"), "x")
        end
        -- The mode comes along, and links stay.
        fs.write("b", "other")
        fs.symlink("b", "to_b")
        assert(os.execute("chmod 640 a"))
        same(fs.copy("a", "to_b"), true)
        same({ fs.read("b"), fs.readlink("to_b"), fs.stat("b").mode }, { "x", "b", tonumber("640", 8) })
        same(fs.copy("a", "/dev/null"), true)
        fs.mkdir("d")
        same(select(2, fs.copy("a", "d")), "d: Is a directory")
        same(select(2, fs.copy("d", "e")), "d: Is a directory")
        same(fs.list("d"), {})
        same(fs.exists("e"), false)
        "#,
    );
}

#[test]
fn a_link_that_leads_nowhere_yet_stays_one() {
    passes(
        r#"
        local fs = require "fs"
        fs.mkdir("d")
        fs.symlink("d/second", "first")
        fs.symlink("target", "d/second")
        same(fs.write("first", "x"), true)
        same({ fs.readlink("first"), fs.readlink("d/second"), fs.read("d/target") }, { "d/second", "target", "x" })
        fs.symlink("loop", "loop")
        same(select(2, fs.write("loop", "x")), "loop: Too many levels of symbolic links")
        "#,
    );
}

#[test]
fn the_folder_of_the_script_is_not_removed() {
    passes(
        r#"
        local fs = require "fs"
        fs.mkdir("d/e", { parents = true })
        fs.write("d/x", "")
        fs.symlink(".", "self")
        local recursive = { recursive = true }
        local words = "this would remove a whole file system or the folder that the script is in"
        for _, path in ipairs { ".", "..", "/..", "d/..", "d/e/../..", here, here .. "/..", "self/" } do
          raises(words, fs.remove, path, recursive)
        end
        raises("since it ends in `..`", fs.remove, "d/e/..", recursive)
        same(fs.list("."), { "d", "pipeline.lua", "self" })
        same(fs.remove("self", recursive), true)
        same(fs.remove("d/../d", recursive), true)
        same(fs.list("."), { "pipeline.lua" })
        "#,
    );
}

#[test]
fn temporary_folders_are_gone_afterwards() {
    passes(
        r#"
        local fs = require "fs"
        local kept
        local a, b = fs.temp_dir(function(path)
          kept = path
          same(fs.stat(path).mode, tonumber("700", 8))
          fs.write(path .. "/x", "y")
          return fs.read(path .. "/x"), nil
        end)
        same({ a, b }, { "y" })
        same(fs.exists(kept), false)
        raises("oops", fs.temp_dir, function(path) kept = path error "oops" end)
        same(fs.exists(kept), false)
        -- Without a function, when the process ends; with one that ends the process, then, too.
        local script = here .. "/inner.lua"
        for _, made in ipairs {
          "local d = fs.temp_dir() fs.write(d .. '/x', '') io.write(d)",
          "fs.temp_dir(function(d) fs.write(d .. '/x', '') io.write(d) os.exit(0) end)",
        } do
          fs.write(script, "local fs = require 'fs' " .. made)
          local binary = fs.readlink("/proc/self/exe")
          local inner = io.popen("'" .. binary .. "' '" .. script .. "'")
          local path = inner:read("*a")
          inner:close()
          assert(path:find("lithops-", 1, true), path)
          same(fs.exists(path), false)
        end
        "#,
    );
}

#[test]
fn temporary_folders_of_workers_go_with_the_call() {
    let folder = folder(
        r#"
        local fs = require "fs"
        local function make()
          local d = fs.temp_dir()
          fs.write(d .. "/x", "")
          return d
        end
        for _, path in ipairs(lithops.map(make, { 1, 2, 3 }):get_result()) do
          assert(path:find("lithops-", 1, true), path)
          same(fs.exists(path), false)
        end
        raises("oops", function()
          lithops.call_async(function() fs.write(here .. "/failed", make()) error "oops" end):result()
        end)
        same(fs.exists(fs.read("failed")), false)
        -- Of a worker that ends, with the driver.
        local ended = lithops.call_async(function() fs.write(here .. "/ended", make()) os.exit(1) end)
        same(pcall(function() ended:result() end), false)
        print "ok"
        "#,
    );
    run_in(&folder, &[]).prints("ok\n");
    let path = std::fs::read_to_string(folder.path().join("ended")).unwrap();
    assert!(path.contains("lithops-"), "{path}");
    assert!(!std::path::Path::new(&path).exists(), "{path}");
}
