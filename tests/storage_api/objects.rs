use crate::Store;
use crate::places::{Place, everywhere};

everywhere! {
    objects_come_back_as_they_were_put
    ranges
    a_missing_key_is_an_answer
    other_failures_raise_with_the_callers_line
    wrong_arguments
    heads_listings_and_deletions
    files
}

fn objects_come_back_as_they_were_put(store: &Store) {
    store.check(
        r#"
        assert(tostring(s) == "storage " .. backend .. " (bucket " .. bucket .. ")", tostring(s))
        local bytes = {}
        for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
        bytes = table.concat(bytes)
        for _, body in ipairs { "", "x", bytes, bytes:rep(5000) } do
          assert(s:put_object(bucket, "a/b", body) == true)
          assert(s:get_object(bucket, "a/b") == body)
          assert(s.get_object(nil, "a/b") == body)
        end
        -- Lua takes numbers for strings.
        s.put_object(nil, 7, 42)
        assert(s:get_object(nil, "7") == "42")
        "#,
    );
}

fn ranges(store: &Store) {
    store.check(
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

fn a_missing_key_is_an_answer(store: &Store) {
    store.check(
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
        assert(tostring(asked[1][2]) == ("failed to get object `k` of bucket `%s`: there is no such key"):format(bucket))
        assert(io.open("file") == nil)
        -- Found, there is no second value.
        s:put_object(nil, "k", "x")
        assert(select('#', s:get_object(nil, "k")) == 1)
        "#,
    );
}

fn other_failures_raise_with_the_callers_line(store: &Store) {
    let run = store.run(
        r#"local e = fails("no_such_bucket", "there is no such bucket", function()
             return (s:get_object(other, "k"))
           end)
        assert(tostring(e):find("pipeline.lua:2: failed to get object `k` of bucket `" .. other .. "`: ", 1, true) == 1, tostring(e))
        fails("invalid_bucket", "not allowed", s.put_object, "Not_A_Bucket", "k", "")
        fails("invalid_key", "the key is empty", s.put_object, nil, "", "")
        fails("no_such_bucket", "make it with `create_bucket(", s.head_bucket, other)
        s:put_object(other, "k", "x")
        "#,
    );
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("pipeline.lua:8: failed to put object `k` of bucket `"), "{}", run.err);
    assert!(run.err.contains("pipeline.lua:8: in main chunk"), "{}", run.err);
    assert!(!run.err.contains("mlua"), "{}", run.err);
}

fn wrong_arguments(store: &Store) {
    store.check(
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
        refuses("(list of keys expected, element 1 is nil and others follow)", s.delete_objects, nil, { nil, "b" })
        refuses("(list of keys expected, element 2 is nil and others follow)", s.delete_objects, nil, { "a", [3] = "b" })
        refuses("bad argument #2 to 'delete_objects' (names in storage are UTF-8, and element 2 is not)",
          s.delete_objects, nil, { "a", "\255" })
        refuses("(list of cloud objects expected, element 1 is nil and others follow)", s.delete_cloudobjects,
          { [2] = s:put_cloudobject("x") })
        refuses("bad argument #1 to 'get_cloudobject' (cloud object expected, got string)", s.get_cloudobject, "k")
        refuses("(cloud object expected, got storage)", function() s:delete_cloudobject(s) end)
        refuses("(list of cloud objects expected, element 1 is a string)", s.delete_cloudobjects, { "k" })
        refuses("bad argument #1 to 'upload_file' (string expected, got no value)", s.upload_file)
        assert(s.nothing == nil and s[1] == nil)
        "#,
    );
}

fn heads_listings_and_deletions(store: &Store) {
    store.check(
        r#"
        assert(s:head_bucket() == true and #s:list_objects() == 0)
        assert(s:create_bucket(other) == true and s:create_bucket(other) == true and s:head_bucket(other))
        local keys = { "a", "b/1", "b/2", "b/3/x", "c" }
        for i, key in ipairs(keys) do s:put_object(other, key, ("x"):rep(i)) end
        assert(table.concat(s:list_keys(other), " ") == "a b/1 b/2 b/3/x c")
        assert(table.concat(s:list_keys(other, "b/"), " ") == "b/1 b/2 b/3/x")
        assert(#s:list_keys() == 0)
        local entries = s:list_objects(other, "b/")
        assert(#entries == 3 and entries[3].key == "b/3/x" and entries[3].size == 4)
        local head = s:head_object(other, "b/3/x")
        -- The server of the tests lists no etags.
        for name, value in pairs(head) do assert(entries[3][name] == value or entries[3][name] == "", name) end
        assert(math.abs(head.last_modified - lithops.time()) < 60)
        s:put_object(other, "b/3/x", "changed")
        assert(s:head_object(other, "b/3/x").etag ~= head.etag)

        assert(s:delete_object(other, "a") == true and s:delete_object(other, "a") == true)
        assert(s:delete_objects(other, { "b/1", "b/2", "never" }) == true)
        assert(s:delete_objects(other, {}) == true)
        assert(table.concat(s:list_keys(other), " ") == "b/3/x c")
        local e = fails("invalid_key", "(2 of 3 deletions failed)", s.delete_objects, other, { "../b", "c", "../c" })
        assert(#e.failed == 2 and e.failed[2].key == "../c" and e.failed[2].kind == "invalid_key")
        assert(table.concat(s:list_keys(other), " ") == "b/3/x")
        -- A bucket that is missing is a failure of each.
        e = fails("no_such_bucket", "(2 of 2 deletions failed)", s.delete_objects, other .. "-2", { "a", "b" })
        assert(#e.failed == 2 and e.failed[2].key == "b" and e.failed[2].kind == "no_such_bucket")
        "#,
    );
}

fn files(store: &Store) {
    store.folder.write("in.bin", b"one\r\ntwo\0");
    store.check(
        r#"
        assert(s:upload_file("in.bin", nil, "k") == true)
        assert(s:get_object(nil, "k") == "one\r\ntwo\0")
        assert(s:download_file(nil, "k", "out.bin") == true)
        local file = assert(io.open("out.bin", "rb"))
        assert(file:read("*a") == "one\r\ntwo\0")
        fails("io", "nowhere", s.upload_file, "nowhere", nil, "k")
        fails("io", "no/folder", s.download_file, nil, "k", "no/folder/out")
        "#,
    );
}

#[test]
fn a_key_that_would_be_a_folder_of_another() {
    Store::from(Place::local()).check(
        r#"
        s:put_object(nil, "a", "x")
        fails("key_conflict", "choose another key", s.put_object, nil, "a/b", "x")
        "#,
    );
}
