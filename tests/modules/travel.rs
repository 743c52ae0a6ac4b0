//! How modules and their functions reach workers.

use crate::jobs::{folder, passes, run_in};

#[test]
fn modules_and_their_functions_travel_by_name() {
    passes(
        r#"
        local base64 = require "base64"
        local encode = base64.encode
        local function captured(x) return base64.encode(x) .. encode(x) end
        same(lithops.map(captured, { "foo" }):get_result(), { "Zm9vZm9v" })
        same(lithops.map(function(x) return require("base64").encode(x) end, { "foo" }):get_result(), { "Zm9v" })
        -- As elements, and as results.
        same(lithops.map(function(f) return f("Zm9v") end, { base64.decode }):get_result(), { "foo" })
        same(lithops.call_async(function() return require("base64").decode end):result(), base64.decode)
        same(lithops.call_async(function() return require("base64") end):result(), base64)
        "#,
    );
}

#[test]
fn a_function_that_the_script_replaced_is_its_own() {
    passes(
        r#"
        local base64 = require "base64"
        local old = base64.encode
        base64.encode = function(x) return "<" .. old(x) .. ">" end
        local encode = base64.encode
        same(lithops.map(function(x) return encode(x) end, { "foo" }):get_result(), { "<Zm9v>" })
        "#,
    );
}

#[test]
fn a_module_of_the_script_goes_before_one_of_the_library() {
    let folder = folder(
        r#"
        local base64 = require "base64"
        same(base64.mine, true)
        same(lithops.map(function() return base64.mine end, { 1 }):get_result(), { true })
        print "ok"
        "#,
    );
    folder.write("base64.lua", "return { mine = true }");
    run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn the_search_for_a_module_that_is_not_there_names_the_library_last() {
    let folder = folder("raises(\"no module 'base46' in the standard library\", require, 'base46') print 'ok'");
    run_in(&folder, &[]).prints("ok\n");
}
