#!/usr/bin/env bash
# Policies, template and doctor against what others wrote: moto (AWS's control services) and cfn-lint, in a Python
# environment of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

environment="$(mktemp -d)"
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/pip" install -q --disable-pip-version-check "moto[server]>=5" boto3 cfn-lint

LITHOPS_TEST_PYTHON="$environment/bin/python" cargo test --release --locked --test setup
