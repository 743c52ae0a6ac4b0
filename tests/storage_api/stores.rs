use crate::places::everywhere;
use crate::support::{Folder, Run};
use crate::{Store, check, run_in};

everywhere! {
    cloud_objects
    workers_use_the_drivers_store
}

fn cloud_objects(store: &Store) {
    store.check(
        r#"
        local co = s:put_cloudobject("body")
        assert(co.bucket == bucket and co.backend == backend)
        local random = ("%x"):rep(32)
        assert(co.key:find("^lithops/cloudobjects/%x%x%x%x%x%x%-0/driver/" .. random .. "$"), co.key)
        assert(tostring(co) == ("cloud object %s/%s (%s)"):format(bucket, co.key, backend))
        local twin = s:put_cloudobject("body")
        assert(twin.key ~= co.key and twin ~= co and co.nothing == nil)
        assert(s:get_cloudobject(co) == "body" and s:get_object(co.bucket, co.key) == "body")
        assert(s:get_cloudobject(co, { stream = true }):read(2) == "bo")
        assert(s:get_cloudobject(co, { range = { 1, 2 } }) == "od")
        s:create_bucket(other)
        local named = s.put_cloudobject("x", other, "some/key")
        assert(named.bucket == other and named.key == "some/key")
        assert(named == s:put_cloudobject("y", other, "some/key") and named ~= co and co ~= s)
        assert(s:delete_cloudobject(co) == true and s:get_cloudobject(co) == nil)
        assert(s:delete_cloudobjects { named, twin, s:put_cloudobject("z") } == true)
        assert(#s:list_keys() == 0 and #s:list_keys(other) == 0)
        assert(s:delete_cloudobjects {} == true)
        "#,
    );
}

/// A bucket may be gone, and the others are emptied nevertheless.
#[test]
fn cloud_objects_of_many_buckets_are_deleted_as_far_as_possible() {
    check(
        r#"
        local t = lithops.Storage { config = { localhost = { storage_root = "other" } } }
        t:create_bucket("a-gone") s:create_bucket("z-there")
        -- The default store has no such bucket, whose name comes before those of the others.
        local lost = t:put_cloudobject("x", "a-gone", "k")
        local one, two = s:put_cloudobject("1"), s:put_cloudobject("2", "z-there", "k")
        local e = fails("no_such_bucket", "(1 of 3 deletions failed)", s.delete_cloudobjects, { one, lost, two })
        assert(#e.failed == 1 and e.failed[1].key == "k" and e.failed[1].kind == "no_such_bucket")
        assert(s:get_cloudobject(one) == nil and s:get_cloudobject(two) == nil and t:get_cloudobject(lost) == "x")
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

fn workers_use_the_drivers_store(store: &Store) {
    store.check(
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
