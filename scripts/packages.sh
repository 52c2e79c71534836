#!/usr/bin/env bash
# Installs the Debian packages Parley needs, and only those that are missing.
#   scripts/packages.sh run    to build and to run, with or without a display
#   scripts/packages.sh test   the same and what the tests use besides
#   scripts/packages.sh bench  the same and what only the measurements use
#   scripts/packages.sh windows  what the cross-build to Windows needs; `wine` adds what runs its result
set -euo pipefail

# compiler and build tools; window (Fyne: X11, Wayland, OpenGL); codecs; sound. Xvfb and ImageMagick are for `make run`
# on a machine without a display: the window's virtual screen and its picture.
run_packages=(
  gcc g++ make pkg-config ca-certificates
  xorg-dev libwayland-dev libxkbcommon-dev libgl1-mesa-dev libgl1-mesa-dri
  libvpx-dev libopus-dev libopenh264-dev libaom-dev libdav1d-dev libyuv-dev
  libasound2-dev libpulse-dev libpipewire-0.3-dev
  xvfb imagemagick fonts-dejavu-core
)
# the browser peer, content for fake cameras and microphones, hands for the window, a screen and a sound server to capture
test_packages=(chromium iproute2 iputils-ping ffmpeg sox espeak-ng xdotool x11-utils x11-xserver-utils pulseaudio pulseaudio-utils
  dbus-daemon pipewire pipewire-bin gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-pipewire
  kamailio kamailio-websocket-modules kamailio-tls-modules)
# photographs for pictures as cameras see them (Debian's gnome-backgrounds has drawings only), another SIP phone to compare with
bench_packages=(mate-backgrounds baresip-core baresip-ffmpeg)
# the compilers with POSIX threads, which C++ needs; what the libraries build with; ImageMagick makes the program's icon
windows_packages=(gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix dpkg-dev make pkg-config cmake meson ninja-build nasm
  imagemagick ca-certificates)
wine_packages=(wine64 xvfb)

wanted=("${run_packages[@]}")
case "${1:-run}" in
  run) ;;
  test | bench)
    wanted+=("${test_packages[@]}")
    [ "$1" = test ] || wanted+=("${bench_packages[@]}")
    # Node may have come from elsewhere (nodesource, nvm): then Debian's, which conflicts with it, is not wanted.
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
    ;;
  windows) wanted=("${windows_packages[@]}") ;;
  wine) wanted=("${windows_packages[@]}" "${wine_packages[@]}") ;;
  *)
    echo "packages: say run, test, bench, windows or wine, not \"$1\"" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null; then
  echo "packages: this is not a Debian system (no apt-get); install the equivalents of: ${wanted[*]}" >&2
  exit 0 # the build says itself what it misses
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "packages: missing: ${missing[*]}" >&2
    echo "packages: become root, or install sudo, so that they can be installed" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "packages: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
