//! `compress`.

use crate::jobs::passes;

/// In front of scripts: a text that compresses, and one that does not.
const TEXTS: &str = r#"
local compress = require "compress"
local formats = { "gzip", "zstd", "bzip2" }
local lines = {}
for i = 1, 60000 do lines[i] = ("line %d of %d\n"):format(i, i * 7919 % 10007) end
local text = table.concat(lines)
local seed = 1
local noise = {}
for i = 1, 50000 do
  seed = (seed * 16807) % 2147483647
  noise[i] = string.char(seed % 256)
end
noise = table.concat(noise)
"#;

fn with_texts(script: &str) -> String {
    format!("{TEXTS}{script}")
}

#[test]
fn whole_strings_come_back() {
    passes(&with_texts(
        r#"
        for _, format in ipairs(formats) do
          for _, original in ipairs { "", "x", text, noise } do
            local small = compress[format](original)
            same(compress.decompress(small), original, format)
            same(compress.decompress(small, { format = format }), original, format)
            same(compress.detect(nil, small), format)
          end
          assert(#compress[format](text) < #text / 2)
          if format ~= "bzip2" then
            assert(#compress[format](text, { level = 9 }) < #compress[format](text, { level = 1 }))
          end
          same(compress[format](text), compress[format](text))
          -- Several members, one after the other, and what archives are filled up with.
          same(compress.decompress(compress[format]("a") .. compress[format]("") .. compress[format]("b") .. ("\0"):rep(512)), "ab")
        end
        "#,
    ));
}

#[test]
fn what_other_programs_made_is_read() {
    passes(
        r#"
        local compress, base64 = require "compress", require "base64"
        for format, made in pairs {
          gzip = "H4sIAAAAAAACA8tNTElVSM0pTi3PSC1K5QIA4/pp6g8AAAA=",
          bzip2 = "QlpoOTFBWSZTWX0I6xMAAAXRgAAQQAAmRhiAIAAxANNNBDRpoBaziV72aOHi7kinChIPoR1iYA==",
          zstd = "KLUv/QRYeQAAbWFkZSBlbHNld2hlcmUKNjYp2g==",
        } do
          local bytes = base64.decode(made)
          same(compress.detect(nil, bytes), format)
          local got, err = compress.decompress(bytes)
          same(got, "made elsewhere\n", format .. ": " .. tostring(err))
        end
        -- And what is made here, by others.
        local file = io.open(here .. "/f.gz", "wb")
        file:write(compress.gzip("made here\n", { level = 1 })) file:close()
        local gzip = io.popen("gzip -dc '" .. here .. "/f.gz'")
        same(gzip:read("*a"), "made here\n")
        gzip:close()
        "#,
    );
}

#[test]
fn bad_data_is_an_answer() {
    passes(&with_texts(
        r#"
        local function refused(words, ...)
          local nothing, err = compress.decompress(...)
          same(nothing, nil)
          assert(err:find(words, 1, true), err)
        end
        for _, format in ipairs(formats) do
          local small = compress[format](text)
          refused(("the %s data ends early, after %d bytes: it is truncated"):format(format, #small - 5), small:sub(1, -6))
          refused("is corrupt near byte ", small:sub(1, #small / 2) .. ("?"):rep(50) .. small:sub(#small / 2 + 51))
          refused("something else follows it", compress[format]("a") .. ("\0"):rep(512) .. "b")
          refused("this is no " .. format .. " data", "plain text", { format = format })
          refused("ends early, after 0 bytes", "", { format = format })
        end
        refused("this is no gzip, zstd or bzip2 data", "plain text")
        refused("this is no gzip, zstd or bzip2 data", "")
        raises("option `format` must be `gzip` or `zstd` or `bzip2`, not \"zip\"", compress.decompress, "", { format = "zip" })
        raises("option `level` must be a whole number from 0 to 9, not 10", compress.gzip, "", { level = 10 })
        raises("option `level` must be a whole number from 1 to 22, not 0", compress.zstd, "", { level = 0 })
        raises("option `level` must be a whole number from 1 to 9, not 1.5", compress.bzip2, "", { level = 1.5 })
        raises("unknown option `levl`; did you mean `level`?", compress.gzip, "", { levl = 1 })
        "#,
    ));
}

#[test]
fn readers_are_streams_over_anything() {
    passes(&with_texts(
        r#"
        local function pieces(bytes, size)
          local at = 1
          return { read = function(_, n)
            assert(n >= size)
            local piece = bytes:sub(at, at + size - 1)
            at = at + size
            if piece ~= "" then return piece end
          end }
        end
        for _, format in ipairs(formats) do
          local small = compress[format](text) .. compress[format](noise)
          local file = io.open("small", "wb") file:write(small) file:close()
          lithops.storage.put_object(nil, "small", small)
          for _, source in ipairs {
            function() return small end,
            function() return io.open("small", "rb") end,
            function() return lithops.storage.get_object(nil, "small", { stream = true }) end,
            function() return pieces(small, 1) end,
            function() return pieces(small, 1000) end,
            function() return compress.reader(compress.gzip(small)) end,
          } do
            local reader = compress.reader(source(), { format = format })
            local i = 0
            for line in reader:lines("*L") do
              i = i + 1
              if line ~= lines[i] then break end
            end
            same(i, #lines + 1)
            reader = compress.reader(source())
            same(reader:read(#text), text)
            same(reader:read(3, 4), noise:sub(1, 3), noise:sub(4, 7))
            same(reader:read("*a"), noise:sub(8))
            same(reader:read(1), nil)
            same(reader:read("*a"), "")
          end
        end
        os.remove("small")
        -- Not compressed: passed through.
        for _, plain in ipairs { "", "x", "BZh9 is text", text } do
          same(compress.reader(plain):read("*a"), plain)
          same(compress.reader(pieces(plain, 1), { name = "x.txt" }):read("*a"), plain)
        end
        local reader = compress.reader("two\nlines", { name = "here.txt" })
        same(tostring(reader), "stream of here.txt")
        same(reader:read(), "two")
        same(reader:lines()(), "lines")
        same(reader:close(), true)
        same(tostring(reader), "stream (closed)")
        raises("attempt to use a closed stream", reader.read, reader)
        -- A source stays open, and can be stored as it is read.
        local source = compress.reader("plain\nrest")
        source:read()
        same(compress.reader(source):read("*a"), "rest")
        same(source:read("*a"), "")
        lithops.storage.put_object(nil, "large", compress.reader(compress.zstd(text)))
        same(lithops.storage.get_object(nil, "large"), text)
        "#,
    ));
}

#[test]
fn readers_tell_what_is_wrong_at_the_place() {
    passes(&with_texts(
        r#"
        for _, format in ipairs(formats) do
          local small = compress[format](text)
          local reader = compress.reader(small:sub(1, -3), { name = "a." .. format })
          same(reader:read(), "line 1 of 7919")
          for _ = 1, 2 do
            raises(("the %s data ends early, after %d bytes: it is truncated"):format(format, #small - 2), function()
              while reader:read(5000) do end
            end)
          end
        end
        local reader = compress.reader("not at all", { name = "data.csv.gz" })
        raises("pipeline.lua:", function() reader:read() end)
        raises("this is no gzip data", reader.read, reader)
        raises("the gzip data ends early, after 0 bytes", function() compress.reader("", { name = "x.gz" }):read(1) end)
        raises("the tape tore", function() compress.reader({ read = function() return nil, "the tape tore" end }):read() end)
        raises("the source's `read` gave a boolean", function() compress.reader({ read = function() return true end }):read() end)
        raises("string, stream or open file expected, got nil", compress.reader)
        raises("string, stream or open file expected, got table", compress.reader, {})
        local itself = {}
        reader = compress.reader({ read = function() return reader:read(1) end })
        raises("the stream is in use", reader.read, reader)
        raises("a stream is read where it was opened", lithops.map, function() return reader end, { 1 })
        "#,
    ));
}

#[test]
fn writers_write_to_anything() {
    passes(&with_texts(
        r#"
        for _, format in ipairs(formats) do
          local path = here .. "/out"
          local file = io.open(path, "wb")
          local writer = compress.writer(file, { format = format, level = 2 })
          for _, line in ipairs(lines) do same(writer:write(line), writer) end
          writer:write(noise, 1, 2.5)
          same(writer:close(), true)
          same(writer:close(), true)
          same(io.type(file), "file")
          file:close()
          raises("attempt to use a closed writer", writer.write, writer, "x")
          same(compress.decompress(read(path)), text .. noise .. "12.5")
          local written = {}
          compress.writer({ write = function(_, s) table.insert(written, s) end }, { format = format }):write(noise):close()
          same(compress.decompress(table.concat(written)), noise)
        end
        local full = io.open("/dev/full", "w")
        full:setvbuf("no")
        local writer = compress.writer(full)
        raises("No space left on device", function() writer:write(noise) writer:close() end)
        raises("open file expected, got string", compress.writer, "name")
        "#,
    ));
}

/// What is read and written piece by piece is never held whole.
#[test]
fn streams_of_any_size_need_little_memory() {
    passes(
        r#"
        local compress = require "compress"
        local function resident()
          for text in io.lines("/proc/self/status") do
            local kib = text:match("^VmHWM:%s+(%d+)")
            if kib then return tonumber(kib) * 1024 end
          end
        end
        local path = here .. "/zeros"
        for _, format in ipairs { "gzip", "zstd" } do
          local file = io.open(path, "wb")
          local writer = compress.writer(file, { format = format })
          local piece = ("\0"):rep(1000000)
          writer:write(piece)
          collectgarbage()
          local before = resident()
          for _ = 2, 100 do writer:write(piece) end
          writer:close()
          file:close()
          local size = 0
          for piece in compress.reader(io.open(path, "rb")):lines(65536) do size = size + #piece end
          same(size, 100e6)
          assert(resident() - before < 20e6, resident() - before)
        end
        "#,
    );
}

#[test]
fn names_and_first_bytes_tell_the_format() {
    passes(
        r#"
        local compress = require "compress"
        same(compress.detect("a.gz"), "gzip")
        same(compress.detect("a.csv.ZST"), "zstd")
        same(compress.detect("dir.gz/a"), nil)
        same(compress.detect("a.bz2", ""), "bzip2")
        same(compress.detect("a.gz", compress.zstd("")), "zstd")
        same(compress.detect(nil, "BZh9 is text"), nil)
        same(compress.detect(), nil)
        "#,
    );
}
