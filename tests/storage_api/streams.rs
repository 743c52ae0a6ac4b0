use crate::Store;
use crate::places::everywhere;

everywhere! {
    bodies_that_are_read
    streams_read_as_files_do
    lines_and_what_happens_between_them
    large_streams_hold_little
}

fn bodies_that_are_read(store: &Store) {
    store.check(
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
        fails("invalid_key", "failed to put", s.put_object, nil, "../x", reader("a", "b", "c", "d", "e", "f"))
        "#,
    );
}

fn streams_read_as_files_do(store: &Store) {
    store.check(
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

/// An iterator over lines and its stream share what was read ahead.
fn lines_and_what_happens_between_them(store: &Store) {
    store.check(
        r#"
        s:put_object(nil, "k", "one\ntwo\nthree\nfour\nfive\nsix")
        local function open() return s:get_object(nil, "k", { stream = true }) end
        local stream = open()
        local first, second = stream:lines(), stream:lines("*L")
        assert(first() == "one" and second() == "two\n" and stream:read(2) == "th" and first() == "ree" and stream:read() == "four")
        assert(second() == "five\n" and first() == "six" and first() == nil and second() == nil and select('#', first()) == 1)

        -- One that is closed has no lines any more.
        stream = open()
        local left = stream:lines()
        assert(left() == "one")
        stream:close()
        local _, e = pcall(function()
          for _ in left do error("there is none") end
        end)
        assert(tostring(e):find("^[^\n]+:%d+: attempt to use a closed stream$"), e)
        -- What is stored elsewhere is not given as lines, too.
        stream = open()
        left = stream:lines()
        assert(left() == "one")
        s:put_object(nil, "rest", stream)
        refuses("attempt to use a closed stream", left)
        assert(s:get_object(nil, "rest") == "two\nthree\nfour\nfive\nsix")

        -- The iterator keeps the stream.
        left = open():lines()
        collectgarbage()
        collectgarbage()
        assert(left() == "one" and left() == "two")
        -- A finalizer reads from the stream of which a line is being made.
        stream = open()
        left = stream:lines()
        local taken = {}
        local function leave() 
          getmetatable(newproxy(true)).__gc = function() taken[#taken + 1] = stream:read() end
        end
        local given = {}
        for line in left do
          given[#given + 1] = line
          leave()
          collectgarbage()
        end
        assert(#given + #taken == 6, #given)

        -- What is called otherwise than by its loop.
        local name, next_line = debug.getupvalue(left, 1)
        assert(name == "next")
        for _, lines in ipairs { {}, io.stdout, newproxy(true), "x" } do refuses("stream expected", next_line, lines) end

        -- Iterators are not sent.
        local ok, refusal = pcall(lithops.map, function() return left() end, { 1 })
        assert(not ok and refusal:find("cannot send upvalue `left` of function", 1, true), refusal)
        assert(refusal:find("an iterator of the runtime (begin the iteration inside the function)", 1, true), refusal)
        "#,
    );
}

/// 20 MB, with lines of many lengths: those of a stream are those of the file.
fn large_streams_hold_little(store: &Store) {
    store.check(
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
        assert(resident() - before < (backend == "localhost" and 12e6 or 45e6), resident() - before)
        "#,
    );
}
