#!/usr/bin/env bash
# Rebuilds docs/screens: the window's tests walk through every screen in both languages and themes, and leave their
# pictures. Then look at each of them.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
PARLEY_SCREENS=$fresh go test -tags nolibopusfile -count=1 -timeout 20m -run TestTour ./e2e/gui

# Few colours, chosen for each picture, without dithering: half of what PNG needs otherwise, and text stays sharp.
find "$fresh" -name '*.png' -print0 | xargs -0 -P "$(nproc)" -I{} \
  convert {} -strip +dither -colors 96 -define png:compression-level=9 -define png:exclude-chunks=date,time PNG8:{}
for look in "$fresh"/*/; do
  rm -rf "docs/screens/$(basename "$look")"
  mkdir -p docs/screens
  cp -r "$look" docs/screens/
done
du -sh docs/screens
