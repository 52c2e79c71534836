#!/usr/bin/env bash
# Says clearly when Go is missing or older than go.mod asks for.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(awk '$1 == "go" { print $2; exit }' go.mod)
if ! command -v go >/dev/null; then
  echo "Parley needs Go $wanted or newer, and there is no \"go\" in the PATH. Get it from https://go.dev/dl/," >&2
  echo "unpack it to /usr/local and add /usr/local/go/bin to the PATH." >&2
  exit 1
fi
# GOTOOLCHAIN=local: the version that is here, not one that go would fetch.
have=$(GOTOOLCHAIN=local go env GOVERSION)
have=${have#go}
if [ "$(printf '%s\n%s\n' "$wanted" "${have%%[- ]*}" | sort -V | head -n 1)" != "$wanted" ]; then
  echo "Parley needs Go $wanted or newer; \"go\" in the PATH is $have. Get a newer one from https://go.dev/dl/." >&2
  exit 1
fi
