use super::{Folder, finds, finds_what_fails, is_right};

#[test]
fn a_global_that_nobody_sets_is_found() {
    finds_what_fails(
        "function length(x) return #x end
lithops.get_result(lithops.map(function(x) return lenght(x) end, { 'a' }))",
        "2:51: error: global `lenght` is never set; did you mean `length`? [undefined-global]",
        "global 'lenght' (a nil value); did you mean `length`?",
    );
    finds_what_fails(
        "local factor = 2\nprint(facotr * 2)",
        "2:7: error: global `facotr` is never set; did you mean `factor`? [undefined-global]",
        "did you mean `factor`?",
    );
    finds("print(nmaes)", &["1:7: warning: global `nmaes` is never set [undefined-global]"]);
}

#[test]
fn a_local_that_comes_later_is_named() {
    finds_what_fails(
        "local function work(x) return helper(x) end\nlocal function helper(x) return x end\nwork(1)",
        "1:31: error: global `helper` is never set: the local `helper` is declared only in line 2; declare it before what \
         uses it [undefined-global]",
        "the local `helper` is not visible there",
    );
}

#[test]
fn words_of_python_and_modules_are_explained() {
    finds_what_fails(
        "local list = { 1 }\nprint(len(list))",
        "2:7: error: global `len` is never set; the length of `x` is `#x` [undefined-global]",
        "the length of `x` is `#x`",
    );
    finds_what_fails(
        "print(json.encode({ 1 }))",
        "1:7: error: global `json` is never set; `json` is a module: `local json = require \"json\"` [undefined-global]",
        "`json` is a module",
    );
    finds_what_fails(
        "for _, i in ipairs(floor(2.5)) do end",
        "1:20: error: global `floor` is never set; did you mean `math.floor`? [undefined-global]",
        "did you mean `math.floor`?",
    );
}

#[test]
fn globals_that_may_be_there_are_left_alone() {
    // What the script asks for, what it sets by other ways, and what the VM has.
    is_right(
        "if love then love.run() end
        local unpack = unpack or table.unpack
        local has_jit = type(jit) == 'table' and jit.version
        local clock = os.clock or socket.gettime
        print(_VERSION, arg[0] ~= nil, bit.bxor(1, 2), goto_ == nil)",
    );
    is_right("_G.limit = 3\nprint(limit + 1)");
    is_right("for _, name in ipairs({ 'one' }) do _G[name] = 1 end\nprint(one + 1)");
    is_right("loadstring('two = 2')()\nprint(two + 1)");
    is_right("setmetatable(_G, { __index = function(_, name) return name end })\nprint(anything .. '!')");
    is_right("local function f() setfenv(1, { g = 1 }) return g + 1 end\nf()");
}

#[test]
fn globals_of_modules_count() {
    let folder = Folder::with("require 'settings'\nprint(limit + 1)");
    folder.write("settings.lua", "require 'more'\nlimit = 2");
    folder.write("more.lua", "scale = 3");
    let run = folder.run(&["check", "pipeline.lua"]);
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)));
    // Of a file that is checked beside it, too: who loads whom is not known.
    let folder = Folder::with("return limit + 1");
    folder.write("main.lua", "limit = 2\nprint(dofile('pipeline.lua'))");
    assert_eq!(folder.run(&["check", "pipeline.lua", "main.lua"]).out, "");
    assert!(folder.run(&["check", "pipeline.lua"]).out.contains("undefined-global"));
}

#[test]
fn functions_that_libraries_do_not_have_are_found() {
    finds_what_fails(
        "lithops.mapp(print, { 1 })",
        "1:1: error: there is no `lithops.mapp`; did you mean `lithops.map`? [unknown-function]",
        "did you mean `lithops.map`?",
    );
    finds_what_fails(
        "local floor = math.flor(2.5)",
        "1:15: error: there is no `math.flor`; did you mean `math.floor`? [unknown-function]",
        "did you mean `math.floor`?",
    );
    finds_what_fails(
        "local csv = require 'csv'\ncsv.decod('a,b')",
        "2:1: error: there is no `csv.decod`; did you mean `csv.decode`? [unknown-function]",
        "did you mean `csv.decode`?",
    );
    finds_what_fails(
        "local fexec = lithops.FunctionExecutor()\nfexec:mapreduce(print, { 1 }, print)",
        "2:1: error: there is no `fexec:mapreduce`; did you mean `fexec:map_reduce`? [unknown-function]",
        "did you mean `fexec:map_reduce`?",
    );
    finds_what_fails(
        "local futures = lithops.map(function(x) return x end, { 1 })\nprint(futures:result())",
        "2:7: error: there is no `futures:result`; `:get_result()` gives what its function returned [unknown-function]",
        "is a list of futures",
    );
}

#[test]
fn functions_that_the_script_adds_or_asks_for_are_left_alone() {
    is_right(
        "function string.trim(s) return (s:gsub('^%s+', '')) end
        math.double = function(x) return 2 * x end
        lithops.note = function() end
        print(string.trim(' a'), (' a'):trim(), math.double(2), lithops.note())
        if table.move then table.move({}, 1, 1, 1) end
        local pack = table.pack or function(...) return { n = select('#', ...), ... } end
        local text = require 'text'
        text.shout = function(s) return s:upper() end
        print(text.shout('a'), pack(1).n)",
    );
}

#[test]
fn modules_that_are_not_found_are_named() {
    finds_what_fails(
        "local csv = require 'cvs'",
        "1:13: error: there is no module `cvs`; did you mean `csv`? [missing-module]",
        "did you mean `csv`?",
    );
    finds_what_fails(
        "local data = require('data.lua')",
        "1:14: error: there is no module `data.lua`; a module is named without `.lua`: `require \"data\"` [missing-module]",
        "a module is named without `.lua`",
    );
    // Those that may be absent, and those that are found in other ways.
    finds("return require('table.new'), require('string.buffer'), require('ffi')", &[]);
    finds("local ok, inspect = pcall(require, 'inspectt')\nreturn ok and inspect", &[]);
    finds("local ok = pcall(function() return require 'lpeg_of_nobody' end)\nreturn ok", &[]);
    finds("package.path = 'elsewhere/?.lua;' .. package.path\nreturn require 'of_elsewhere'", &[]);
    finds("package.preload.made = function() return {} end\nreturn require 'made'", &[]);
    finds("local name = 'a' .. 'b'\nreturn require(name)", &[]);
}

#[test]
fn modules_beside_the_script_and_in_lua_modules_are_found() {
    let folder = Folder::with("local a, b = require 'lib.a', require 'b'\nprint(a, b)");
    folder.write("lib/a.lua", "return 1");
    folder.write("lua_modules/share/lua/5.1/b.lua", "return 2");
    let run = folder.run(&["check", "pipeline.lua"]);
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)));
}

#[test]
fn a_global_that_is_a_field_of_g_is_not_what_its_name_was_set_to() {
    for set in ["_G.x = f", "_G['x'] = f", "rawset(_G, 'x', f)", "local g = _G\ng.x = f", "_G[('x'):lower()] = f"] {
        is_right(&format!(
            "local function f(n) return n end\nx = 's'\n{set}\nlithops.get_result(lithops.map(x, {{ 1 }}))"
        ));
    }
    is_right("x = io.tmpfile()\n_G.x = 2\nlithops.get_result(lithops.map(function(n) return n * x end, { 1 }))");
    is_right(
        "_G.scale = 2
        local futures = lithops.map(function(n) return n * scale end, { 1 })
        scale = 3
        print(lithops.get_result(futures)[1])",
    );
}

#[test]
fn what_may_never_run_is_no_error() {
    finds(
        "if os.getenv('NONE_SUCH') then local s = require 'socket.none' s.x() end",
        &["1:42: warning: there is no module `socket.none` [missing-module]"],
    );
    finds(
        "if jit.os == 'Windows' then winfun() end",
        &["1:29: warning: global `winfun` is never set [undefined-global]"],
    );
    finds(
        "local j = JSON and require 'none.such'",
        &["1:20: warning: there is no module `none.such` [missing-module]"],
    );
    finds(
        "print(pcall(function() return lithops.map({}, 5) end))",
        &["1:43: warning: a function is expected here, and this is a table [not-a-function]"],
    );
}

#[test]
fn modules_of_computed_names_may_set_any_global() {
    let folder = Folder::with("require('de' .. 'fs') print(gfun(2))");
    folder.write("defs.lua", "function gfun(x) return x end");
    folder.run(&["pipeline.lua"]).prints("2\n");
    let run = folder.run(&["check", "pipeline.lua"]);
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)), "{run:?}");
}

#[test]
fn the_words_of_other_languages_are_those_of_a_run() {
    finds_what_fails(
        "print(#enumerate({ 1 }))",
        "1:8: error: global `enumerate` is never set; `for i, x in ipairs(list) do` walks over a list [undefined-global]",
        "`for i, x in ipairs(list) do` walks over a list",
    );
}
