use lithops_lua::lua::{ConfigChoice, Options, Raise, Vm, VmSettings, bind, call_with_traceback};
use mlua::{Function, Table, Value, Variadic};

use crate::support::run;

fn vm() -> Vm {
    let vm = Vm::new(&VmSettings::driver(Vec::new(), ConfigChoice::default())).unwrap();
    let globals = vm.lua.globals();
    let fail = bind(&vm.lua, "test.fail", |_, text: String| Err::<(), _>(Raise::Message(text)));
    globals.set("fail", fail.unwrap()).unwrap();
    let throw = bind(&vm.lua, "test.throw", |_, value: Value| Err::<(), _>(Raise::Value(value)));
    globals.set("throw", throw.unwrap()).unwrap();
    let same = bind(&vm.lua, "test.same", |_, values: Variadic<Value>| Ok(values));
    globals.set("same", same.unwrap()).unwrap();
    let map = bind(&vm.lua, "test.map", |_, (_, options): (Function, Option<Table>)| {
        let options = Options::new(options, &["chunksize", "retries"], "map")?;
        options.count("retries")
    });
    globals.set("map", map.unwrap()).unwrap();
    let apply = bind(&vm.lua, "test.apply", |lua, (function, value): (Function, Value)| {
        Ok(call_with_traceback(lua, &function, value)?)
    });
    globals.set("apply", apply.unwrap()).unwrap();
    vm
}

#[track_caller]
fn check(code: &str) {
    vm().lua.load(code).set_name("@test.lua").exec().unwrap();
}

#[test]
fn errors_are_strings_with_the_callers_line() {
    check(
        "local ok, e = pcall(function()\n fail('x') end)\n\
         assert(type(e) == 'string' and e == 'test.lua:2: x', e)\n\
         assert(e:match('x$'))",
    );
    // No Lua function called it, so there is no line.
    check("local ok, e = pcall(fail, 'x') assert(e == 'x', e)");
}

#[test]
fn values_are_raised_unchanged() {
    check("local t = {} local ok, e = pcall(throw, t) assert(rawequal(e, t))");
    check("local ok, e = pcall(throw, nil) assert(not ok and e == nil)");
    check("local ok, e = pcall(throw, 'plain') assert(e == 'plain')");
}

#[test]
fn wrong_arguments() {
    check(
        "local _, e = pcall(function() fail({}) end)\n\
         assert(e == \"test.lua:1: bad argument #1 to 'fail' (string expected, got table)\", e)\n\
         _, e = pcall(function() map(1) end)\n\
         assert(e == \"test.lua:3: bad argument #1 to 'map' (function expected, got number)\", e)\n\
         _, e = pcall(function() map(print, 'x') end)\n\
         assert(e == \"test.lua:5: bad argument #2 to 'map' (table expected, got string)\", e)\n\
         _, e = pcall(function() map() end)\n\
         assert(e == \"test.lua:7: bad argument #1 to 'map' (function expected, got no value)\", e)\n\
         _, e = pcall(function() local o = {map = map} o:map() end)\n\
         assert(e == \"test.lua:9: calling 'map' on bad self (function expected, got table)\", e)\n\
         -- A tail call has the place in the stack of the method that makes it, and not its name.\n\
         _, e = pcall(function() local o = {go = function(self) return map(self) end} o:go() end)\n\
         assert(e == \"test.lua:12: bad argument #1 to 'map' (function expected, got table)\", e)",
    );
}

#[test]
fn wrong_options() {
    check(
        "local _, e = pcall(function() map(print, {chunk_size = 1}) end)\n\
         assert(e == 'test.lua:1: map: unknown option `chunk_size`; did you mean `chunksize`?', e)\n\
         _, e = pcall(function() map(print, {retries = 'x'}) end)\n\
         assert(e == 'test.lua:3: map: option `retries` must be a whole number of 0 or more, not \"x\"', e)\n\
         assert(map(print, {retries = 3}) == 3 and map(print) == nil)",
    );
}

#[test]
fn inside_callbacks_and_coroutines() {
    check(
        "local _, e = pcall(table.sort, {2, 1}, function()\n fail('in sort') end)\n\
         assert(e == 'test.lua:2: in sort', e)\n\
         _, e = pcall(string.gsub, 'x', 'x', function() fail('in gsub') end)\n\
         assert(e == 'test.lua:4: in gsub', e)\n\
         local _, e = coroutine.resume(coroutine.create(function() fail('in coroutine') end))\n\
         assert(e == 'test.lua:6: in coroutine', e)\n\
         assert(coroutine.wrap(function() return same(1) end)() == 1)\n\
         local t = setmetatable({}, {__index = same}) assert(t.x == t)",
    );
}

#[test]
fn all_values_come_back_nils_too() {
    check("assert(select('#', same()) == 0) assert(select('#', same(nil, 1, nil)) == 3)");
    check("local a, b, c, d = same(1, 2, 3, 4) assert(d == 4)");
    check("local t = {} for i = 1, 200 do t[i] = i end assert(select('#', same(unpack(t))) == 200)");
}

#[test]
fn an_error_of_a_callback_passes_through() {
    check("local t = {} local ok, e = pcall(apply, function() error(t) end) assert(rawequal(e, t))");
    check("local ok, e = pcall(apply, function() error('once', 0) end) assert(e == 'once', e)");
    check("assert(apply(function(x) return x + 1 end, 2) == 3)");
}

#[test]
fn a_failure_has_message_traceback_and_value() {
    let vm = vm();
    let load = |code: &str| vm.lua.load(code).set_name("@test.lua").into_function().unwrap();
    let failure = call_with_traceback(&vm.lua, &load("local x = ...\nerror('no ' .. x)"), 7).unwrap_err();
    assert_eq!(failure.message, "test.lua:2: no 7");
    assert_eq!(failure.traceback, "stack traceback:\n\ttest.lua:2: in main chunk");
    assert!(!failure.memory);
    let failure = call_with_traceback(&vm.lua, &load("error({code = 5})"), ()).unwrap_err();
    assert_eq!(failure.value.as_table().unwrap().get::<i32>("code").unwrap(), 5);
    let nested = "apply(function() fail('deep') end)";
    let failure = call_with_traceback(&vm.lua, &load(nested), ()).unwrap_err();
    assert_eq!(failure.message, "test.lua:1: deep");
    assert_eq!(failure.traceback, "stack traceback:\n\t[C]: in function 'test.apply'\n\ttest.lua:1: in main chunk");
    let values = call_with_traceback(&vm.lua, &load("return ..."), (1, Value::Nil, 3)).unwrap();
    assert_eq!(values.len(), 3);
}

#[test]
fn running_out_of_memory_is_told_apart() {
    let vm = vm();
    for code in [
        // Longer than any string may be.
        "return ('x'):rep(2^31 - 1)",
        "return coroutine.wrap(function() return ('x'):rep(2^31 - 1) end)()",
        "local _, e = pcall(string.rep, 'x', 2^31 - 1) error(e)",
    ] {
        let function = vm.lua.load(code).into_function().unwrap();
        let failure = call_with_traceback(&vm.lua, &function, ()).unwrap_err();
        assert!(failure.memory, "{code}: {failure}");
    }
    let function = vm.lua.load("error('not enough memory for this job')").into_function().unwrap();
    assert!(!call_with_traceback(&vm.lua, &function, ()).unwrap_err().memory);
}

#[test]
fn the_lithops_table() {
    run("assert(require 'lithops' == lithops and lithops.is_worker == false)\n\
         local before = lithops.time() lithops.sleep(0.02) local after = lithops.time()\n\
         assert(after - before >= 0.02 and math.abs(after - os.time()) < 3)\n\
         print(lithops.version)")
    .prints(concat!(env!("CARGO_PKG_VERSION"), "\n"));
    for (argument, shown) in [("-1", "-1"), ("0/0", "nan")] {
        run(&format!("lithops.sleep({argument})")).complains_first(&format!(
            "pipeline.lua:1: bad argument #1 to 'sleep' (seconds must be 0 or more, not {shown})"
        ));
    }
}

impl crate::support::Run {
    #[track_caller]
    fn complains_first(&self, message: &str) {
        assert_eq!(self.err.lines().next(), Some(format!("lithops-lua: {message}").as_str()), "{self:?}");
    }
}

#[test]
fn a_worker_knows_that_it_is_one() {
    let vm = Vm::new(&VmSettings::worker()).unwrap();
    vm.lua.load("assert(lithops.is_worker and require 'lithops' == lithops)").exec().unwrap();
}

/// `cargo test --release --test host -- --ignored --nocapture costs`
#[test]
#[ignore = "a measurement"]
fn costs_of_a_call() {
    let vm = vm();
    let per_call =
        "local f = ... local n = 2e6 local t = os.clock() for i = 1, n do f(i) end return (os.clock() - t) / n * 1e9";
    let measure: Function = vm.lua.load(per_call).into_function().unwrap();
    let same1 = bind(&vm.lua, "test.same1", |_, n: f64| Ok(n)).unwrap();
    println!("bound function: {:.0} ns", measure.call::<f64>(same1).unwrap());
    let bare = vm.lua.create_function(|_, n: f64| Ok(n)).unwrap();
    println!("the same of mlua alone: {:.0} ns", measure.call::<f64>(bare).unwrap());
    let identity: Function = vm.lua.load("return ...").into_function().unwrap();
    let start = std::time::Instant::now();
    for i in 0..1_000_000 {
        call_with_traceback(&vm.lua, &identity, i).unwrap();
    }
    println!("call_with_traceback: {} ns", start.elapsed().as_nanos() / 1_000_000);
    let start = std::time::Instant::now();
    for i in 0..1_000_000 {
        identity.call::<mlua::MultiValue>(i).unwrap();
    }
    println!("Function::call: {} ns", start.elapsed().as_nanos() / 1_000_000);
}
