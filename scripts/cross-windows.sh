#!/usr/bin/env bash
# Builds Parley for Windows (x86-64) on this machine: .cache/windows/parley.exe, one file that needs nothing but Windows.
#
#   scripts/cross-windows.sh        the program
#   scripts/cross-windows.sh check  the program and go vet of everything as Windows compiles it
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/windows/env.sh

tags=nolibopusfile
scripts/packages.sh windows
scripts/windows/libraries.sh
scripts/windows/resource.sh

go_windows build -tags "$tags" -trimpath -ldflags '-s -w -H=windowsgui -extldflags=-static' -o "$cache/parley.exe" .
scripts/windows/imports.sh "$cache/parley.exe"

[ "${1:-}" != check ] || go_windows vet -tags "$tags" ./...
ls -l "$cache/parley.exe" | awk '{ printf "windows: parley.exe, %.1f MB\n", $5 / 1e6 }'
