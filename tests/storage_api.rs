//! `lithops.storage` and `lithops.Storage`, through scripts that the real binary runs.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use support::{Folder, Run};

/// In front of every script. `fails` gives the error object that `f` raises, with this kind and these words; `refuses` is
/// for strings.
const PRELUDE: &str = r#"local s = lithops.storage
local function fails(kind, words, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok, "it did not fail")
  assert(type(e) == "table", tostring(e))
  assert(e.kind == kind, e.kind)
  assert(tostring(e):find(words, 1, true), tostring(e))
  return e
end
local function refuses(words, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok, "it did not fail")
  assert(type(e) == "string", type(e))
  assert(e:find(words, 1, true), e)
end
"#;

fn run_in(folder: &Folder, script: &str) -> Run {
    // On one line, so that a script's own lines count from 1.
    let script = format!("{}{script}", PRELUDE.replace('\n', " "));
    folder.write("pipeline.lua", script);
    let mut command = folder.command(&["pipeline.lua"]);
    command.env("LITHOPS_CONFIG", "localhost: {storage_root: store, storage_bucket: main, max_workers: 2}");
    command.output().unwrap().into()
}

#[track_caller]
fn check(script: &str) {
    run_in(&Folder::new(), script).prints("");
}

#[test]
fn objects_come_back_as_they_were_put() {
    check(
        r#"
        assert(s.bucket == "main" and s.backend == "localhost")
        assert(tostring(s) == "storage localhost (bucket main)", tostring(s))
        local bytes = {}
        for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
        bytes = table.concat(bytes)
        for _, body in ipairs { "", "x", bytes, bytes:rep(5000) } do
          assert(s:put_object("main", "a/b", body) == true)
          assert(s:get_object("main", "a/b") == body)
          assert(s.get_object(nil, "a/b") == body)
        end
        -- Lua takes numbers for strings.
        s.put_object(nil, 7, 42)
        assert(s:get_object(nil, "7") == "42")
        "#,
    );
}

#[test]
fn ranges() {
    check(
        r#"
        s:put_object(nil, "k", "0123456789")
        local function get(...) return s:get_object(nil, "k", { range = { ... } }) end
        assert(get(0, 0) == "0" and get(2, 4) == "234" and get(9) == "9")
        assert(get(3, 1e9) == "3456789" and get(0, math.huge) == "0123456789")
        assert(s:get_object(nil, "k", { range = { 2, 6 }, stream = true }):read("*a") == "23456")
        fails("invalid_range", "the range begins at byte 10, but the object has 10 bytes", get, 10)
        fails("invalid_range", "before it begins", get, 5, 4)
        for _, bad in ipairs { 5, {}, { -1 }, { 0.5 }, { 1, 2, 3 }, { "x" }, { first = 1 } } do
          refuses("get_object: option `range` must be `{first, last}`, offsets of bytes from 0, both included, not",
            s.get_object, nil, "k", { range = bad })
        end
        refuses("unknown option `rnge`; did you mean `range`?", s.get_object, nil, "k", { rnge = 1 })
        refuses("option `stream` must be true or false", s.get_object, nil, "k", { stream = "yes" })
        "#,
    );
}

#[test]
fn a_missing_key_is_an_answer() {
    check(
        r#"
        local co = s:put_cloudobject("x")
        s:delete_cloudobject(co)
        local asked = {
          { s:get_object(nil, "k") }, { s:get_object(nil, "k", { stream = true }) }, { s:head_object(nil, "k") },
          { s:download_file(nil, "k", "file") }, { s:get_cloudobject(co) }, { s:get_cloudobject(co, { stream = true }) },
        }
        for i = 1, 6 do
          local value, e = asked[i][1], asked[i][2]
          assert(value == nil and e.kind == "no_such_key", i)
          assert(tostring(e):find("there is no such key", 1, true))
        end
        assert(tostring(asked[1][2]) == "failed to get object `k` of bucket `main`: there is no such key")
        assert(io.open("file") == nil)
        -- Found, there is no second value.
        s:put_object(nil, "k", "x")
        assert(select('#', s:get_object(nil, "k")) == 1)
        "#,
    );
}

#[test]
fn other_failures_raise_with_the_callers_line() {
    let run = run_in(
        &Folder::new(),
        r#"local e = fails("no_such_bucket", "there is no such bucket", function()
             return (s:get_object("other", "k"))
           end)
        assert(tostring(e):find("^pipeline.lua:2: failed to get object `k` of bucket `other`: "), tostring(e))
        fails("invalid_bucket", "not allowed", s.put_object, "Not_A_Bucket", "k", "")
        fails("invalid_key", "the key is empty", s.put_object, nil, "", "")
        fails("no_such_bucket", "make it with `create_bucket(\"other\")`", s.head_bucket, "other")
        s:put_object(nil, "a", "x")
        fails("key_conflict", "choose another key", s.put_object, nil, "a/b", "x")
        s:put_object("other", "k", "x")
        "#,
    );
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("pipeline.lua:10: failed to put object `k` of bucket `other`"), "{}", run.err);
    assert!(run.err.contains("pipeline.lua:10: in main chunk"), "{}", run.err);
    assert!(!run.err.contains("mlua"), "{}", run.err);
}

#[test]
fn wrong_arguments() {
    check(
        r#"
        refuses("bad argument #2 to 'get_object' (string expected, got no value)", function() s:get_object() end)
        refuses("bad argument #2 to 'get_object' (string expected, got no value)", function() s.get_object() end)
        refuses("bad argument #1 to 'get_object' (string expected, got table)", function() s:get_object({}, "k") end)
        refuses("bad argument #3 to 'get_object' (table of options expected, got string)", s.get_object, nil, "k", "x")
        refuses("bad argument #2 to 'get_object' (names in storage are UTF-8, and this string is not)",
          function() s:get_object(nil, "\255") end)
        refuses("bad argument #3 to 'put_object' (string, stream or open file expected, got nil)",
          function() s:put_object(nil, "k", nil) end)
        refuses("bad argument #3 to 'put_object' (string, stream or open file expected, got table)",
          function() s.put_object(nil, "k", {}) end)
        refuses("bad argument #2 to 'delete_objects' (list of keys expected, got string)", s.delete_objects, nil, "k")
        refuses("(list of keys expected, element 2 is a table)", s.delete_objects, nil, { "a", {} })
        refuses("bad argument #1 to 'get_cloudobject' (cloud object expected, got string)", s.get_cloudobject, "k")
        refuses("(cloud object expected, got storage)", function() s:delete_cloudobject(s) end)
        refuses("(list of cloud objects expected, element 1 is a string)", s.delete_cloudobjects, { "k" })
        refuses("bad argument #1 to 'upload_file' (string expected, got no value)", s.upload_file)
        assert(s.nothing == nil and s[1] == nil)
        "#,
    );
}

#[test]
fn heads_listings_and_deletions() {
    check(
        r#"
        assert(s:head_bucket() == true and #s:list_objects() == 0)
        assert(s:create_bucket("extra") == true and s:create_bucket("extra") == true and s:head_bucket("extra"))
        local keys = { "a", "b/1", "b/2", "b/3/x", "c" }
        for i, key in ipairs(keys) do s:put_object("extra", key, ("x"):rep(i)) end
        assert(table.concat(s:list_keys("extra"), " ") == "a b/1 b/2 b/3/x c")
        assert(table.concat(s:list_keys("extra", "b/"), " ") == "b/1 b/2 b/3/x")
        assert(#s:list_keys() == 0)
        local entries = s:list_objects("extra", "b/")
        assert(#entries == 3 and entries[3].key == "b/3/x" and entries[3].size == 4)
        local head = s:head_object("extra", "b/3/x")
        for name, value in pairs(head) do assert(entries[3][name] == value, name) end
        assert(math.abs(head.last_modified - lithops.time()) < 60)
        s:put_object("extra", "b/3/x", "changed")
        assert(s:head_object("extra", "b/3/x").etag ~= head.etag)

        assert(s:delete_object("extra", "a") == true and s:delete_object("extra", "a") == true)
        assert(s:delete_objects("extra", { "b/1", "b/2", "never" }) == true)
        assert(s:delete_objects("extra", {}) == true)
        assert(table.concat(s:list_keys("extra"), " ") == "b/3/x c")
        local e = fails("invalid_key", "(2 of 3 deletions failed)", s.delete_objects, "extra", { "/", "c", "../c" })
        assert(#e.failed == 2 and e.failed[2].key == "../c" and e.failed[2].kind == "invalid_key")
        assert(table.concat(s:list_keys("extra"), " ") == "b/3/x")
        -- More than a page.
        for i = 1, 1005 do s:put_object(nil, ("many/%04d"):format(i), "") end
        local many = s:list_keys(nil, "many/")
        assert(#many == 1005 and many[1005] == "many/1005" and #s:list_objects(nil, "many/") == 1005)
        "#,
    );
}

#[test]
fn files() {
    let folder = Folder::new();
    folder.write("in.bin", b"one\r\ntwo\0");
    run_in(
        &folder,
        r#"
        assert(s:upload_file("in.bin", nil, "k") == true)
        assert(s:get_object(nil, "k") == "one\r\ntwo\0")
        assert(s:download_file(nil, "k", "out.bin") == true)
        local file = assert(io.open("out.bin", "rb"))
        assert(file:read("*a") == "one\r\ntwo\0")
        fails("io", "nowhere", s.upload_file, "nowhere", nil, "k")
        fails("io", "no/folder", s.download_file, nil, "k", "no/folder/out")
        "#,
    )
    .prints("");
}

#[test]
fn bodies_that_are_read() {
    check(
        r#"
        local text = ("line\n"):rep(200000) .. "end"
        local file = io.open("body", "wb") file:write(text) file:close()
        file = io.open("body", "rb")
        s:put_object(nil, "file", file)
        assert(s:get_object(nil, "file") == text and io.type(file) == "file")
        file:close()
        refuses("closed file", s.put_object, nil, "file", file)
        assert(#s:get_object(nil, "file") == #text)
        s:put_object(nil, "empty", io.open("/dev/null"))
        assert(s:get_object(nil, "empty") == "")

        -- A stream: what is left of it, and then it is closed.
        local stream = s:get_object(nil, "file", { stream = true })
        assert(stream:read("*l") == "line")
        s:put_object(nil, "copy", stream)
        assert(s:get_object(nil, "copy") == text:sub(6))
        refuses("the stream is closed", s.put_object, nil, "copy", stream)
        refuses("attempt to use a closed stream", stream.read, stream)

        -- Anything that reads.
        local function reader(...)
          local pieces, i = { ... }, 0
          return { read = function(self, n)
            assert(n == 256 * 1024)
            i = i + 1
            if type(pieces[i]) == "function" then return pieces[i]() end
            return pieces[i]
          end }
        end
        s:put_object(nil, "made", reader("a", "", "\0b", ("c"):rep(1e6)))
        assert(s:get_object(nil, "made") == "a\0b" .. ("c"):rep(1e6))
        local co = s:put_cloudobject(reader("x", "y"))
        assert(s:get_cloudobject(co) == "xy")
        -- What fails leaves what was there.
        local broken = setmetatable({}, { __tostring = function() return "broken" end })
        local _, e = pcall(s.put_object, nil, "made", reader("new", function() error(broken) end))
        assert(rawequal(e, broken))
        refuses("the tape tore", s.put_object, nil, "made", reader("new", function() return nil, "the tape tore" end))
        refuses("the body's `read` gave a boolean, not a string or nil", s.put_object, nil, "made", reader(true))
        assert(#s:get_object(nil, "made") == 1000003)
        fails("invalid_key", "failed to put", s.put_object, nil, "/", reader("a", "b", "c", "d", "e", "f"))
        "#,
    );
}

#[test]
fn streams_read_as_files_do() {
    check(
        r#"
        local text = "first\n\nthird\r\n" .. ("x"):rep(700000) .. "\n\255 last"
        local file = io.open("f", "wb") file:write(text) file:close()
        s:put_object(nil, "k", text)
        local function open() return s:get_object(nil, "k", { stream = true }), io.open("f", "rb") end
        -- The same calls on both give the same.
        for _, formats in ipairs {
          { "*l" }, { "l" }, { "*L" }, { 0 }, { 1 }, { 5 }, { 65536 }, { 262144 }, { 300000 }, { 1e7 }, { "*a", },
          { 3, "*l" }, { "*l", "*l", 4 }, { 2, 0, "*L" },
        } do
          local stream, file = open()
          for _ = 1, 200 do
            local mine, theirs = { stream:read(unpack(formats)) }, { file:read(unpack(formats)) }
            assert(#mine == #theirs, formats[1])
            for i = 1, #theirs do assert(mine[i] == theirs[i], formats[1]) end
          end
          assert(stream:read("*a") == file:read("*a"))
          assert(stream:read() == nil and stream:read(0) == nil and stream:read("*a") == "")
        end
        local stream, file = open()
        local theirs = file:lines()
        local count = 0
        for line in stream:lines() do
          assert(line == theirs())
          count = count + 1
        end
        assert(count == 5 and theirs() == nil)
        for piece in open():lines(10) do assert(#piece <= 10) end
        assert(open():lines("*L")() == "first\n")
        local next_line = open():lines()
        assert(next_line() == "first" and next_line() == "")

        -- Lua's files cut lines at a NUL.
        s:put_object(nil, "nul", "a\0b\n\0\n\0")
        stream = s:get_object(nil, "nul", { stream = true })
        assert(stream:read() == "a\0b" and stream:read("*L") == "\0\n" and stream:read() == "\0" and stream:read() == nil)

        stream = open()
        assert(tostring(stream) == "stream of object k")
        assert(stream:close() == true and tostring(stream) == "stream (closed)" and stream:close() == true)
        refuses("attempt to use a closed stream", function() return stream:read(1) end)
        refuses("attempt to use a closed stream", stream:lines())
        refuses("bad argument #1 to 'read' (invalid format)", function() open():read("*x") end)
        refuses("bad argument #2 to 'read' (invalid format)", function() open():read(1, {}) end)
        refuses("bad argument #1 to 'read' (invalid format)", function() open():read(-1) end)
        refuses("bad argument #1 to 'lines' (invalid format)", function() open():lines("x") end)
        refuses("bad argument #1 to 'read' (stream expected, got table)", function() stream.read({}) end)
        assert(stream.nothing == nil)
        "#,
    );
}

/// 20 MB, with lines of many lengths: those of a stream are those of the file.
#[test]
fn large_streams_hold_little() {
    check(
        r#"
        local file = io.open("large", "wb")
        local line, size = 0, 0
        while size < 20e6 do
          line = line + 1
          local text = (string.char(32 + line % 90)):rep(line * 7919 % (line % 1000 == 0 and 600000 or 300)) .. "\n"
          file:write(text)
          size = size + #text
        end
        file:close()
        s:upload_file("large", nil, "large")
        assert(s:head_object(nil, "large").size == size)
        collectgarbage()
        local function resident()
          for text in io.lines("/proc/self/status") do
            local kib = text:match("^VmHWM:%s+(%d+)")
            if kib then return tonumber(kib) * 1024 end
          end
        end
        local before = resident()
        local theirs = io.lines("large")
        local count = 0
        for text in s:get_object(nil, "large", { stream = true }):lines() do
          assert(text == theirs())
          count = count + 1
        end
        assert(count == line and theirs() == nil)
        assert(resident() - before < 12e6, resident() - before)
        "#,
    );
}

#[test]
fn cloud_objects() {
    check(
        r#"
        local co = s:put_cloudobject("body")
        assert(co.bucket == "main" and co.backend == "localhost" and co.key:find("^lithops/cloudobjects/%x+$"))
        assert(tostring(co) == "cloud object main/" .. co.key .. " (localhost)")
        local twin = s:put_cloudobject("body")
        assert(twin.key ~= co.key and twin ~= co and co.nothing == nil)
        assert(s:get_cloudobject(co) == "body" and s:get_object(co.bucket, co.key) == "body")
        assert(s:get_cloudobject(co, { stream = true }):read(2) == "bo")
        assert(s:get_cloudobject(co, { range = { 1, 2 } }) == "od")
        s:create_bucket("extra")
        local named = s.put_cloudobject("x", "extra", "some/key")
        assert(named.bucket == "extra" and named.key == "some/key")
        assert(named == s:put_cloudobject("y", "extra", "some/key") and named ~= co and co ~= s)
        assert(s:delete_cloudobject(co) == true and s:get_cloudobject(co) == nil)
        assert(s:delete_cloudobjects { named, twin, s:put_cloudobject("z") } == true)
        assert(#s:list_keys() == 0 and #s:list_keys("extra") == 0)
        assert(s:delete_cloudobjects {} == true)
        "#,
    );
}

#[test]
fn other_stores() {
    check(
        r#"
        local t = lithops.Storage { config = { localhost = { storage_root = "other", storage_bucket = "mine" } } }
        assert(t.bucket == "mine" and t.backend == "localhost" and tostring(t) == "storage localhost (bucket mine)")
        assert(t:put_object(nil, "k", "other"))
        -- With a dot, it is still the store that the function was taken from; one that is passed goes before.
        assert(t.get_object(nil, "k") == "other" and t.get_object == t.get_object)
        local get = t.get_object
        assert(get(nil, "k") == "other" and get(s, nil, "k") == nil)
        assert(s.get_object(nil, "k") == nil and s.get_object(t, nil, "k") == "other")
        assert(s:get_object("main", "k") == nil)
        assert(lithops.Storage().bucket == "main" and lithops.Storage { backend = "localhost" }.bucket == "main")
        refuses("Storage: unknown option `backen`; did you mean `backend`?", lithops.Storage, { backen = "x" })
        refuses("storage option `backend`", lithops.Storage, { backend = "nowhere" })
        refuses("did you mean `storage_root`?", lithops.Storage, { config = { localhost = { storage_rot = "x" } } })
        refuses("bad argument #1 to 'Storage' (table expected, got string)", lithops.Storage, "localhost")
        "#,
    );
}

#[test]
fn an_unwritable_root() {
    let folder = Folder::new();
    folder.write("blocked", "a file");
    let script = r#"
        local t = lithops.Storage { config = { localhost = { storage_root = "blocked/store" } } }
        local e = fails("access_denied", "set `localhost.storage_root` to a folder that can", t.put_object, nil, "k", "x")
        assert(tostring(e):find("blocked/store cannot be written", 1, true))
        local f = lithops.call_async(function() t:put_object(nil, "k", "x") end)
        e = fails("access_denied", "set `localhost.storage_root`", f.result, f)
        assert(tostring(e):find("pipeline.lua:5: failed to put object `k` of bucket `lithops`", 1, true), tostring(e))
        "#;
    run_in(&folder, script).prints("");
}

#[test]
fn a_configuration_that_is_wrong_is_told_at_first_use() {
    let folder =
        Folder::with("print(1) print(pcall(function() return lithops.storage.bucket end)) print(lithops.storage)");
    let mut command = folder.command(&["pipeline.lua"]);
    let run: Run = command.env("LITHOPS_CONFIG", "lithops: {storage: nowhere}").output().unwrap().into();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("1\nfalse\tpipeline.lua:1: "), "{run:?}");
    assert!(run.out.contains("`lithops.storage` is `nowhere`") && run.out.ends_with("\nstorage\n"), "{run:?}");
}

#[test]
fn workers_use_the_drivers_store() {
    check(
        r#"
        s:put_object(nil, "in/1", "one\ntwo") s:put_object(nil, "in/2", "three")
        local keys = lithops.map(function(key)
          local lines = 0
          for _ in lithops.storage:get_object(nil, key, { stream = true }):lines() do lines = lines + 1 end
          lithops.storage:put_object(nil, key:gsub("in", "out"), tostring(lines))
          local missing, e = lithops.storage:get_object(nil, "nope")
          assert(missing == nil and e.kind == "no_such_key")
          return table.concat(lithops.storage:list_keys(nil, "in/"), " ")
        end, s:list_keys(nil, "in/")):get_result()
        assert(keys[1] == "in/1 in/2" and keys[2] == keys[1])
        assert(s:get_object(nil, "out/1") == "2" and s:get_object(nil, "out/2") == "1")

        -- The default store and its functions travel by name.
        local put, store = s.put_object, lithops.storage
        assert(lithops.call_async(function()
          return put == lithops.storage.put_object and store == lithops.storage and put(nil, "k", "v")
        end):result() == true)
        assert(s:get_object(nil, "k") == "v")

        -- Its failures are those of the call.
        local f = lithops.call_async(function() return (s:get_object("nowhere", "k")) end)
        local e = fails("no_such_bucket", "failed to get object `k` of bucket `nowhere`", f.result, f)
        assert(e.traceback:find("pipeline.lua:%d+: in function"), e.traceback)
        "#,
    );
}

#[test]
fn cloud_objects_and_stores_travel() {
    check(
        r#"
        local t = lithops.Storage { config = { localhost = { storage_root = "other", storage_bucket = "main" } } }
        local co = t:put_cloudobject("captured")
        local got = lithops.map(function(given)
          assert(t:get_cloudobject(co) == "captured" and t.get_cloudobject(co) == "captured")
          assert(s:get_cloudobject(co) == nil)
          return { co = t:put_cloudobject(t:get_cloudobject(given.co) .. "!"), store = t, same = given.co }
        end, { { co = t:put_cloudobject("a") }, { co = t:put_cloudobject("b") } }):get_result()
        assert(t:get_cloudobject(got[1].co) == "a!" and got[2].store:get_cloudobject(got[2].co) == "b!")
        assert(got[1].same ~= got[2].same and t:get_cloudobject(got[2].same) == "b" and got[1].store.bucket == t.bucket)
        local back = lithops.call_async(function() return co end):result()
        assert(back == co and back.key == co.key)

        local stream = t:get_cloudobject(co, { stream = true })
        refuses("upvalue `stream` of function", lithops.map, function() return stream:read() end, { 1 })
        refuses("a stream is read where it was opened", lithops.map, function() return stream:read() end, { 1 })
        local f = lithops.call_async(function() return t:get_cloudobject(co, { stream = true }) end)
        fails("unsendable", "a stream is read where it was opened", f.result, f)
        "#,
    );
}

/// An executor's own configuration is that of its workers' default store.
#[test]
fn workers_of_another_configuration() {
    check(
        r#"
        local config = { localhost = { storage_root = "elsewhere", storage_bucket = "theirs" } }
        local e = lithops.FunctionExecutor { config = config }
        local f = e:call_async(function()
          lithops.storage:put_object(nil, "k", "v")
          return lithops.storage.bucket
        end)
        assert(f:result() == "theirs")
        assert(s:get_object(nil, "k") == nil and lithops.Storage { config = config }:get_object(nil, "k") == "v")
        "#,
    );
}

/// Functions are made for every store and every `lines`; they are not kept.
#[test]
fn nothing_is_kept_of_what_is_dropped() {
    check(
        r#"
        s:put_object(nil, "k", "a\nb")
        local function round()
          for _ = 1, 3000 do
            assert(lithops.Storage().get_object(nil, "k", { stream = true }):lines()() == "a")
          end
          collectgarbage() collectgarbage()
          return collectgarbage("count")
        end
        round()
        local before = round()
        local after = round()
        assert(after - before < 64, after - before)
        "#,
    );
}
