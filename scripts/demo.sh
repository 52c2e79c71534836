#!/usr/bin/env bash
# Starts the demo with the given program. On a machine without a display the same window runs under Xvfb: it joins by
# itself, demo.png becomes its picture, the call's statistics are printed, and then it ends.
set -euo pipefail
program=$1

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec "$program" --demo
fi

screen=
folder=$(mktemp -d)
log=$folder/xvfb
end() {
  [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

echo "No display here: the demo runs on a virtual screen for half a minute."
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1024x640x24 -nolisten tcp 2>"$log")
screen=$!
if ! read -r -t 20 -u 3 number; then
  echo "demo: no virtual screen could be started:" >&2
  cat "$log" >&2
  exit 1
fi

# A desktop session has a locale, which the window's language comes from, and a folder for sockets.
export DISPLAY=:$number LANG=${LANG:-C.UTF-8} XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$folder}
"$program" --demo --demo-join --demo-for 20s --demo-shot demo.png
echo "demo.png shows the window in the call."
