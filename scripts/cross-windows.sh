#!/usr/bin/env bash
# Builds Parley for Windows (x86-64) on this machine: .cache/windows/parley.exe, one file that needs nothing but Windows.
#
#   scripts/cross-windows.sh        the program
#   scripts/cross-windows.sh check  the program and go vet of what Windows compiles
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/windows/env.sh

tags=nolibopusfile
scripts/packages.sh windows
scripts/windows/libraries.sh
scripts/windows/resource.sh

go_windows build -tags "$tags" -trimpath -ldflags "-s -w -H=windowsgui '-extldflags=$external'" -o "$cache/parley.exe" .
scripts/windows/imports.sh "$cache/parley.exe"

if [ "${1:-}" = check ]; then
  # The tests from end to end and those of the room server drive programs of Linux.
  mapfile -t packages < <(go_windows list -tags "$tags" ./... | grep -vE '^parley/(e2e|roomserver$)')
  go_windows vet -trimpath -tags "$tags" "${packages[@]}"
fi
ls -l "$cache/parley.exe" | awk '{ printf "windows: parley.exe, %.1f MB\n", $5 / 1e6 }'
