//! Every kind of value, and tables of every shape.

use super::support::{Side, sent};

#[test]
fn several_values_keep_their_number_and_their_nils() {
    sent("return 1, nil, nil", "assert(select('#', ...) == 3 and ... == 1)");
    sent("return", "assert(select('#', ...) == 0)");
    sent("return nil", "assert(select('#', ...) == 1)");
}

#[test]
fn every_number_is_exact() {
    sent(
        "return {0/0, 1/0, -1/0, -0.0, 0, 1, -1, 0.1, 2^53, -2^53, 2^53 + 2, 1e308, 5e-324, 111, 112, -16, -17, 2^31, -2^31, 2^63}",
        "local t = ...
        assert(t[1] ~= t[1] and t[2] == 1/0 and t[3] == -1/0 and 1/t[4] == -1/0 and 1/t[5] == 1/0)
        local rest = {1, -1, 0.1, 2^53, -2^53, 2^53 + 2, 1e308, 5e-324, 111, 112, -16, -17, 2^31, -2^31, 2^63}
        for i, n in ipairs(rest) do assert(t[5 + i] == n, i) end",
    );
}

#[test]
fn integers_of_the_ffi_are_exact() {
    sent(
        "return 9223372036854775807LL, -9223372036854775807LL - 1, 18446744073709551615ULL, {0LL}, require('ffi').new('complex', 1.5, 2)",
        "local ffi = require 'ffi'
        local max, min, umax, t, complex = ...
        assert(max == 9223372036854775807LL and ffi.istype('int64_t', max))
        assert(min == -9223372036854775807LL - 1 and ffi.istype('int64_t', min))
        assert(umax == 18446744073709551615ULL and ffi.istype('uint64_t', umax))
        assert(t[1] == 0LL and complex.re == 1.5 and complex.im == 2)",
    );
}

#[test]
fn strings_hold_any_bytes_and_repeated_ones_are_shared() {
    sent(
        "local s = ('x'):rep(90) return '', '\\0', '\\255\\254\\n', {s, s, s, [s] = s}, ('y'):rep(5000), true, false",
        "local empty, zero, bytes, t, long, yes, no = ...
        local s = ('x'):rep(90)
        assert(empty == '' and zero == '\\0' and bytes == '\\255\\254\\n' and long == ('y'):rep(5000))
        assert(t[1] == s and t[2] == s and t[3] == s and t[s] == s and yes == true and no == false)",
    );
    let side = Side::new();
    let once = side.encode("return {('x'):rep(90)}").len();
    let many = side.encode("local s, t = ('x'):rep(90), {} for i = 1, 50 do t[i] = s end return t").len();
    assert!(many < once + 50 * 3, "{many} bytes");
}

#[test]
fn shared_and_cyclic_tables_stay_so() {
    sent(
        "local shared = {} local t = {shared, shared, key = {[shared] = shared}} t.self = t return t, shared",
        "local t, shared = ...
        assert(t[1] == shared and t[2] == shared and t.key[shared] == shared and t.self == t)",
    );
}

#[test]
fn holes_are_kept() {
    sent(
        "return {1, nil, 3}, {nil, nil, 3}, {[0] = 'zero', 'one', [-1] = 'minus', [1.5] = 'half', [2^40] = 'far'}, {n = 2, nil, 2},
            {1, 2, nil, 4, nil, nil, 7}",
        "local a, b, c, d, e = ...
        assert(a[1] == 1 and a[2] == nil and a[3] == 3)
        assert(b[1] == nil and b[3] == 3)
        assert(c[0] == 'zero' and c[1] == 'one' and c[-1] == 'minus' and c[1.5] == 'half' and c[2^40] == 'far')
        assert(d.n == 2 and d[1] == nil and d[2] == 2)
        assert(e[1] == 1 and e[2] == 2 and e[4] == 4 and e[7] == 7)",
    );
}

#[test]
fn sparse_tables_stay_small() {
    let side = Side::new();
    let bytes = side.encode("local t = {} for i = 0, 26 do t[2^i] = i end return t");
    assert!(bytes.len() < 400, "{} bytes", bytes.len());
    sent(
        "local t = {} for i = 0, 26 do t[2^i] = i end t[100] = 'x' return t",
        "local t = ... for i = 0, 26 do assert(t[2^i] == i) end assert(t[100] == 'x')",
    );
}

#[test]
fn metatables_travel_and_are_never_asked() {
    sent(
        "local class = {} class.__index = class function class.name() return 'me' end
        local hostile = setmetatable({1, x = 2}, {__index = error, __newindex = error, __len = error, __pairs = error, __metatable = false})
        return setmetatable({}, class), setmetatable({}, class), hostile, setmetatable({}, {__mode = 'k'})",
        "local a, b, hostile, weak = ...
        assert(a.name() == 'me' and getmetatable(a) == getmetatable(b))
        assert(rawget(hostile, 1) == 1 and rawget(hostile, 'x') == 2 and getmetatable(hostile) == false)
        assert(getmetatable(weak).__mode == 'k')",
    );
}

#[test]
fn parts_of_the_vm_go_by_name() {
    sent(
        "return print, string, string.format, _G, io.stdout, getmetatable(''), {[table.concat] = math}, require 'ffi', io.stdout.write",
        "local p, s, f, g, out, meta, t, ffi, write = ...
        assert(p == print and s == string and f == string.format and g == _G and out == io.stdout and meta == getmetatable(''))
        assert(t[table.concat] == math and ffi == require 'ffi' and write == io.stdout.write)",
    );
}

#[test]
fn handles_are_rebuilt_once_each() {
    sent("local t = ticket(7) return t, {t}", "local t, list = ... assert(t.number == 7 and list[1] == t)");
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let side = Side::new();
    side.run("function helper() return cfg end cfg = {a = 1, b = {2}, [print] = 'p'} function main() return helper(), string.rep end");
    let first = side.encode("return main, {x = 1, y = 2, z = cfg}");
    side.run("collectgarbage()");
    assert_eq!(side.encode("return main, {x = 1, y = 2, z = cfg}"), first);
}
