//! `path`.

use crate::jobs::passes;

#[test]
fn paths_are_taken_apart_and_put_together() {
    passes(
        r#"
        local path = require "path"
        for name, cases in pairs {
          dirname = { ["/a/b.txt"] = "/a", ["a/b/"] = "a", ["a"] = ".", ["/a"] = "/", ["/"] = "/", [""] = ".", ["a//b"] = "a" },
          basename = { ["/a/b.txt"] = "b.txt", ["a/b/"] = "b", ["a"] = "a", ["/"] = "/", [""] = "" },
          stem = { ["/a/b.tar.gz"] = "b.tar", [".profile"] = ".profile", ["a.d/b"] = "b", [".."] = ".." },
          extension = { ["/a/b.tar.gz"] = ".gz", [".profile"] = "", ["a.d/b"] = "", ["b."] = ".", [".."] = "" },
          normalize = { ["a//b/./c/../d/"] = "a/b/d", ["/../a"] = "/a", ["../../a"] = "../../a", ["a/.."] = ".", [""] = ".", ["/"] = "/" },
          is_absolute = { ["/a"] = true, ["a/b"] = false, [""] = false },
        } do
          for input, expected in pairs(cases) do same(path[name](input), expected, name .. " of " .. input) end
        end
        same(path.join("a", "b/", "c"), "a/b/c")
        same(path.join("a", "/b", "c"), "/b/c")
        same(path.join("", "a", "", "b"), "a/b")
        same(path.join(), "")
        same(path.join("a", 1), "a/1")
        same(path.stem("x/b.csv") .. path.extension("x/b.csv"), path.basename("x/b.csv"))
        same(path.relative("/a/b/c", "/a/d"), "../b/c")
        same(path.relative("a/b", "a/b"), ".")
        same(path.relative("a/b"), "a/b")
        same(path.relative("/a", "/"), "a")
        same(path.relative(here .. "/x", "."), "x")
        same(path.relative("a", "../b"), path.join("..", path.basename(here), "a"))
        raises("bad argument #2 to 'join' (string expected, got nil)", path.join, "a", nil)
        raises("bad argument #1 to 'dirname' (string expected, got table)", path.dirname, {})
        "#,
    );
}
