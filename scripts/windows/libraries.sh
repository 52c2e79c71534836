#!/usr/bin/env bash
# Builds the codecs' static libraries for Windows from Debian's sources into ~/.cache/parley/windows (PARLEY_WINDOWS names
# another folder). What is there and still the same (its recipe below, and the version that this Debian has) is not built
# again.
#
#   scripts/windows/libraries.sh [LIBRARY...]    all of them, or those named: vpx, opus, ...
#
# Exits with 3 when Debian's sources cannot be had.
#
# Licences: BSD (libvpx, opus, openh264, dav1d, libyuv, libaom, libjpeg-turbo with IJG's); nothing of the GPL or LGPL.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/windows/env.sh

work=$cache/work
jobs=$(nproc)
export CC=$tool-gcc-posix CXX=$tool-g++-posix AR=$tool-ar RANLIB=$tool-ranlib NM=$tool-nm STRIP=$tool-strip

# common: CMake's and Meson's idea of the target
cmake_flags=(-G Ninja -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=x86_64 -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX"
  -DCMAKE_RC_COMPILER="$tool-windres" -DCMAKE_FIND_ROOT_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER
  -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF)

# Each recipe runs in the unpacked source.

build_vpx() { # VP8 and VP9, as calls use them
  CROSS=$tool- ./configure --target=x86_64-win64-gcc --prefix="$prefix" --disable-shared --enable-static --enable-vp8 --enable-vp9 \
    --enable-realtime-only --disable-examples --disable-tools --disable-docs --disable-unit-tests --disable-install-bins \
    --disable-webm-io --disable-libyuv --as=nasm
  make -j"$jobs"
  make install
}

build_opus() {
  # Hardening asks for functions of glibc.
  ./configure --host=$tool --prefix="$prefix" --disable-shared --enable-static --disable-doc --disable-extra-programs \
    --disable-hardening --disable-stack-protector
  make -j"$jobs"
  make install
}

build_openh264() {
  make -j"$jobs" OS=mingw_nt ARCH=x86_64 PREFIX="$prefix" CC="$CC" CXX="$CXX" AR="$AR" libraries
  make OS=mingw_nt ARCH=x86_64 PREFIX="$prefix" CC="$CC" CXX="$CXX" AR="$AR" install-static
}

build_dav1d() {
  cat > cross.txt <<CROSS
[binaries]
c = '$CC'
ar = '$AR'
strip = '$STRIP'
nasm = 'nasm'
[host_machine]
system = 'windows'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
CROSS
  meson setup build --cross-file cross.txt --prefix "$prefix" --libdir lib --buildtype release --default-library static \
    -Denable_tools=false -Denable_tests=false
  ninja -C build -j"$jobs" install
}

build_jpeg() { # for libyuv: cameras' pictures
  cmake -S . -B build "${cmake_flags[@]}" -DENABLE_SHARED=OFF -DENABLE_STATIC=ON -DWITH_TURBOJPEG=OFF
  ninja -C build -j"$jobs" jpeg-static
  cp build/libjpeg.a "$prefix/lib"
  cp jpeglib.h jmorecfg.h jerror.h build/jconfig.h "$prefix/include"
}

build_yuv() { # after jpeg
  cmake -S . -B build "${cmake_flags[@]}" -DCMAKE_C_FLAGS="-I$prefix/include" -DCMAKE_CXX_FLAGS="-I$prefix/include -DHAVE_JPEG" \
    -DTEST=OFF -DUNIT_TEST=OFF
  ninja -C build -j"$jobs" libyuv.a
  cp build/libyuv.a "$prefix/lib"
  cp -r include/. "$prefix/include"
}

build_aom() { # the encoder for calls
  mkdir -p out
  cmake -S . -B out "${cmake_flags[@]}" -DCONFIG_AV1_DECODER=0 -DCONFIG_REALTIME_ONLY=1 -DCONFIG_WEBM_IO=0 -DCONFIG_LIBYUV=0 \
    -DENABLE_TESTS=0 -DENABLE_EXAMPLES=0 -DENABLE_TOOLS=0 -DENABLE_DOCS=0 -DENABLE_NASM=1
  ninja -C out -j"$jobs" install
}

# What Parley uses: recipe, Debian's source, its package for this machine.
libraries=("vpx libvpx libvpx-dev" "opus opus libopus-dev" "openh264 openh264 libopenh264-dev" "dav1d dav1d libdav1d-dev"
  "jpeg libjpeg-turbo libjpeg62-turbo-dev" "yuv libyuv libyuv-dev" "aom aom libaom-dev")

# stamp tells what a library was built of.
stamp() { # recipe package
  printf '%s %s %s\n' "$(declare -f "build_$1" | sha256sum | cut -c1-16)" "$($CC -dumpversion)" \
    "$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null || echo none)"
}

# sources fetches a Debian source package, with lists of our own: those of the system stay as they are.
sources() { # source
  local apt=$cache/apt
  if [ ! -e "$apt/updated" ]; then
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    source_lists > "$apt/sources.sources"
    cat > "$apt/apt.conf" <<CONF
Dir::Etc::SourceList "$apt/sources.sources";
Dir::Etc::SourceParts "$apt/parts";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Get::List-Cleanup "0";
CONF
    apt-get -q -c "$apt/apt.conf" update || return
    touch "$apt/updated"
  fi
  # The newest version; where the mirror lacks a part of it, the one before.
  local version
  while read -r version; do
    apt-get -q -c "$apt/apt.conf" source --only-source "$1=$version" && return
  done < <(apt-cache -c "$apt/apt.conf" showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -rV | uniq)
  return 1
}

# source_lists turns Debian's entries of this system into entries for sources.
source_lists() {
  local from
  for from in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$from" ] || continue
    sed -nE 's#^deb (\[[^]]*\] )?([^ ]*/debian[^ ]*) ([^ ]+) (.*)#deb-src \1\2 \3 \4#p' "$from" | while read -r _ uri suite components; do
      printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: %s\n\n' "$uri" "$suite" "$components"
    done
  done
  for from in /etc/apt/sources.list.d/*.sources; do
    [ -e "$from" ] || continue
    # entries are divided by empty lines; comments stay
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /URIs:[^\n]*\/debian/' "$from" | sed -E 's/^Types:.*/Types: deb-src/'
  done
}

build() { # recipe source
  local folder=$work/$1
  rm -rf "$folder"
  mkdir -p "$folder"
  # In the background: a command whose outcome is asked for would go on after its first error.
  (
    cd "$folder"
    sources "$2" || exit 3
    cd "$(find . -mindepth 1 -maxdepth 1 -type d)"
    "build_$1"
  ) > "$work/$1.log" 2>&1 9>&- &
  local outcome=0
  wait $! || outcome=$?
  if [ $outcome -ne 0 ]; then
    tail -n 30 "$work/$1.log" >&2
    echo "windows: $1 could not be built; all of it is in $work/$1.log" >&2
    return $outcome
  fi
  rm -rf "$folder"
}

mkdir -p "$work" "$prefix/lib/pkgconfig" "$prefix/include"
exec 9> "$prefix/lock" # another checkout may build the same
flock 9
rm -f "$cache/apt/updated" # whoever builds something looks the lists up anew
for library in "${libraries[@]}"; do
  read -r recipe source package <<<"$library"
  [ $# -eq 0 ] || printf '%s\n' "$@" | grep -qx "$recipe" || continue
  wanted=$(stamp "$recipe" "$package")
  have=$(cat "$prefix/$recipe.stamp" 2>/dev/null || true)
  [ "$wanted" = "$have" ] && continue
  begun=$SECONDS
  build "$recipe" "$source"
  echo "$wanted" > "$prefix/$recipe.stamp"
  echo "windows: $recipe built in $((SECONDS - begun)) s"
done
