use crate::jobs::{passes, passes_with, run_with};

#[test]
fn ranges() {
    passes(
        r#"
        local id = function(x) return x end
        same(lithops.map(id, lithops.range(3)):get_result(), {1, 2, 3})
        same(lithops.map(id, lithops.range(2, 4)):get_result(), {2, 3, 4})
        same(lithops.map(id, lithops.range(5, 1, -2)):get_result(), {5, 3, 1})
        same(lithops.map(id, lithops.range(0, 1, 0.25)):get_result(), {0, 0.25, 0.5, 0.75, 1})
        same(lithops.map(id, lithops.range(3, 2)):get_result().n, 0)
        raises("step", lithops.range, 1, 2, 0)
        raises("finite", lithops.range, 1/0)
        local range = lithops.range(5, 1, -2)
        same({range[1], range[2], range[3], #range, range.n}, {5, 3, 1, 3, 3})
        same({range[0], range[4], range[1.5], range[-1], range.x}, {})
        local read = lithops.call_async(function(r) local l = {} for i = 1, #r do l[i] = r[i] end return l end, range):result()
        same(read, {5, 3, 1})
        local fs = lithops.map(id, lithops.range(1000))
        same(#fs, 1000) same(fs[1000]:result(), 1000) same(fs[1001], nil)
        local sum = 0
        for _, x in ipairs(fs:get_result()) do sum = sum + x end
        same(sum, 500500)
        same(lithops.map(function(x, y) return x * y end, lithops.range(2), {extra_args = {10}}):get_result(), {10, 20})
        "#,
    );
}

#[test]
fn iterators() {
    passes(
        r#"
        local id = function(x) return x end
        local function upto(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
        same(lithops.map(id, upto(5)):get_result(), {1, 2, 3, 4, 5})
        same(lithops.map(id, coroutine.wrap(function() for i = 1, 4 do coroutine.yield(i * i) end end)):get_result(),
          {1, 4, 9, 16})
        same(lithops.map(id, ("a b c"):gmatch("%a")):get_result(), {"a", "b", "c"})
        append(here .. "/lines", "x\ny\n")
        same(lithops.map(id, io.lines(here .. "/lines")):get_result(), {"x", "y"})
        -- Elements that are tables, and lists of arguments.
        local t = {{a = 1}, lithops.args(1, nil, 3)}
        local i = 0
        local r = lithops.map(function(...) return select('#', ...) end, function() i = i + 1 return t[i] end):get_result()
        same(r, {1, 3})
        same(lithops.map_reduce(id, upto(4), function(l) return #l end):get_result(), 4)
        "#,
    );
}

#[test]
fn objects_that_can_be_iterated_over() {
    passes(
        r#"
        local id = function(x) return x end
        local function step(limit, x) if x < limit then return x + 1 end end
        local object = setmetatable({limit = 3}, {__iter = function(self) return step, self.limit, 0 end})
        same(lithops.map(id, object):get_result(), {1, 2, 3})
        raises("bad argument #2 to 'map' (its `__iter` must give an iterator function, and gave number)",
          lithops.map, id, setmetatable({}, {__iter = function() return 5 end}))
        raises("no water", lithops.map, id, setmetatable({}, {__iter = function() error("no water") end}))
        -- Elements of a list are values, whatever they are; what is no function makes no iterator.
        same(#lithops.map(function(x) return x.limit end, {object}):get_result(), 1)
        same(lithops.map(id, setmetatable({7}, {__iter = true})):get_result(), {7})
        "#,
    );
}

#[test]
fn the_futures_of_an_iterator_are_made_as_they_are_looked_at() {
    passes(
        r#"
        local i = 0
        local fs = lithops.map(function(x) return x end, function() i = i + 1 if i <= 500 then return i end end)
        fs:wait()
        same(#fs, 500) same(fs[500]:result(), 500) same(fs[501], nil)
        local n = 0
        for k, f in ipairs(fs) do n = n + 1 same(f.call_id, ("%05d"):format(k - 1)) end
        same(n, 500)
        same(tostring(fs), "500 futures: 500 done")
        "#,
    );
}

#[test]
fn an_iterator_is_read_as_its_calls_need_it() {
    passes(
        r#"
        local pulled, ended_at_most = 0, 0
        local total = 300000
        local fs = lithops.map(function(x) append(here .. "/count", "x") return x end, function()
          if pulled < total then pulled = pulled + 1 return pulled end
        end)
        local done = lithops.wait(fs, {return_when = lithops.ANY_COMPLETED})
        assert(#done >= 1)
        -- A call costs an opened file, so that not many have ended; what was pulled is a small part of all.
        assert(pulled < total / 10, "pulled " .. pulled)
        local ahead = pulled - #read(here .. "/count")
        assert(ahead < 50000, "ahead by " .. ahead)
        lithops.clean{fs = fs, force = true}
        os.exit(0)
        "#
        .replace("os.exit(0)", "print 'ok' os.exit(0)")
        .as_str(),
    );
}

#[test]
fn what_a_slow_iterator_has_given_is_at_work_while_it_makes_the_next() {
    passes(
        r#"
        local given = 0
        local function slow()
          if given > 0 then await(here .. "/call" .. given) end
          if given == 5 then return nil end
          given = given + 1
          return given
        end
        local r = lithops.map(function(x) append(here .. "/call" .. x, "x") return x end, slow):get_result()
        same(r, {1, 2, 3, 4, 5})
        "#,
    );
}

#[test]
fn an_endless_iterator_is_left_alone_once_its_calls_are_cancelled() {
    passes(
        r#"
        local function endless() local i = 0 return function() i = i + 1 return i end end
        local id = function(x) return x end
        local fs = lithops.map(id, endless())
        lithops.wait(fs, {return_when = lithops.ANY_COMPLETED})
        fs:cancel()
        local before = #fs
        fs:wait{throw_except = false}
        same(#fs, before)
        fs = lithops.map(id, endless())
        lithops.clean{fs = fs, force = true}
        fs:wait{throw_except = false}
        "#,
    );
}

#[test]
fn a_long_iterator_is_read_to_its_end() {
    passes(
        r#"
        local i, total = 0, 300000
        local fs = lithops.map(function(x) return x end, function() if i < total then i = i + 1 return i end end)
        local r = fs:get_result()
        same(r.n, total)
        for k = 1, total do if r[k] ~= k then error("wrong at " .. k) end end
        "#,
    );
}

#[test]
fn an_iterator_asks_for_the_job_that_it_feeds() {
    passes(
        r#"
        local id = function(x) return x end
        local n, fs, known, first = 0
        local function numbers()
          n = n + 1
          if n == 1 then
            raises("M000 cannot be waited for", lithops.wait, nil, {return_when = lithops.ANY_COMPLETED})
          end
          if fs and not known then
            known = #fs
            same(fs[known + 1], nil)
            raises("M000 cannot be waited for", lithops.get_result)
            raises("M000 cannot be waited for", lithops.wait, fs)
            raises("once it has ended", lithops.map, id, fs)
            first = fs[1]:result()
          end
          if n <= 20000 then return n end
        end
        fs = lithops.map(id, numbers)
        same(fs:get_result().n, 20000)
        assert(known > 0 and known < 20000, known)
        same(first, 1)
        "#,
    );
}

#[test]
fn an_iterator_that_raises() {
    passes(
        r#"
        local function counter(n)
          local i = 0
          return function() i = i + 1 if i == n then error("no water") end return i end
        end
        local id = function(x) return x end
        -- At once, while `map` reads the first elements.
        raises("no water", lithops.map, id, counter(10))
        same(#lithops.get_result(), 9)
        -- Later, while the script waits; what it gave before runs to its end.
        local fs = lithops.map(id, counter(20000))
        raises("no water", function() fs:get_result() end)
        local r = fs:get_result()
        same(r.n, 19999) same(r[19999], 19999)
        "#,
    );
}

#[test]
fn an_iterator_that_raises_says_where() {
    let run = run_with(
        &[],
        "local fs = lithops.map(function(x) return x end, function()\n\
           error('no water')\n\
         end)\n\
         fs:get_result()",
    );
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.starts_with("lithops-lua: pipeline.lua:3: no water"), "{run:?}");
}

#[test]
fn an_iterator_gives_something_that_cannot_be_sent() {
    passes(
        r#"
        local id = function(x) return x end
        local function counter(bad, what, raise)
          local i = 0
          return function() i = i + 1 if i == raise then error "no water" end if i == bad then return what end return i end
        end
        local co = coroutine.create(print)
        -- At once; the elements before it are input, those behind it are not.
        raises("cannot send element 3 of the input: a coroutine", lithops.map, id, counter(3, co))
        same(lithops.get_result(), {1, 2})
        -- It comes before an error that the iterator raises behind it.
        raises("cannot send field deep.co of element 5 of the input", lithops.map, id, counter(5, {deep = {co = co}}, 7))
        same(lithops.get_result(), {1, 2, 3, 4})
        -- Later, while the script waits: its number counts from the start of the input.
        local fs = lithops.map(id, counter(20000, lithops.args(1, co)))
        raises("cannot send argument 2 of element 20000 of the input", function() fs:get_result() end)
        local r = fs:get_result()
        same(r.n, 19999)
        for k = 1, 19999 do if r[k] ~= k then error("wrong at " .. k) end end
        "#,
    );
}

#[test]
fn a_lazy_input_is_not_held() {
    // Its strings alone would take 100 MB; what is kept of a million calls takes some 50 MiB with the program itself.
    passes(
        r#"
        local i, total, front = 0, 1e6, ("x"):rep(90)
        local fs = lithops.map(function(s) return #s end, function()
          if i < total then i = i + 1 return front .. ("%010d"):format(i) end
        end)
        fs:wait()
        same(#fs, total) same(fs[total]:result(), 100)
        local peak = tonumber(read("/proc/self/status"):match("VmHWM:%s*(%d+) kB")) / 1024
        assert(peak < 80, ("the driver took %d MiB"):format(peak))
        "#,
    );
}

#[test]
fn what_is_no_input() {
    passes(
        r#"
        local f = function(x) return x end
        local err = raises("function expected", lithops.map, {1, 2}, f)
        raises("list", lithops.map, f, 7)
        raises("list", lithops.map, f)
        raises("keys", lithops.map, f, {a = 1})
        raises("one future", lithops.map, f, lithops.call_async(f, 1))
        local fs = lithops.map(f, {1})
        raises("element 2", lithops.map, f, {fs[1], 2})
        raises("map", lithops.map, f, {1}, 3)
        "#,
    );
}

#[test]
fn work_goes_on_while_the_script_does_something_else() {
    // More calls than one invocation takes, and nobody waits: all the same they end.
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local fs = lithops.map(function(x) append(here .. "/n", "x") end, lithops.range(50), {chunksize = 1})
        while #read(here .. "/n") < 50 do lithops.sleep(0.002) end
        fs:wait()
        same(#read(here .. "/n"), 50)
        "#,
    );
}

#[test]
fn map_reduce_over_an_iterator_whose_workers_cannot_start() {
    passes_with(
        &["-o", "localhost.runtime=/nonexistent/worker"],
        r#"
        local n = 0
        local fs = lithops.map_reduce(function(x) return x end, function() n = n + 1 if n <= 20000 then return n end end,
          function(list) return #list end)
        local err = raises("cannot start a worker", function() fs:get_result() end)
        same(err.kind, "start_failed")
        "#,
    );
}

#[test]
fn an_iterator_may_give_the_same_table_again() {
    passes(
        r#"
        local row, n = {}, 0
        local function rows()
          n = n + 1
          row.n, row[1] = n, "row " .. n
          if n <= 300 then return row end
        end
        local r = lithops.map(function(row) return row.n .. row[1] end, rows):get_result()
        for i = 1, 300 do same(r[i], i .. "row " .. i) end
        "#,
    );
}
