//! Depth and length: neither stack may grow with them.

use super::support::sent;

#[test]
fn a_hundred_thousand_levels_of_tables() {
    sent(
        "local t = {} for i = 1, 100000 do t = {t} end return t",
        "local t, depth = ..., 0 while t[1] do t, depth = t[1], depth + 1 end assert(depth == 100000)",
    );
    sent(
        "local t = {} for i = 1, 100000 do t = {next = t, [{}] = i} end return t",
        "local t, depth = ..., 0 while t.next do t, depth = t.next, depth + 1 end assert(depth == 100000)",
    );
}

#[test]
fn a_hundred_thousand_levels_of_metatables() {
    sent(
        "local t = {} for i = 1, 100000 do t = setmetatable({}, t) end return t",
        "local t, depth = ..., 0 while getmetatable(t) do t, depth = getmetatable(t), depth + 1 end assert(depth == 100000)",
    );
}

#[test]
fn a_hundred_thousand_levels_of_closures() {
    sent(
        "local f = function() return nil end for i = 1, 100000 do local inner = f f = function() return inner end end return f",
        "local f, depth = ..., 0 while f do f, depth = f(), depth + 1 end assert(depth == 100001)",
    );
}

#[test]
fn a_string_of_64_megabytes() {
    sent("return {('x'):rep(64 * 2^20)}", "local s = (...)[1] assert(#s == 64 * 2^20 and s == ('x'):rep(64 * 2^20))");
}

#[test]
fn thousands_of_values() {
    sent(
        "local t = {} for i = 1, 5000 do t[i] = i end return unpack(t)",
        "assert(select('#', ...) == 5000 and select(5000, ...) == 5000)",
    );
}
