#!/usr/bin/env bash
# Starts the demo with the given program. On a machine without a display the same window runs under Xvfb: it joins by
# itself, demo.png becomes its picture, the call's statistics are printed, and then it ends.
set -euo pipefail
program=$1

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec "$program" --demo
fi

screen=
log=
end() {
  [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
  [ -z "$log" ] || rm -f "$log"
}
trap end EXIT

echo "No display here: the demo runs on a virtual screen for half a minute."
log=$(mktemp)
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1024x640x24 -nolisten tcp 2>"$log")
screen=$!
if ! read -r -t 20 -u 3 number; then
  echo "demo: no virtual screen could be started:" >&2
  cat "$log" >&2
  exit 1
fi

# A locale is needed for the window's language; a desktop has one.
DISPLAY=:$number LANG=${LANG:-C.UTF-8} "$program" --demo --demo-join --demo-for 20s --demo-shot demo.png
echo "demo.png shows the window in the call."
