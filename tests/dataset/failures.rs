use std::process::Command;

use crate::support::{Folder, Run};
use crate::{jobs, passes, script, shell};

#[test]
fn mistakes_are_told_at_once_and_where_they_are() {
    passes(
        r#"
        local d = dataset.from_list({ 1 })
        for _, name in ipairs { "map", "filter", "flat_map", "map_partitions", "map_values", "key_by", "group_by", "reduce_by_key", "reduce", "foreach" } do
          raises(("bad argument to 'dataset:%s' (function expected, got no value)"):format(name), d[name], d)
          raises("(function expected, got number)", d[name], d, 1)
        end
        local err = raises("function expected", function() d:map(nil) end)
        assert(err:find("^pipeline.lua:%d+: bad argument to 'dataset:map'"), err)
        raises("(function expected, got number)", d.sort_by, d, 1)
        raises("(function expected, got string)", d.top, d, 1, "x")
        raises("(whole number of 0 or more expected, got 1.5)", d.top, d, 1.5)
        raises("(whole number of 0 or more expected, got -1)", d.take, d, -1)
        raises("(number from 0 to 1 expected, got 2)", d.sample, d, 2)
        raises("(dataset expected, got table)", d.union, d, {})
        raises("(dataset expected, got nil)", d.join, d)
        raises("option `how` must be inner, left, right or outer, not cross", d.join, d, d, { how = "cross" })
        raises("unknown option `desc`; did you mean `descending`?", d.sort_by, d, { desc = true })
        raises("a value to begin with expected, got nil", d.fold, d, nil, function() end)
        raises("(list expected, got string)", dataset.from_list, "x")
        raises("(element 2 of the list is nil: leave it out", dataset.from_list, { 1, nil, 3 })
        local holed = { 1 }
        holed[3], holed[9] = 3, 9
        raises("(element 2 of the list is nil: leave it out", dataset.from_list, holed)
        raises("(element 2 of the list is nil: leave it out", dataset.from_list, { 1, nil, nil, n = 3 })
        raises("(list expected, got a table with a field `key`", dataset.from_list, { key = "a" })
        raises("(list expected, got a dataset)", dataset.from_list, d)
        same(dataset.from_list({ 1, 2, n = 2 }):collect(), { 1, 2 })
        raises('option `obj_newline` must be "\\n" for CSV', dataset.read_csv, at("x"), { obj_newline = ";" })
        raises('option `obj_newline` must be "\\n" for CSV', dataset.read_csv, at("x"),
          { obj_newline = ";", quoted_newlines = false })
        dataset.read_csv(at("x"), { obj_newline = "\n", quoted_newlines = false })
        raises("(finite numbers expected, got x)", dataset.from_range, "x")
        raises("(finite numbers expected, got nil)", dataset.from_range, nil)
        raises("the step must not be 0", dataset.from_range, 1, 2, 0)
        raises("unknown option `partition`; did you mean `partitions`?", dataset.from_list, {}, { partition = 1 })
        raises("option `partitions` must be a whole number of 1 or more, not 0", dataset.from_list, {}, { partitions = 0 })
        raises('option `memory` must be a number of bytes or a text such as "64MiB", not 64M', dataset.with, { memory = "64M" })
        raises("option `executor` must be an executor", dataset.with, { executor = 7 })
        raises("(address expected, got no value)", dataset.read_text)
        raises("an address such as s3://bucket/key", dataset.read_text, "plain")
        err = raises("bad argument to 'dataset.read_text' (element 1, ", function() dataset.read_text("plain") end)
        assert(err:find("^pipeline.lua:%d+: ") and not err:find("obj`"), err)
        raises("option `obj_newline` must be a string of one byte", dataset.read_text, at("x"), { obj_newline = false })
        raises("option `obj_chunk_size`", dataset.read_text, at("x"), { obj_chunk_size = "64M" })
        "#,
    );
}

#[test]
fn values_of_options_are_checked_where_they_are_given() {
    passes(
        r#"
        local d = dataset.from_list({ 1 })
        local function refuses(words, f)
          local err = raises(words, f)
          assert(err:find("^pipeline.lua:%d+: option"), err)
        end
        for name, text in pairs { max_workers = "1 or more", runtime_memory = "1 or more", retries = "0 or more" } do
          refuses(("option `%s` must be a whole number of %s, not \"4\""):format(name, text), function()
            dataset.from_list({}, { [name] = "4" })
          end)
        end
        refuses("option `max_workers` must be a whole number of 1 or more, not 0", function()
          dataset.with({ max_workers = 0 })
        end)
        refuses("option `timeout` must be a number of seconds, 0 or more, not -1", function()
          dataset.from_range(1, { timeout = -1 })
        end)
        refuses('option `descending` must be true or false, not "false"', function()
          d:sort_by({ descending = "false" })
        end)
        refuses('option `overwrite` must be true or false, not "no"', function()
          d:write_text(at("out"), { overwrite = "no" })
        end)
        refuses('option `quoted_newlines` must be true or false, not "no"', function()
          dataset.read_csv(at("x"), { quoted_newlines = "no" })
        end)
        raises("unknown option `headr`; did you mean `header`?", dataset.read_csv, at("x"), { headr = true })
        raises("unknown option `retires`; did you mean `retries`?", dataset.with, { retires = 1 })
        raises("unknown option `obj_chunksize`; did you mean `obj_chunk_size`?", dataset.read_text, at("x"), { obj_chunksize = 1 })
        raises("options have names, not 1", d.sort_by, d, nil, { true })
        -- What only jobs know is told without a place of which the script knows nothing.
        local unusual = dataset.from_list({ 1 }, { extra_env = { A = {} } }):map(function(x) return x end)
        local err = raises("option `extra_env`", unusual.collect, unusual)
        assert(not tostring(err):find("stdlib") and not tostring(err):find("map:", 1, true), tostring(err))
        "#,
    );
}

#[test]
fn what_is_no_list_and_no_method_is_told() {
    passes(
        r#"
        local d = dataset.from_list({ 1, 2 })
        raises("pipeline.lua:", function() return #d end)
        raises("a dataset has no length: use `:count()`", function() return #d end)
        raises("a dataset is no list: use `:collect()` or `:take(n)`", function() return d[1] end)
        raises("a dataset is no list: use `:collect()` or `:take(n)`", function() for _ in ipairs(d) do end end)
        same(d.nothing, nil)
        local err = raises("call it with a colon, `d:count(…)`", function() d.count() end)
        assert(err:find("^pipeline.lua:%d+: bad argument to 'dataset:count'"), err)
        raises("call it with a colon, `d:map(…)`", function() d.map(print) end)
        err = raises("call it with a dot, `dataset.from_list(…)`", function() dataset:from_list({ 1, 2 }) end)
        assert(err:find("^pipeline.lua:%d+: bad argument #1 to 'dataset.from_list'"), err)
        raises("call it with a dot, `dataset.with(…)`", function() dataset:with({ partitions = 2 }) end)
        local ours = dataset.with({ partitions = 2 })
        raises("call it with a dot, `dataset.from_range(…)`", function() ours:from_range(2) end)
        "#,
    );
}

#[test]
fn a_step_that_fails_names_its_line() {
    passes(
        r#"
        local d = dataset.from_range(10)
        local function run(f, ...) return raises("", f, ...) end
        local at_line = debug.getinfo(1, "l").currentline + 1
        local err = run(function() return d:map(function(x) error("boom") end):count() end)
        assert(err.message:find("pipeline.lua:" .. at_line .. ": boom", 1, true), err.message)
        at_line = debug.getinfo(1, "l").currentline + 1
        err = run(function() return d:key_by(tostring):reduce_by_key(math.max):map(function(p) return p.nothing.x end):collect() end)
        assert(err.message:find("pipeline.lua:" .. at_line .. ": attempt to index field 'nothing'", 1, true), err.message)
        assert(tostring(err):find("pipeline.lua:" .. at_line .. ": in function", 1, true), tostring(err))
        err = run(function() return d:map(function(x) return x end):map_partitions(function(next) next() error("in a partition") end):collect() end)
        assert(err.message:find("in a partition", 1, true), err.message)
        err = run(function() return d:sort_by(function() error("a key") end):collect() end)
        assert(err.message:find("a key", 1, true), err.message)
        -- Not only where the function itself fails.
        for _, make in ipairs { function(f) return d:map(f) end, function(f) return d:key_by(f) end,
          function(f) return d:group_by(f) end, function(f) return d:sort_by(f) end, function(f) return d:top(1, f) end,
          function(f) return d:key_by(function() return 1 end):map_values(f) end } do
          at_line = debug.getinfo(1, "l").currentline + 1
          local made = make(function() return nil end)
          err = run(function() return made:collect() end)
          assert(err.message:find("(pipeline.lua:" .. at_line .. ")", 1, true), err.message)
        end
        -- A function that cannot travel.
        local file = io.open(here .. "/x", "w")
        err = run(function() return d:map(function(x) return file end):collect() end)
        assert(tostring(err):find("cannot send", 1, true) and tostring(err):find("file", 1, true), tostring(err))
        -- The executor goes on.
        same(d:sum(), 55)
        same(lithops.map(function(x) return x end, { 1, 2 }):get_result(), { 1, 2 })
        "#,
    );
}

#[test]
fn what_elements_must_be_is_told() {
    passes(
        r#"
        local d = dataset.from_list({ 1, 2 })
        local function tells(words, made, action) raises(words, function() return made[action or "collect"](made) end) end
        tells("dataset:map: the function gave nil", d:map(function() end))
        tells("dataset:flat_map: the function gave a number, not a list or an iterator", d:flat_map(function() return 1 end))
        tells("dataset:words: an element is a number, not a string", d:words())
        tells("dataset:keys: an element is a number, not a pair {key = …, value = …}", d:keys())
        tells("dataset:values: an element has no field `value`", d:map(function() return { key = 1 } end):values())
        tells("dataset:reduce_by_key: an element has no field `key`", d:map(function() return {} end):reduce_by_key(math.max))
        tells("dataset:reduce_by_key: an element has no field `value`", d:map(function() return { key = 1 } end):reduce_by_key(math.max))
        tells("dataset:reduce_by_key: the function gave nil", d:key_by(function() return 1 end):reduce_by_key(function() end))
        tells("dataset:group_by: a key is a table; keys are strings, numbers or booleans", d:group_by(function() return {} end))
        tells("dataset:group_by: a key is nil", d:group_by(function() end))
        tells("dataset:group_by: a key is NaN, which is equal to nothing", d:group_by(function() return 0 / 0 end))
        tells("dataset:group_by: a key is json.null; keys are", d:group_by(function() return require("json").null end))
        tells("dataset:distinct: a key is a 64-bit integer; keys are strings, numbers or booleans: use tostring(…)", d:map(function() return 7LL end):distinct())
        tells("dataset:sort_by: a key is a 64-bit integer", d:map(function() return 7ULL end):sort_by())
        tells("dataset:count_by_value: a key is a table", d:map(function() return {} end):count_by_value())
        tells("dataset:distinct: a key is a table", d:map(function() return {} end):distinct())
        tells("dataset:sort_by: a key is a table; elements are ordered by strings or numbers", d:map(function() return {} end):sort_by())
        tells("dataset:sort_by: a key is NaN", d:sort_by(function() return 0 / 0 end))
        tells("dataset:sort_by: some keys are strings and some numbers", dataset.from_list({ 1, "a" }, { partitions = 1 }):sort_by())
        tells("dataset:sort_by: some keys are strings and some numbers", dataset.from_list({ 1, "a" }, { partitions = 2 }):sort_by())
        tells("dataset:top: a key is a table", d:map(function() return { value = {} } end):top(1))
        tells("dataset:sum: an element is a string, not a number", d:map(tostring), "sum")
        tells("a value of type function cannot be passed between stages", d:map(function() return print end):group_by(function() return 1 end))
        tells("a table that contains itself cannot be passed", d:map(function() local t = {} t.t = t return t end):group_by(function() return 1 end))
        "#,
    );
}

/// Elements are large enough for each stage to store objects before the last step fails.
#[test]
fn nothing_is_left_of_an_action_that_failed() {
    passes(
        r#"
        local long = ("x"):rep(5000)
        local d = dataset.from_range(400, { partitions = 4 }):map(function(x) return { key = x % 100, value = long .. x } end)
        local function fails(made) raises("at the end", function() return made:collect() end) clean() end
        local function fail() error("at the end") end
        fails(d:group_by(function(p) return p.key end):map(fail))
        fails(d:sort_by(function(p) return p.value end):map(fail))
        fails(d:join(d):group_by(function(r) return r.key end):map(fail))
        -- A map that fails when others have stored their part; and the same with less memory.
        local half = dataset.from_range(400, { partitions = 4, memory = "300KiB" }):map(function(x)
          if x == 400 then error("at the end") end
          return { key = x % 100, value = long .. x }
        end)
        fails(half:group_by(function(p) return p.key end))
        fails(half:sort_by(function(p) return p.value end))
        -- An attempt that failed, where the next one did not.
        local again = dataset.with({ retries = 1, memory = "300KiB" }).from_range(400, { partitions = 2 }):map(function(x)
          if x == 400 and lithops.call.attempt == 1 then error("once") end
          return { key = x % 100, value = long .. x }
        end)
        same(again:group_by(function(p) return p.key end):count(), 100)
        clean()
        same(again:sort_by(function(p) return p.value end):cache():count(), 400)
        clean()
        -- They do store something.
        local stored = false
        d:group_by(function(p) return p.key end):map(function(p)
          assert(#lithops.storage:list_keys(nil, "lithops/datasets/" .. lithops.call.executor_id .. "/") == 4)
          return 1
        end):count()
        "#,
    );
}

#[test]
fn an_object_that_has_vanished_is_named() {
    passes(
        r#"
        put("there", "x")
        local d = dataset.read_text(at("there"), at("gone"))
        raises("object `gone`", d.count, d)
        raises("no object matches", function() return dataset.read_text(at("no/such/*")):words():count_by_value():collect() end)
        -- Between the stages.
        local long = ("x"):rep(100000)
        local large = dataset.from_range(100, { partitions = 1, memory = "1MiB" }):map(function(x) return ("%03d"):format(x) .. long end)
        local robbed = large:sort_by():map(function(x)
          for _, key in ipairs(lithops.storage:list_keys(nil, "lithops/datasets/")) do lithops.storage:delete_object(nil, key) end
          return x
        end)
        raises("data of the job has vanished: failed to get object", robbed.count, robbed)
        "#,
    );
}

#[test]
fn an_interrupted_action_leaves_nothing() {
    let folder = Folder::new();
    folder.write(
        "pipeline.lua",
        jobs::with_prelude(&script(
            r#"
            local here, long = here, ("x"):rep(50000)
            dataset.from_range(8, { partitions = 2 }):map(function(x) return long .. x end):distinct():map(function(x)
              append(here .. "/second", "x")
              while true do lithops.sleep(0.01) end
            end):collect()
            "#,
        )),
    );
    let driver = jobs::spawn(&folder, &[]);
    jobs::wait_until("the second stage", || folder.path().join("second").exists());
    let stored =
        || shell(&format!("find {}/.lithops/storage -path '*/lithops/datasets/*' -type f", folder.path().display()));
    assert_ne!(stored(), "");
    jobs::signal(driver.id(), "INT");
    let output = driver.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(stored(), "");
}

#[test]
fn what_a_driver_leaves_that_ends_too_early_is_cleaned() {
    let folder = Folder::new();
    folder.write(
        "pipeline.lua",
        jobs::with_prelude(&script(
            r#"
            local long = ("x"):rep(50000)
            dataset.from_range(8, { partitions = 2 }):map(function(x) return long .. x end):distinct():top(1, function(x)
              if not lithops.is_worker then os.exit(0) end
              return x
            end):collect()
            "#,
        )),
    );
    assert_eq!(jobs::run_in(&folder, &[]).code, Some(0));
    let run = folder.run(&["clean"]);
    assert!(run.out.starts_with("removed 2 objects"), "{run:?}");
    let run = folder.run(&["clean"]);
    assert!(run.out.starts_with("removed 0 objects"), "{run:?}");
}

/// The storage is on a disk of 8 MiB.
#[test]
fn a_disk_that_fills_is_told() {
    let folder = Folder::new();
    folder.write(
        "pipeline.lua",
        jobs::with_prelude(&script(
            r#"
            local long = ("x"):rep(100000)
            local d = dataset.from_range(400, { partitions = 4, memory = "4MiB" }):map(function(x) return long .. x end)
            for _, made in ipairs { d:distinct(), d:sort_by() } do
              local err = raises("the disk is full", made.count, made)
              assert(not err.message:find("\n"), err.message)
              same(err.kind, "disk_full")
              clean()
            end
            raises("the disk is full", d.write_text, d, at("out"))
            same(lithops.storage:list_keys(nil, "out/"), {})
            print "ok"
            "#,
        )),
    );
    let root = folder.path().join(".lithops/storage");
    std::fs::create_dir_all(&root).unwrap();
    let can_mount = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !can_mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot mount a file system");
        return;
    }
    let mount = format!("mount -t tmpfs -o size=8m tmpfs {} && exec \"$@\"", root.display());
    let program = jobs::command(&folder, &[]);
    let mut command = folder.command(&[]);
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "sh", "-c", &mount, "sh"]).arg(program.get_program()).args(program.get_args());
    for (name, value) in command.env("HOME", folder.path()).get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    let run: Run = outer.current_dir(folder.path()).output().unwrap().into();
    run.prints("ok\n");
}
