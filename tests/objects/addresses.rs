//! Which elements are objects, and which addresses lead to them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use crate::jobs::{command, folder, passes, run_in, with_prelude};
use crate::places::{Place, everywhere};
use crate::support::{Folder, Run};

everywhere! {
    a_parameter_named_obj_opens_addresses
    other_parameters_get_plain_strings
    arguments_may_follow_the_object
    cloud_objects_and_objects_are_addresses_too
    a_list_of_futures_is_complete_as_it_is_looked_at
    keys_may_hold_what_patterns_are_made_of
    pieces_are_passed_on_as_they_are
    a_single_call_reads_one_object
}

/// Objects in two buckets of the local storage.
const OBJECTS: &str = r#"
local other, away = s.bucket .. "-2", at:gsub("/$", "-2/")
s:create_bucket(other)
for _, key in ipairs { "a1.csv", "a2.csv", "a3.txt", "deep/a4.csv", "deep/er/a5.csv", "b.csv" } do
  s:put_object(nil, key, key)
  s:put_object(other, key, "other " .. key)
end
local function content(obj) return obj:read() end
"#;

fn a_parameter_named_obj_opens_addresses(place: &Place) {
    place.passes(&format!(
        r#"{OBJECTS}
        same(lithops.map(content, at .. "a1.csv"):get_result(), {{ "a1.csv" }})
        same(lithops.map(content, {{ at .. "a2.csv", away .. "a1.csv" }}):get_result(), {{ "a2.csv", "other a1.csv" }})
        -- Prefixes, patterns, and several of them in order.
        same(lithops.map(content, at .. "deep/"):get_result(), {{ "deep/a4.csv", "deep/er/a5.csv" }})
        same(lithops.map(content, at .. "a*.csv"):get_result(), {{ "a1.csv", "a2.csv" }})
        same(lithops.map(content, at .. "**/a*.csv"):get_result(), {{ "a1.csv", "a2.csv", "deep/a4.csv", "deep/er/a5.csv" }})
        same(lithops.map(content, at .. "a[13].*"):get_result(), {{ "a1.csv", "a3.txt" }})
        same(lithops.map(content, {{ at .. "deep/e*/*", at .. "b.csv", at .. "deep/" }}):get_result(),
          {{ "deep/er/a5.csv", "b.csv", "deep/a4.csv", "deep/er/a5.csv" }})
        same(#lithops.map(content, (away:gsub("/$", ""))):get_result(), 6)
        -- An iterator of addresses.
        local n = 0
        same(lithops.map(content, function() n = n + 1 return n <= 2 and at .. "a" .. n .. ".csv" or nil end):get_result(),
          {{ "a1.csv", "a2.csv" }})
        same(lithops.map(content, {{}}):get_result(), {{ n = 0 }})
        "#
    ));
}

fn keys_may_hold_what_patterns_are_made_of(place: &Place) {
    place.passes(
        r#"
        for _, key in ipairs { "br/a[1].csv", "br/a1.csv", "br/b*.csv" } do s:put_object(nil, key, key) end
        local urls = lithops.map(function(obj) return obj.url end, at .. "br/"):get_result()
        same(#urls, 3)
        same(lithops.map(function(obj) return obj:read() end, urls):get_result(), { "br/a1.csv", "br/a[1].csv", "br/b*.csv" })
        local missing = lithops.map(function(obj) return obj:read() end, at .. "br/b[1].csv")
        raises("no object matches; in a pattern `[…]` is one of these characters, and `[[]` is `[` itself",
          function() missing:get_result() end)
        "#,
    );
}

fn a_single_call_reads_one_object(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "k", "content")
        local function read(obj, after) return obj:read() .. (after or "") end
        same(lithops.call_async(read, at .. "k"):result(), "content")
        same(lithops.call_async(read, at .. "k", { extra_args = { "!" } }):result(), "content!")
        same(lithops.call_async(read, s:put_cloudobject("cloud")):result(), "cloud")
        same(raises("no such key", function() lithops.call_async(read, at .. "none"):result() end).kind, "no_such_key")
        raises("address of one object expected, and " .. at .. "*.csv may be several: use `map`", lithops.call_async, read, at .. "*.csv")
        same(lithops.call_async(function(url) return url end, at .. "k"):result(), at .. "k")
        same(lithops.call_async(function(obj) return obj end, 5):result(), 5)
        "#,
    );
}

fn pieces_are_passed_on_as_they_are(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "p", "1\n2\n3\n4\n")
        local pieces = lithops.map(function(obj) return obj end, at .. "p", { obj_chunk_number = 4 }):get_result()
        same(#pieces, 4)
        local function read(obj, after) return obj:read() .. (after or "") end
        same(lithops.map(read, pieces):get_result(), { "1\n", "2\n", "3\n", "4\n" })
        same(lithops.map(read, { lithops.args(pieces[3], "!") }):get_result(), { "3\n!" })
        same(lithops.map_reduce(read, pieces, function(list) return #list end, { obj_reduce_by_key = true }):get_result(), { 1, 1, 1, 1 })
        raises("it is part 1 of 4 already, and options `obj_…` cut whole objects: pass its `url`", lithops.map, read, pieces,
          { obj_chunk_size = 1 })
        s:put_object(nil, "p", "5\n6\n7\n8\n")
        same(raises("replaced", function() lithops.map(read, pieces):get_result() end).kind, "object_changed")
        "#,
    );
}

#[test]
fn a_folder_is_told_from_an_object() {
    passes(
        r#"
        local s = lithops.storage
        local at = "local://" .. s.bucket .. "/"
        s:put_object(nil, "folder/k", "x")
        local function read(obj) return obj:read() end
        local err = raises("there is no such key; there are objects below it: write `" .. at .. "folder/`",
          function() lithops.map(read, at .. "folder"):get_result() end)
        same(err.kind, "no_such_key")
        err = raises("there is no such key", function() lithops.map(read, at .. "fold"):get_result() end)
        assert(not err.message:find("below", 1, true), err.message)
        "#,
    );
}

fn other_parameters_get_plain_strings(place: &Place) {
    place.passes(&format!(
        r#"{OBJECTS}
        local address = at .. "a1.csv"
        same(lithops.map(function(url) return url end, {{ address, "x" }}):get_result(), {{ address, "x" }})
        -- Values that are no addresses, to a function whose parameter happens to be called so.
        same(lithops.map(function(obj) return obj.x end, {{ {{ x = 1 }}, {{ x = 2 }} }}):get_result(), {{ 1, 2 }})
        same(lithops.map(function(obj) return obj + 1 end, {{ 1, 2 }}):get_result(), {{ 2, 3 }})
        same(lithops.map(function(obj) return obj end, lithops.range(3)):get_result(), {{ 1, 2, 3 }})
        local n = 0
        same(lithops.map(function(obj) return obj.x end, function() n = n + 1 return n <= 3 and {{ x = n }} or nil end):get_result(),
          {{ 1, 2, 3 }})
        -- And objects by their own word.
        same(lithops.map(function(o) return o:read() end, lithops.objects(address)):get_result(), {{ "a1.csv" }})
        local both = lithops.objects({{ address, away .. "b.csv" }}, {{ obj_chunk_number = 2, obj_newline = false }})
        same(lithops.map(function(o) return o:read() end, both):get_result(), {{ "a1.", "csv", "other ", "b.csv" }})
        same(tostring(both), "objects as input")
        "#
    ));
}

fn arguments_may_follow_the_object(place: &Place) {
    place.passes(&format!(
        r#"{OBJECTS}
        local function join(obj, x, y, z) return ("%s %s %s %s"):format(obj:read(), tostring(x), tostring(y), tostring(z)) end
        same(lithops.map(join, {{ lithops.args(at .. "a1.csv", 1, nil), lithops.args(at .. "a*.csv", {{}} and 2) }},
          {{ extra_args = {{ "z" }} }}):get_result(),
          {{ "a1.csv 1 nil z", "a1.csv 2 z nil", "a2.csv 2 z nil" }})
        "#
    ));
}

fn cloud_objects_and_objects_are_addresses_too(place: &Place) {
    place.passes(&format!(
        r#"{OBJECTS}
        local object = s:put_cloudobject("content")
        same(lithops.map(content, {{ object }}):get_result(), {{ "content" }})
        same(lithops.map(content, object):get_result(), {{ "content" }})
        -- `obj` itself travels: as a result, and into the next job.
        local found = lithops.map(function(obj) return obj end, away .. "a*"):get_result()
        same(#found, 3)
        same(found[1].key, "a1.csv")
        same(found[1]:read(), "other a1.csv")
        same(lithops.map(content, found):get_result(), {{ "other a1.csv", "other a2.csv", "other a3.txt" }})
        -- With further arguments as well.
        local function both(obj, x) return obj:read() .. x end
        same(lithops.map(both, {{ lithops.args(object, 5), lithops.args(found[1], 6) }}):get_result(), {{ "content5", "other a1.csv6" }})
        "#
    ));
}

#[test]
fn files_are_objects() {
    let folder = folder(
        r#"
        local function content(obj) return obj:read() end
        local function got(address) return lithops.map(content, address):get_result() end
        same(got("file://" .. here .. "/data/a.txt"), { "A" })
        same(got("file://data/b.txt"), { "B" })
        same(got("file://data/*.txt"), { "A", "B" })
        same(got("file://data/"), { "A", "B", "C" })
        same(got("file://./data/../data//*.txt"), { "A", "B" })
        same(got("file://data/**/*.txt"), { "A", "B", "C" })
        same(got({ "file://data/deep/c.txt", "file://data/a.txt" }), { "C", "A" })
        local path = lithops.map(function(obj) return obj.path end, "file://data/a.txt"):get_result()[1]
        same(read(path), "A")
        raises("it is a folder: for all files in it, write `file://" .. here .. "/data/`", got, "file://data")
        -- A file whose name no address can have is not left out in silence.
        local odd = assert(io.open("data/caf\233.dat", "w")) odd:close()
        raises("is not UTF-8: rename it, or use a pattern that leaves it out", got, "file://data/")
        raises("is not UTF-8", got, "file://data/*.dat")
        same(got("file://data/*.txt"), { "A", "B" })
        print "ok"
        "#,
    );
    for (name, content) in [("a.txt", "A"), ("b.txt", "B"), ("deep/c.txt", "C")] {
        folder.write(&format!("data/{name}"), content);
    }
    run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn a_pattern_of_files_enters_only_folders_where_it_can_match() {
    let folder = Folder::new();
    let script = r#"
        local function key(obj) return obj.key:match("in %[1%]/(.*)") end
        local function found(address) return lithops.map(key, address):get_result() end
        same(found("file://*.csv"), { "a.csv" })
        same(found("file://y*/x.csv"), { "y1/x.csv", "y2/x.csv" })
        -- Links lead into folders, but not round and round.
        same(found("file://z/"), { "z/deep/b.csv", "z/x.csv" })
        same(found("file://y2/"), { "y2/deep/b.csv", "y2/x.csv" })
        same(found("file://z/**/*.csv"), { "z/deep/b.csv", "z/x.csv" })
        print "ok"
        "#;
    // A working folder whose name looks like a pattern.
    folder.write("in [1]/pipeline.lua", with_prelude(script));
    for name in ["a.csv", "y1/x.csv", "z/x.csv", "z/deep/b.csv", "closed/x.csv"] {
        folder.write(&format!("in [1]/{name}"), "");
    }
    let working = folder.path().join("in [1]");
    symlink("z", working.join("y2")).unwrap();
    symlink("..", working.join("z/deep/round")).unwrap();
    let open_to = |mode| fs::set_permissions(working.join("closed"), fs::Permissions::from_mode(mode)).unwrap();
    open_to(0o000);
    let run = Run::from(command(&folder, &[]).current_dir(&working).stdin(Stdio::null()).output().unwrap());
    // So that it can be deleted.
    open_to(0o700);
    run.prints("ok\n");
}

fn a_list_of_futures_is_complete_as_it_is_looked_at(place: &Place) {
    place.passes(
        r#"
        for i = 1, 30 do s:put_object(nil, ("k%02d"):format(i), tostring(i)) end
        local futures = lithops.map(function(obj) return tonumber(obj:read()) end, at)
        same(futures[30]:result(), 30)
        same(futures[31], nil)
        same(#futures, 30)
        local sum = 0
        for _, future in ipairs(futures) do sum = sum + future:result() end
        same(sum, 465)
        -- Also as the input of another job, while the objects are still being found.
        local squares = lithops.map(function(x) return x * x end, lithops.map(function(obj) return tonumber(obj:read()) end, at))
        same(#squares, 30)
        same(squares:get_result()[30], 900)
        "#,
    );
}

#[test]
fn mistakes_are_told_at_once() {
    passes(
        r#"
        local function read(obj) return obj:read() end
        local map, objects = lithops.map, lithops.objects
        raises("element 2, \"b/k\": an address such as s3://bucket/key", map, read, { "local://a/k", "b/k" })
        raises("call its parameter something else than `obj`", map, read, { "plain" })
        -- A list that happens to be empty is no mistake.
        same(#map(read, {}, { obj_chunk_size = 10 }), 0)
        same(#lithops.map_reduce(read, {}, function() end, { obj_reduce_by_key = true }), 0)
        raises("`s3://` names no bucket: write s3://bucket/key", objects, "s3://")
        raises("element 2, 7: address, cloud object or `obj` expected, got number", map, read, { "s3://a/k", 7 })
        raises("is no pattern", objects, "s3://b/a[")
        raises("address or list of addresses expected, got nil", objects)
        raises("unknown option `chunk_size`", objects, "s3://b/k", { chunk_size = 3 })
        raises("option `obj_chunk_size` must be a number of bytes, 1 or more", objects, "s3://b/k", { obj_chunk_size = "64M" })
        raises("option `obj_newline` must be a string of one byte, or false, not \"\\r\\n\"", objects, "s3://b/k", { obj_newline = "\r\n" })
        raises("leave one out", map, read, "s3://b/k", { obj_chunk_size = 3, obj_chunk_number = 2 })
        raises("options `obj_…` are for stored objects as input", map, function(x) return x end, { 1 }, { obj_chunk_size = 3 })
        "#,
    );
}
