#!/usr/bin/env bash
# Neither side is tested only by itself: boto3, a client of others, calls our emulator, and moto, a server of others,
# answers our control calls. Both in a Python environment of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

environment="$(mktemp -d)"
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install -q --disable-pip-version-check "moto[server]>=5" boto3

cargo build --release --locked --bin lithops-lua --example emulator
built="${CARGO_TARGET_DIR:-$PWD/target}/release"
timeout 300 "$environment/bin/python" tests/ci/boto3_emulator.py "$built/examples/emulator"
timeout 300 "$environment/bin/python" tests/ci/moto_deploy.py "$built/lithops-lua"
