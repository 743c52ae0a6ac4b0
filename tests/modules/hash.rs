//! `hash`.

use crate::jobs::passes;

#[test]
fn hashes_are_those_that_everybody_has() {
    passes(
        r#"
        local hash = require "hash"
        for name, expected in pairs {
          sha256 = { "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
          sha1 = { "da39a3ee5e6b4b0d3255bfef95601890afd80709", "a9993e364706816aba3e25717850c26c9cd0d89d" },
          md5 = { "d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72" },
          crc32 = { "00000000", "352441c2" },
          xxh3 = { "2d06800538d394c2", "78af5f94892f3950" },
        } do
          same(hash[name](""), expected[1], name)
          same(hash[name]("abc"), expected[2], name)
          local raw = hash[name]("abc", { raw = true })
          same((raw:gsub(".", function(c) return ("%02x"):format(c:byte()) end)), expected[2], name)
          local state = hash.new(name)
          same(state:digest(), expected[1])
          same(state:update("a"):update("b", "c"), state)
          same(state:digest(), expected[2])
          same(state:digest { raw = true }, raw)
          same(state:update("d"):digest(), hash[name]("abcd"))
          same(tostring(state), "hash " .. name)
        end
        same(hash.crc32("abc", { number = true }), 0x352441c2)
        local number = hash.xxh3("abc", { number = true })
        same(type(number), "cdata")
        assert(number == 0x78af5f94892f3950ULL)
        same(hash.md5(12), hash.md5("12"))
        "#,
    );
}

#[test]
fn streams_and_files_are_read_to_their_end() {
    passes(
        r#"
        local hash = require "hash"
        local text = ("some text\n"):rep(100000)
        local path = here .. "/text"
        append(path, text)
        local expected = hash.sha256(text)
        same(hash.sha256(io.open(path, "rb")), expected)
        lithops.storage.upload_file(path, nil, "text")
        local stream = lithops.storage.get_object(nil, "text", { stream = true })
        same(stream:read(), "some text")
        same(hash.new("sha256"):update("some text\n", stream):digest(), expected)
        same(stream:read(1), nil)
        same(hash.crc32(require("compress").reader(require("compress").zstd(text))), hash.crc32(text))
        same(lithops.map(function(s) return hash.xxh3(s) end, { "abc" }):get_result(), { "78af5f94892f3950" })
        "#,
    );
}

#[test]
fn misuse_is_told() {
    passes(
        r#"
        local hash = require "hash"
        raises("bad argument #1 to 'sha256' (string, stream or open file expected, got nil)", hash.sha256)
        raises("unknown option `number`; known are `raw`", hash.md5, "", { number = true })
        raises("options `raw` and `number` exclude each other", hash.crc32, "", { number = true, raw = true })
        raises("there is no hash `sha257`; did you mean `sha256`?", hash.new, "sha257")
        raises("bad argument #2 to 'update' (string, stream or open file expected, got boolean)", function()
          hash.new("md5"):update("", true)
        end)
        raises("hash expected, got string", hash.new("md5").update, "x")
        "#,
    );
}
