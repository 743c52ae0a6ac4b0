#!/usr/bin/env bash
# A Lua language server checks scripts/ and stdlib/ with the annotations, and a project that `lithops-lua types` wrote: no warning
# in what is right, and a warning for each mistake. The server is emmylua_check (crates.io), which reads LuaCATS and .luarc.json.
# Usage: tests/ci/annotations.sh LITHOPS_LUA
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program="$(realpath "$1")"
version=0.25.1

# Built once, outside of the clone where there is such a place. What it does takes a second, so that optimising it would not pay.
cache="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/lithops-lua-emmylua-$version"
mkdir -p "$cache" 2>/dev/null && [[ -w "$cache" ]] || cache="$PWD/target/emmylua-$version"
check="$(command -v emmylua_check || true)"
if [[ -z "$check" || "$("$check" --version)" != *"$version" ]]; then
  check="$cache/bin/emmylua_check"
fi
if [[ ! -x "$check" ]] && ! CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_TARGET_DIR="$cache/target" timeout 1200 \
  cargo install -q --locked --root "$cache" --version "$version" emmylua_check; then
  echo "left out: emmylua_check $version cannot be had here"
  exit 0
fi
rm -rf "$cache/target"

# .luarc.json leaves two things out, since they are wrong in a library: `unnecessary-if`, which takes checks of arguments for needless
# where an annotation says what they check; and `need-check-nil`, which does not see what closures assign.
echo "-- scripts and stdlib"
timeout 120 "$check" --severity warn --warnings-as-errors .

project="$(mktemp -d)"
trap 'rm -rf "$project"' EXIT
echo "-- a project, with all that there is"
(cd "$project" && "$program" types)
cp scripts/*.lua "$project"
cat >"$project/pipeline.lua" <<'LUA'
local dataset = require "dataset"

local function length(text)
  return #text
end

local executor = lithops.FunctionExecutor({ max_workers = 2 })
local futures = executor:map(length, { "a", "bc" }, { chunksize = 1, timeout = 60 })
print(#futures:get_result(), futures[1].state, lithops.storage.bucket)
for _, pair in ipairs(dataset.from_list({ "a", "b" }):count_by_value():collect()) do
  print(pair.key, pair.value)
end
local body, err = lithops.storage:get_object(nil, "there")
if not body and err then
  print(err.kind)
end
LUA
timeout 120 "$check" --severity warn --warnings-as-errors "$project"

echo "-- mistakes in it, all of which are found"
cat >"$project/mistakes.lua" <<'LUA'
local json = require "json"
print(json.encoed({ 1 }))
lithops.mapp(print, { 1 })
lithops.map(print, { 1 }, { chunksize = "large" })
lithops.map(print)
---@type lithops.MapOptions
local options = {}
options.chunk_size = 3
print(lithops.call_async(print).statee)
LUA
if found="$(timeout 120 "$check" --severity warn --warnings-as-errors "$project" 2>&1)"; then
  echo "mistakes were not found" >&2
  exit 1
fi
while read -r line words; do
  if ! grep -A1 -F "$words" <<<"$found" | grep -q "mistakes.lua:$line:"; then
    printf 'line %s: no warning with "%s"\n%s\n' "$line" "$words" "$found" >&2
    exit 1
  fi
done <<'MISTAKES'
2 Undefined field `encoed`
3 Undefined field `mapp`
4 expected `lithops.MapOptions?`
5 missing parameter: iterdata
8 Fields cannot be injected into the reference of `lithops.MapOptions` for `chunk_size`
9 Undefined field `statee`
MISTAKES
