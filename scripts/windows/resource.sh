#!/usr/bin/env bash
# Makes the program's icon, version and manifest for Windows; the go command links *.syso files of the main package.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/windows/env.sh

version=$(sed -nE 's/^const Version = "([0-9]+\.[0-9]+\.[0-9]+)"$/\1/p' app/app.go)
[ -n "$version" ] || { echo "windows: app/app.go names no version" >&2; exit 1; }
target=rsrc_windows_amd64.syso
made=$cache/resource
wanted=$(cat packaging/windows/* assets/icon.png app/app.go scripts/windows/resource.sh | sha256sum)
[ -e $target ] && [ "$(cat "$made/stamp" 2>/dev/null || true)" = "$wanted" ] && exit 0

mkdir -p "$made"
convert assets/icon.png -define icon:auto-resize=256,64,48,32,24,16 "$made/parley.ico"
$tool-windres -I "$made" -I packaging/windows -DVERSION_COMMAS="${version//./,},0" -DVERSION_TEXT="\\\"$version\\\"" \
  -O coff -o "$target" packaging/windows/parley.rc
echo "$wanted" > "$made/stamp"
