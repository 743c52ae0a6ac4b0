//! What cannot travel is refused with the path to it.

use super::support::{Side, refusal};
use lithops_lua::codec::EncodeOptions;
use mlua::Value;

const FILE: &str = "userdata FILE* (open it inside the function)";
const RETURNED: &str = "userdata FILE* (return what was read from it)";

#[test]
fn an_upvalue_is_named_with_its_function() {
    let script = "local cfg = {db = {conn = io.tmpfile()}}\nreturn function() return cfg end";
    assert_eq!(
        refusal(script, "function `process`"),
        format!("cannot send upvalue `cfg`.db.conn of function `process` (pipeline.lua:2): {FILE}")
    );
}

#[test]
fn the_function_nearest_to_it_is_named() {
    let script =
        "local f = io.tmpfile()\nlocal function helper()\n return f end\nreturn function() return helper() end";
    assert_eq!(
        refusal(script, "function `process`"),
        format!("cannot send upvalue `f` of function `helper` (pipeline.lua:2): {FILE}")
    );
    let script = "local f = io.tmpfile()\nreturn {{}, {function() return f end}}";
    assert_eq!(
        refusal(script, "the result"),
        format!("cannot send upvalue `f` of function at pipeline.lua:2: {RETURNED}")
    );
    let script = "local f = io.tmpfile()\nreturn {go = function() return f end}";
    assert_eq!(
        refusal(script, "the result"),
        format!("cannot send upvalue `f` of function `go` (pipeline.lua:2): {RETURNED}")
    );
}

#[test]
fn a_global_is_named_with_the_function_that_uses_it() {
    let script = "x = {y = coroutine.create(print)}\nreturn function() return x end";
    assert_eq!(
        refusal(script, "function `process`"),
        "cannot send global `x`.y of function `process` (pipeline.lua:2): a coroutine (create it inside the function)"
    );
    let script = "x = io.tmpfile()\nfunction helper() return x end\nreturn function() return helper() end";
    assert_eq!(
        refusal(script, "function `process`"),
        format!("cannot send global `x` of function `helper` (pipeline.lua:2): {FILE}")
    );
}

#[test]
fn data_is_named_from_its_root() {
    assert_eq!(
        refusal("return {{f = io.tmpfile()}}", "the result"),
        format!("cannot send the result[1].f: {RETURNED}")
    );
    assert_eq!(refusal("return io.tmpfile()", "the result"), format!("cannot send the result: {RETURNED}"));
    assert_eq!(
        refusal("return {1, 2, {z = io.tmpfile()}}", "element 2 of the input"),
        format!("cannot send field [3].z of element 2 of the input: {FILE}")
    );
    assert_eq!(
        refusal("return {z = io.tmpfile()}", "element 2 of the input"),
        format!("cannot send field z of element 2 of the input: {FILE}")
    );
    assert_eq!(
        refusal("return 1, {a = {io.tmpfile()}}", "the result"),
        format!("cannot send field a[1] of value 2 of the result: {RETURNED}")
    );
    assert_eq!(
        refusal("return {['a b'] = io.tmpfile()}", "the result"),
        format!("cannot send the result[\"a b\"]: {RETURNED}")
    );
    assert_eq!(
        refusal("return {[io.tmpfile()] = 1}", "the result"),
        format!("cannot send the result.<key>: {RETURNED}")
    );
    assert_eq!(
        refusal("return setmetatable({}, {x = io.tmpfile()})", "the result"),
        format!("cannot send the result.<metatable>.x: {RETURNED}")
    );
}

#[test]
fn environments_and_additions_are_named() {
    assert_eq!(
        refusal("return setfenv(function() end, {f = io.tmpfile()})", "function `process`"),
        format!("cannot send the environment.f of function `process` (pipeline.lua:1): {FILE}")
    );
    assert_eq!(
        refusal("string.out = {io.tmpfile()} return function() return string.out end", "function `process`"),
        format!("cannot send field `string.out`[1], used by function `process` (pipeline.lua:1): {FILE}")
    );
}

#[test]
fn every_kind_says_what_it_is() {
    let result = |script| refusal(script, "the result");
    assert_eq!(
        result("return coroutine.wrap(print)"),
        "cannot send the result: a coroutine (create it inside the function)"
    );
    assert_eq!(
        result("return loadstring('return function() end', '=[lithops]')()"),
        "cannot send the result: an iterator of the runtime (begin the iteration inside the function)"
    );
    assert_eq!(result("return newproxy(true)"), "cannot send the result: a userdata");
    assert_eq!(result("return ticket(-1)"), "cannot send the result: a ticket that was used");
    assert_eq!(
        result("local ffi = require 'ffi' ffi.cdef 'struct pair { int a, b; };' return {ffi.new('struct pair')}"),
        "cannot send the result[1]: cdata struct pair (make it inside the function)"
    );
    let side = Side::new();
    let null = side.codec.encode(&side.lua, &[Value::NULL], &EncodeOptions::new("the result"));
    assert_eq!(null.unwrap_err().to_string(), "cannot send the result: a light userdata");
}

#[test]
fn an_element_is_named_by_its_number() {
    let side = Side::new();
    let list = side.run("return {1, {2}, {3, {z = io.tmpfile()}}}").front().cloned().unwrap();
    let list = list.as_table().unwrap();
    let mut out = Default::default();
    let refused = side.codec.encode_list(&side.lua, list, 1..=3, None, &EncodeOptions::new("the input"), &mut out);
    assert_eq!(refused.unwrap_err().to_string(), format!("cannot send field [2].z of element 3 of the input: {FILE}"));
    assert_eq!((out.len(), out.ends.last()), (2, Some(&out.bytes.len())));
}

#[test]
fn the_codec_works_on_after_a_refusal() {
    let side = Side::new();
    assert!(side.try_encode("return {{}, {io.tmpfile()}}", "the result").is_err());
    assert_eq!(side.encode("return {1, {2}}"), Side::new().encode("return {1, {2}}"));
}

#[test]
fn a_deep_path_is_cut_in_the_middle() {
    let script = "local t = io.tmpfile() for i = 1, 100000 do t = {t} end return t";
    let text = refusal(script, "the result");
    assert!(
        text.starts_with("cannot send the result[1][1]") && text.contains("…(99976 more)…") && text.len() < 300,
        "{text}"
    );
}

#[test]
fn a_large_capture_is_reported() {
    let side = Side::new();
    let measure = |script: &str| {
        let values: Vec<Value> = side.run(script).into_iter().collect();
        let options = EncodeOptions { warn_bytes: Some(1000), ..EncodeOptions::new("function `process`") };
        side.codec.encode(&side.lua, &values, &options).unwrap().largest
    };
    let large = measure(
        "local small, big = {1}, {} for i = 1, 500 do big[i] = {i + 0.5} end\nreturn function() return small, big end",
    )
    .unwrap();
    assert_eq!(large.path, "upvalue `big` of function `process` (pipeline.lua:2)");
    assert!((4000..12000).contains(&large.bytes), "{}", large.bytes);
    let large = measure("big = ('x'):rep(5000)\nreturn function() return big end").unwrap();
    assert_eq!(
        (large.path.as_str(), large.bytes > 5000),
        ("global `big` of function `process` (pipeline.lua:2)", true)
    );
    assert_eq!(measure("local x = 1 return function() return x end"), None);
}
