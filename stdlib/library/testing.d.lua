---@meta testing

---Tests as busted has them. `lithops-lua test` runs files `*_test.lua` and `*_spec.lua`, in which all of this is global:
---
---```lua
---local testing = require "testing"
---local describe, it, assert = testing.describe, testing.it, testing.assert   -- globals in files of tests
---
---describe("count", function()
---  it("counts letters in workers", function()
---    local counts = lithops.get_result(lithops.map(string.len, { "ab", "c" }))
---    assert.same({ 2, 1, n = 2 }, counts)
---  end)
---end)
---assert.is_true(testing.run())
---```
---
---A script has it from this module, and runs its tests itself: `os.exit(testing.run() and 0 or 1)`.
---
---A test may send functions to workers, and use `assert` in them: an assertion that fails there is a failure of the test.
---@class testing
---@field assert testing.Assert Assertions.
---@field spy testing.SpyModule Makes spies.
---@field stub testing.StubModule Makes stubs.
local testing = {}

---@class testing.RunOptions
---@field filter? string|string[] Only tests whose full names match one of these Lua patterns.
---@field filter_out? string|string[] No tests whose full names match one of these.
---@field tags? string|string[] Only tests with one of these tags.
---@field exclude_tags? string|string[] No tests with one of these tags.
---@field seed? integer The random order that this number gives. Default: the order in the script.
---@field fail_fast? boolean Stop at the first failure or error. Default: false.

---Runs the tests that were described so far, prints the results, and forgets the tests.
---@param options? testing.RunOptions
---@return boolean ok Whether there were tests, and all that ran have passed.
---@return {passed: integer, failed: integer, skipped: integer} counts
function testing.run(options) end

---A group of tests.
---@param name string
---@param fn fun()
function testing.describe(name, fn) end

---A group of tests: `describe`.
---@param name string
---@param fn fun()
function testing.context(name, fn) end

---A group of tests: `describe`.
---@param name string
---@param fn fun()
function testing.expose(name, fn) end

---A group of tests that leaves `_G` and `package.loaded` as they were.
---@param name string
---@param fn fun()
function testing.insulate(name, fn) end

---A test. `#slow` in its name, or in that of a group, is a tag.
---@param name string
---@param fn? fun() Nil: the test is pending.
function testing.it(name, fn) end

---A test: `it`.
---@param name string
---@param fn? fun() Nil: the test is pending.
function testing.spec(name, fn) end

---A test: `it`.
---@param name string
---@param fn? fun() Nil: the test is pending.
function testing.test(name, fn) end

---A test that does not run yet. Inside of a test: it ends here, and is pending, for the reason given.
---@param name? string What it will test; or why it is pending.
---@param fn? fun() The test, which does not run.
function testing.pending(name, fn) end

---Calls a function before each test of the group, and of groups in it, the outer ones first.
---@param fn fun()
function testing.before_each(fn) end

---Calls a function after each test of the group, and of groups in it, the inner ones first, whether it passed or not.
---@param fn fun()
function testing.after_each(fn) end

---Calls a function once, before the first test of the group that runs.
---@param fn fun()
function testing.setup(fn) end

---Calls a function once: `setup`.
---@param fn fun()
function testing.lazy_setup(fn) end

---Calls a function once: before those of `setup`.
---@param fn fun()
function testing.strict_setup(fn) end

---Calls a function once, after the last test of the group.
---@param fn fun()
function testing.teardown(fn) end

---Calls a function once: `teardown`.
---@param fn fun()
function testing.lazy_teardown(fn) end

---Calls a function once: after those of `teardown`.
---@param fn fun()
function testing.strict_teardown(fn) end

---Inside of a test: calls a function when it ends, whether it passes or not, before `after_each`.
---@param fn fun()
function testing.finally(fn) end

---The tests and groups of this group run in a random order.
---@param seed? integer The order that this number gives. Default: another one each time.
function testing.randomize(seed) end

---`assert(value, message)` is Lua's. The assertions are luassert's, without its `match`, `mock`, `snapshot` and `register`; `are`, `is`, `has`, `does`, `was` mean nothing, `not` and `no` negate,
---with a dot or a `_`: `assert.are.equal`, `assert.is_not_nil`, `assert.has_no.errors`. They give back what they were given. A last
---argument more is a message of your own. A name that is unknown is told with the nearest one.
---@class testing.Assert
---@field is testing.Assert Means nothing.
---@field are testing.Assert Means nothing.
---@field was testing.Assert Means nothing.
---@field has testing.Assert Means nothing.
---@field does testing.Assert Means nothing.
---@field is_not testing.Assert Negates what follows.
---@field are_not testing.Assert Negates what follows.
---@field was_not testing.Assert Negates what follows.
---@field has_no testing.Assert Negates what follows.
---@field does_not testing.Assert Negates what follows.
---@field is_true fun(value: any, message?: string) It is true.
---@field is_false fun(value: any, message?: string) It is false.
---@field is_nil fun(value: any, message?: string) It is nil.
---@field is_not_nil fun(value: any, message?: string) It is not nil.
---@field truthy fun(value: any, message?: string) It is neither nil nor false.
---@field falsy fun(value: any, message?: string) It is nil or false.
---@field is_nan fun(value: any, message?: string) It is not a number that is equal to itself.
---@field is_table fun(value: any, message?: string) It is a table.
---@field is_string fun(value: any, message?: string) It is a string.
---@field is_number fun(value: any, message?: string) It is a number.
---@field is_boolean fun(value: any, message?: string) It is true or false.
---@field is_function fun(value: any, message?: string) It is a function.
---@field is_callable fun(value: any, message?: string) It is a function, or can be called as one.
---@field is_userdata fun(value: any, message?: string) It is a userdata.
---@field is_thread fun(value: any, message?: string) It is a coroutine.
---@field is_cdata fun(value: any, message?: string) It is a value of the `ffi`.
---@field equals fun(expected: any, actual: any, message?: string) `equal`.
---@field not_equal fun(expected: any, actual: any, message?: string) They are not equal by `==`.
---@field not_same fun(expected: any, actual: any, message?: string) They differ in their content.
---@field has_no_error fun(fn: function, message?: string) It raises no error.
---@field errors fun(fn: function, expected?: any): any `has_error`.
---@field error fun(fn: function, expected?: any): any `has_error`.
---@field match fun(pattern: string, text: any) `matches`.
---@field [string] any All ways to put these words together.
---@overload fun<T>(value: T, message?: any, ...: any): std.NotNull<T>
local assertions = {}

---Equal by `==`.
---@param expected any
---@param actual any
---@param message? string In front of what is told.
function assertions.equal(expected, actual, message) end

---Equal, or tables of the same content, however deep. A failure shows the path to the first differences.
---@param expected any
---@param actual any
---@param message? string In front of what is told.
function assertions.same(expected, actual, message) end

---Numbers that differ by `tolerance` at most.
---@param expected number
---@param actual any
---@param tolerance number
---@param message? string In front of what is told.
function assertions.near(expected, actual, tolerance, message) end

---A text that matches a Lua pattern.
---@param pattern string
---@param text any
---@param init? integer Where to begin. Default: 1.
---@param plain? boolean Whether the pattern is plain text. Default: false.
function assertions.matches(pattern, text, init, plain) end

---A function that raises an error; `expected` is compared with it by content, a text with its message, with or without the position.
---@param fn function
---@param expected? any Nil: any error.
---@return any raised
function assertions.has_error(fn, expected) end

---A function that raises an error whose message matches a Lua pattern.
---@param fn function
---@param pattern string
---@param init? integer Where to begin. Default: 1.
---@param plain? boolean Whether the pattern is plain text. Default: false.
---@return any raised
function assertions.error_matches(fn, pattern, init, plain) end

---A list of different elements.
---@param list any[]
---@param deep? boolean Compare contents. Default: false.
function assertions.unique(list, deep) end

---What follows has this message in front: `assert.message("of the first").is_true(ok)`.
---@param text string
---@return testing.Assert
function assertions.message(text) end

---Assertions about a spy: `called(times?)`, `called_at_least(n)`, `called_at_most(n)`, `called_more_than(n)`, `called_less_than(n)`, `called_with(...)`, `returned_with(...)`.
---@param spy testing.Spy
---@return testing.Assert
function assertions.spy(spy) end

---A function that remembers how it was called. In place of a function in a table, it is taken out when the test ends.
---@class testing.Spy
---@field calls {vals: any[], refs: any[], returnvals: any[]}[] Copies of the arguments as they were, the arguments, and results, each with their count in `n`.
---@overload fun(...: any): ...
local Spy = {}

---Puts back what was in the table.
function Spy:revert() end

---Forgets all calls.
---@return self
function Spy:clear() end

---A spy that does nothing, or what it is told.
---@class testing.Stub: testing.Spy
---@field returns fun(...: any): testing.Stub What it returns from now on.
---@field invokes fun(fn: function): testing.Stub The function that it calls from now on.

---`spy`: makes spies.
---@class testing.SpyModule
---@overload fun(fn?: function): testing.Spy
local spy_module = {}

---A spy in front of a function.
---@param fn? function Default: one that does nothing.
---@return testing.Spy
function spy_module.new(fn) end

---Puts a spy in front of a function in a table.
---@param table table
---@param key any
---@return testing.Spy
function spy_module.on(table, key) end

---Whether a value is a spy.
---@param value any
---@return boolean
function spy_module.is_spy(value) end

---`stub(table, key, ...)` puts a function there that returns the values.
---@class testing.StubModule
---@overload fun(table: table, key: any, ...: any): testing.Stub
local stub_module = {}

---The same.
---@param table table
---@param key any
---@param ... any
---@return testing.Stub
function stub_module.new(table, key, ...) end

-- In files that `lithops-lua test` runs:

describe, context, expose, insulate = testing.describe, testing.context, testing.expose, testing.insulate
it, spec, test, pending = testing.it, testing.spec, testing.test, testing.pending
before_each, after_each, finally = testing.before_each, testing.after_each, testing.finally
setup, lazy_setup, strict_setup = testing.setup, testing.lazy_setup, testing.strict_setup
teardown, lazy_teardown, strict_teardown = testing.teardown, testing.lazy_teardown, testing.strict_teardown
randomize, spy, stub = testing.randomize, testing.spy, testing.stub

---In files that `lithops-lua test` runs: assertions, and Lua's own `assert`.
---@type testing.Assert
assert = testing.assert

return testing
