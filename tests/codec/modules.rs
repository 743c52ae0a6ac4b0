//! Modules go by name, with their sources.

use super::support::{Side, between, refusal};
use lithops_lua::codec::EncodeOptions;
use mlua::Value;

fn sides() -> (Side, Side) {
    let here = Side::new();
    here.library.add("shapes", "local M = {loads = 0} local util = require 'shapes.util' function M.area(r) return util.square(r) * 3 end return M");
    here.library.add(
        "shapes.util",
        "#!/usr/bin/lua\nreturn {square = function(x) return x * x end}".strip_prefix("#!/usr/bin/lua\n").unwrap(),
    );
    here.library.add("late", "local require = require return {go = function() return require('later').x end}");
    here.library.add("later", "return {x = 'later'}");
    here.library.add("unrelated", "error 'must not be loaded'");
    (here, Side::new())
}

#[test]
fn a_captured_module_is_a_reference_and_its_sources_go_along() {
    let (here, there) = sides();
    between(
        &here,
        &there,
        "local shapes = require 'shapes' shapes.loads = 99 return function(r) return shapes.area(r), shapes end, shapes",
        "local f, shapes = ...
        local area, captured = f(2)
        assert(area == 12 and captured == require 'shapes' and shapes == captured and captured.loads == 0)",
    );
    assert_eq!(there.library.names(), ["shapes", "shapes.util"]);
}

#[test]
fn require_inside_the_function_works_in_turn() {
    let (here, there) = sides();
    between(&here, &there, "return function() return require('late').go() end", "assert((...)() == 'later')");
    assert_eq!(there.library.names(), ["late", "later"]);
}

#[test]
fn a_module_alone_can_be_sent() {
    let (here, there) = sides();
    between(&here, &there, "return require 'later'", "assert((...) == require 'later')");
}

#[test]
fn an_object_keeps_its_class_when_that_is_a_module() {
    let (here, there) = sides();
    here.library.add("class", "local C = {} C.__index = C function C.name() return 'c' end return C");
    between(
        &here,
        &there,
        "return setmetatable({}, require 'class')",
        "assert((...).name() == 'c' and getmetatable((...)) == require 'class')",
    );
}

#[test]
fn modules_of_the_vm_need_no_source() {
    let (here, there) = sides();
    between(&here, &there, "return function() return require('ffi').abi('le') end", "assert((...)() ~= nil)");
    assert!(there.library.names().is_empty());
}

#[test]
fn a_foreign_module_is_refused() {
    let here = Side::new();
    here.library.foreign.borrow_mut().push("cjson".into());
    here.run("package.loaded.cjson = {decode = coroutine.wrap(print)}");
    let script = "local json = require 'cjson'\nreturn function() return json end";
    let refused = here.try_encode(script, "function `process`").unwrap_err().to_string();
    assert_eq!(
        refused,
        "cannot send upvalue `json` of function `process` (pipeline.lua:2): module `cjson`, which a C library made (require it inside the function)"
    );
    assert!(refusal("local d = coroutine.wrap(print) return function() return d end", "f").contains("a coroutine"));
}

#[test]
fn options_choose_what_goes_along() {
    let (here, _) = sides();
    let names = |script: &str, options: &EncodeOptions<'_>| {
        let values: Vec<Value> = here.run(script).into_iter().collect();
        let there = Side::new();
        let bytes = here.codec.encode(&here.lua, &values, options).unwrap().bytes;
        // References without sources do not resolve; what was provided counts here.
        let _ = there.decode(&bytes);
        there.library.names()
    };
    let plain = EncodeOptions::new("f");
    let include = ["later".to_owned()];
    let exclude = ["shapes.util".to_owned()];
    let script = "local shapes = require 'shapes' return function() return shapes end";
    assert_eq!(names(script, &plain), ["shapes", "shapes.util"]);
    assert_eq!(names(script, &EncodeOptions { exclude_modules: &exclude, ..plain }), ["shapes"]);
    assert_eq!(
        names(script, &EncodeOptions { include_modules: &include, ..plain }),
        ["later", "shapes", "shapes.util"]
    );
    assert!(names(script, &EncodeOptions { modules: false, ..plain }).is_empty());
}

#[test]
fn a_long_chain_of_modules_needs_no_stack() {
    let (here, there) = (Side::new(), Side::new());
    for i in 0..3000 {
        here.library.add(&format!("m{i}"), &format!("return {{next = function() return require 'm{}' end}}", i + 1));
    }
    between(&here, &there, "return function() return require 'm0' end", "assert((...)().next)");
    assert_eq!(there.library.names().len(), 3000);
}
