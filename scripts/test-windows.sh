#!/usr/bin/env bash
# Runs what was built for Windows under Wine, on a virtual screen: the tests of what differs there (screens, codecs,
# registry, network), then a call of parley.exe with a room server of this machine's program.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/windows/env.sh

tags=nolibopusfile
scripts/packages.sh wine
scripts/cross-windows.sh

folder=$(mktemp -d)
screen=
room=
end() {
  for process in $room $screen; do kill "$process" 2>/dev/null || true; done
  WINEPREFIX=$cache/wine /usr/lib/wine/wineserver64 -k 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1024x768x24 -nolisten tcp 2>"$folder/xvfb")
screen=$!
read -r -t 20 -u 3 number || { cat "$folder/xvfb" >&2; exit 1; }
export DISPLAY=:$number
scripts/windows/wine.sh --prepare

# Not the tests that use folders of their own: Wine 8 cannot remove files in the way that Go's library does it.
go_windows test -tags "$tags" -ldflags "-s '-extldflags=$external'" -count=1 -timeout 10m -p 1 -exec "$PWD/scripts/windows/wine.sh" \
  ./media/device/gdi ./media/device/mf ./media/codec/... ./media/video/... ./connector/autoconnect ./app/schemes ./app/autostart ./app/link

# A call, as far as Wine 8 goes: Go opens no UDP socket there (WSAIoctl of SIO_UDP_NETRESET fails with WSAEOPNOTSUPP), so
# nothing of sound and picture flows.
env -u PKG_CONFIG -u PKG_CONFIG_LIBDIR -u PKG_CONFIG_PATH go build -tags "$tags" -o "$cache/parley" .
exec 4< <(exec "$cache/parley" room --listen 127.0.0.1:0 --user 1001:secret --bots 1 2>"$folder/room")
room=$!
read -r -t 30 -u 4 ready || { cat "$folder/room" >&2; exit 1; }
address=$(sed -nE 's#^ready wss://([^/]+)/.*#\1#p' <<<"$ready")
PARLEY_CONFIG=$folder/config PARLEY_PASSWORD=secret scripts/windows/wine.sh "$cache/parley.exe" call --server "$address" --user 1001 \
  --name Windows --to 2001 --insecure-tls --camera pattern --microphone tone --duration 6s \
  --events "$folder/events"
grep -q '"call:confirmed"' "$folder/events" || { echo "windows: the call was not confirmed" >&2; exit 1; }
echo "windows: the call is confirmed"
