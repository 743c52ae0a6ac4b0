//! `obj` in the function's hands.

use crate::places::{Place, everywhere};

everywhere! {
    an_object_says_what_it_is
    it_is_read_like_a_file
}

fn an_object_says_what_it_is(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "some/key", "0123456789")
        local url = at .. "some/key"
        local function say(obj)
          return {
            bucket = obj.bucket, key = obj.key, url = obj.url, path = obj.path, size = obj.size, etag = obj.etag, part = obj.part,
            total_parts = obj.total_parts, chunk_size = obj.chunk_size, data_byte_range = obj.data_byte_range, text = tostring(obj),
            nothing = obj.nothing,
          }
        end
        local whole = lithops.map(say, url):get_result()[1]
        if s.backend == "localhost" then same(read(whole.path), "0123456789") else same(whole.path, nil) end
        same(whole.etag, s:head_object(nil, "some/key").etag)
        same(whole, { bucket = s.bucket, key = "some/key", url = url, path = whole.path, size = 10, etag = whole.etag, part = 1,
          total_parts = 1, data_byte_range = { 0, 9 }, text = "object " .. url })
        local pieces = lithops.map(say, url, { obj_chunk_size = 4 }):get_result()
        same(#pieces, 3)
        same(pieces[3].data_byte_range, { 8, 9 })
        same({ pieces[2].part, pieces[2].total_parts, pieces[2].chunk_size, pieces[2].text }, { 2, 3, 4, "object " .. url .. ", part 2 of 3" })
        s:put_object(nil, "empty", "")
        local empty = lithops.map(say, at .. "empty"):get_result()[1]
        same({ empty.size, empty.data_byte_range, empty.total_parts }, { 0, nil, 1 })
        "#,
    );
}

fn it_is_read_like_a_file(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "k", "one\ntwo\n\nfour")
        local url = at .. "k"
        local function each(f) return lithops.map(f, url):get_result()[1] end
        same(each(function(obj) return obj:read() end), "one\ntwo\n\nfour")
        same(each(function(obj) return { obj:read("*l", 2, "*L", "*a", "*a", "*l") } end), { "one", "tw", "o\n", "\nfour", "", nil })
        same(each(function(obj) local t = {} for line in obj:lines() do t[#t + 1] = line end return t end), { "one", "two", "", "four" })
        same(each(function(obj) local t = {} for line in obj:lines("*L") do t[#t + 1] = line end return t end),
          { "one\n", "two\n", "\n", "four" })
        same(each(function(obj)
          local stream = obj.data_stream
          assert(stream == obj.data_stream)
          local first = stream:read(3)
          local rest = obj:read()
          stream:close()
          return { first, rest }
        end), { "one", "\ntwo\n\nfour" })
        -- Lines end where objects are cut.
        s:put_object(nil, "k", "one;two;three")
        local function lines(obj) local t = {} for line in obj:lines() do t[#t + 1] = line end return t end
        same(lithops.map(lines, url, { obj_newline = ";" }):get_result()[1], { "one", "two", "three" })
        same(lithops.map(lines, url, { obj_newline = ";", obj_chunk_number = 2 }):get_result(), { { "one", "two" }, { "three" } })
        -- It can be stored elsewhere as it is read.
        each(function(obj) lithops.storage:put_object(nil, "copy", obj.data_stream) end)
        same(s:get_object(nil, "copy"), "one;two;three")
        "#,
    );
}
