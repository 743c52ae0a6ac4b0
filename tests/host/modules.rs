use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use lithops_lua::codec::{Module, ModuleSource, Modules};
use lithops_lua::lua::{ConfigChoice, Vm, VmSettings};

use crate::support::Folder;

fn vm(folder: &Folder) -> Vm {
    Vm::new(&VmSettings::driver(vec![folder.path().to_owned()], ConfigChoice::default())).unwrap()
}

#[test]
fn places_in_their_order() {
    let folder = Folder::new();
    folder.write("scripts/run.lua", "print(require('m'))");
    // From the last to the first: each new one hides those before it.
    for place in [
        ".luarocks/share/lua/5.1/m/init.lua",
        ".luarocks/share/lua/5.1/m.lua",
        "m.lua",
        "scripts/lua_modules/share/lua/5.1/m.lua",
        "lua_modules/share/lua/5.4/m.lua",
        "lua_modules/share/lua/5.1/m/init.lua",
        "lua_modules/share/lua/5.1/m.lua",
        "scripts/m/init.lua",
        "scripts/m.lua",
    ] {
        folder.write(place, format!("return '{place}'"));
        folder.run(&["scripts/run.lua"]).prints(&format!("{place}\n"));
    }
}

#[test]
fn a_module_of_the_user_hides_one_of_the_standard_library() {
    let folder = Folder::with("print(require('shard').parts)");
    folder.write("shard.lua", "return {parts = 'mine'}");
    folder.run(&["pipeline.lua"]).prints("mine\n");
}

#[test]
fn a_script_is_no_module_of_its_own_name() {
    let folder = Folder::with("print(require('pipeline').new ~= nil) print(pcall(require, 'pipeline.no'))");
    let run = folder.run(&["pipeline.lua"]);
    assert!(run.out.starts_with("true\nfalse\tmodule 'pipeline.no' not found"), "{run:?}");
    // A module of that name in another place is one.
    folder.write("lua_modules/share/lua/5.1/pipeline.lua", "return { new = 1 }");
    assert!(folder.run(&["pipeline.lua"]).out.starts_with("true\n"));
    folder.write("mine.lua", "print(select(2, pcall(require, 'mine')))");
    let run = folder.run(&["mine.lua"]);
    assert!(run.out.contains("not './mine.lua', which is the script itself"), "{run:?}");
}

#[test]
fn lua_path_with_and_without_the_default() {
    let folder = Folder::with("print(pcall(require, 'a')) print(pcall(require, 'b')) print(pcall(require, 'own'))");
    folder.write("elsewhere/a.lua", "return 'a'");
    folder.write("lua_modules/share/lua/5.1/b.lua", "return 'b'");
    folder.write("own.lua", "return 'own'");
    let run = |path: &str| {
        let output = folder.command(&["pipeline.lua"]).env("LUA_PATH", path).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run("elsewhere/?.lua;;"), "true\ta\ntrue\tb\ntrue\town\n");
    assert_eq!(run(";;elsewhere/?.lua"), "true\ta\ntrue\tb\ntrue\town\n");
    let only = run("elsewhere/?.lua");
    assert!(only.contains("true\ta\n") && only.contains("module 'b' not found") && only.contains("true\town\n"));
}

#[test]
fn package_path_is_a_string_that_is_searched() {
    let folder =
        Folder::with("package.path = 'late/?.lua' print(require('x.y')) package.path = 1 print(pcall(require, 'z'))");
    folder.write("late/x/y.lua", "return 'found'");
    folder.run(&["pipeline.lua"]).prints("found\nfalse\t'package.path' must be a string\n");
}

#[test]
fn a_module_gets_its_name_and_file() {
    let folder = Folder::with("require 'a.b' require 'shard'");
    folder.write("a/b.lua", "print(...)");
    folder.run(&["pipeline.lua"]).prints("a.b\t./a/b.lua\n");
}

#[test]
fn cycles_and_missing_modules() {
    let folder = Folder::with("print(pcall(require, 'one')) print(select(2, pcall(require, 'none')):match '[^\\n]*')");
    folder.write("one.lua", "require 'two'");
    folder.write("two.lua", "require 'one'");
    folder
        .run(&["pipeline.lua"])
        .prints("false\ttwo.lua:1: loop or previous error loading module 'one'\nmodule 'none' not found:\n");
}

#[test]
fn a_module_that_may_not_be_read_is_not_passed_over() {
    let folder = Folder::with("print(pcall(require, 'secret'))");
    let path = folder.write("secret.lua", "return 1");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(&path).is_err() {
        let run = folder.run(&["pipeline.lua"]);
        assert!(run.out.contains("Permission denied"), "{run:?}");
    }
}

#[test]
fn c_modules_load() {
    let folder = Folder::with("print(require('answer'))");
    let source = folder.write(
        "answer.c",
        "struct lua_State; void lua_pushnumber(struct lua_State *, double);\n\
         int luaopen_answer(struct lua_State *L) { lua_pushnumber(L, 42); return 1; }\n",
    );
    let library = folder.path().join("lua_modules/lib/lua/5.1/answer.so");
    fs::create_dir_all(library.parent().unwrap()).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(compiled.unwrap().success());
    folder.run(&["pipeline.lua"]).prints("42\n");
}

#[test]
fn shard_splits_lists() {
    let code = "local shard = require 'shard'\n\
        local function show(parts) for i, p in ipairs(parts) do parts[i] = table.concat(p, ',') end print(table.concat(parts, ' ')) end\n\
        show(shard.parts({1, 2, 3, 4, 5}, 2)) show(shard.parts({1, 2}, 5)) show(shard.parts({}, 3))\n\
        show(shard.chunks({1, 2, 3, 4, 5}, 2)) show(shard.chunks({}, 2))\n\
        print(pcall(shard.parts, {}, 0)) print(select(2, pcall(function() shard.chunks(1) end)))";
    Folder::with(code).run(&["pipeline.lua"]).prints(
        "1,2,3 4,5\n1 2\n\n1,2 3,4 5\n\n\
         false\tbad argument #2 to 'parts' (whole number of 1 or more expected, got 0)\n\
         pipeline.lua:5: bad argument #1 to 'chunks' (table expected, got number)\n",
    );
}

#[test]
fn the_codec_learns_where_modules_come_from() {
    let folder = Folder::new();
    folder.write("mine.lua", "return {}");
    folder.write("later.lua", "error 'must not run'");
    let vm = vm(&folder);
    vm.lua.load("require 'mine' require 'shard' package.loaded.made = {}").exec().unwrap();
    let find = |name: &str| vm.modules.find(&vm.lua, name);
    for name in ["string", "table", "ffi", "jit", "jit.util", "table.new", "string.buffer", "shard", "lithops", "_G"] {
        assert!(matches!(find(name), Some(Module::Builtin)), "{name}");
    }
    for (name, text) in [("mine", "return {}"), ("later", "error 'must not run'")] {
        let Some(Module::Source(source)) = find(name) else { panic!("{name}") };
        assert_eq!(source.source, text);
        assert_eq!(source.chunk_name, format!("@{}/{name}.lua", folder.path().display()));
    }
    // What the script itself calls a module is a value like others.
    assert!(find("made").is_none());
    assert!(find("absent").is_none());
    // What was loaded is what travels, whatever became of the file.
    folder.write("mine.lua", "changed");
    assert!(matches!(find("mine"), Some(Module::Source(source)) if source.source == "return {}"));
}

#[test]
fn a_source_that_came_along_is_found_first() {
    let vm = Vm::new(&VmSettings::worker()).unwrap();
    let source = |text: &'static str| ModuleSource { chunk_name: "@src/helper.lua".into(), source: text.into() };
    vm.modules.provide("helper", source("\nlocal name, file = ... return {name, file, line = debug.getinfo(1, 'Sl')}"));
    vm.modules.provide("helper", source("error 'the second is ignored'"));
    let check = "local h = require 'helper' assert(h[1] == 'helper' and h[2] == 'src/helper.lua')\n\
        assert(h.line.short_src == 'src/helper.lua' and h.line.currentline == 2)";
    vm.lua.load(check).exec().unwrap();
    assert!(matches!(vm.modules.find(&vm.lua, "helper"), Some(Module::Source(_))));
}
