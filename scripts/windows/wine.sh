#!/usr/bin/env bash
# Runs a program for Windows under Wine, on the display that DISPLAY names: scripts/windows/wine.sh PROGRAM ARGUMENTS...
# As `go test -exec` wants it, standard streams and exit code are the program's. `--prepare` only makes Wine's folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
wine=/usr/lib/wine/wine64
export WINEPREFIX=${WINEPREFIX:-$root/.cache/windows/wine} WINEDEBUG=${WINEDEBUG:--all}

if [ "${1:-}" = --prepare ]; then
  system=$WINEPREFIX/drive_c/windows/system32
  [ -e "$system/kernel32.dll" ] || "$wine" wineboot -i >/dev/null 2>&1
  [ -e "$system/bcryptprimitives.dll" ] ||
    x86_64-w64-mingw32-gcc-posix -shared -O2 -s -o "$system/bcryptprimitives.dll" "$root/scripts/windows/bcryptprimitives.c" -ladvapi32
  exit 0
fi
exec "$wine" "$@"
