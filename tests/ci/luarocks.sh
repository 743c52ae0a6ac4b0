#!/usr/bin/env bash
# What LuaRocks installs into `lua_modules` is found by scripts and reaches workers, with no setting; modules in C are found by
# scripts, and told of where a function would need them in a worker.
# Usage: tests/ci/luarocks.sh LITHOPS_LUA
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program="$(realpath "$1")"

project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
cd "$project"
export HOME="$project/home"
mkdir -p rock home

cat >rock/greeting.lua <<'LUA'
local words = require "greeting.words"
return { to = function(name) return words.hello .. " " .. name end }
LUA
echo 'return { hello = "hello" }' >rock/words.lua
cat >rock/greeting-1.0-1.rockspec <<'LUA'
package = "greeting"
version = "1.0-1"
source = { url = "file://." }
build = { type = "builtin", modules = { greeting = "greeting.lua", ["greeting.words"] = "words.lua" } }
LUA
(cd rock && luarocks make --tree ../lua_modules greeting-1.0-1.rockspec)
find lua_modules -name 'greeting.lua' | grep .

cat >pipeline.lua <<'LUA'
local greeting = require "greeting"
local function greet(name)
  return greeting.to(name) .. " and " .. require("greeting.words").hello
end
print(table.concat(lithops.get_result(lithops.map(greet, { "you", "all" })), ", "))
LUA
# From the project's folder, and from another one.
for folder in . /; do
  printed="$(cd "$folder" && "$program" "$project/pipeline.lua")"
  echo "$printed"
  [[ "$printed" == "hello you and hello, hello all and hello" ]]
done
