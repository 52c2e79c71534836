# Sourced by the scripts that build for Windows: where things are, and what the go command is told.
cache=$PWD/.cache/windows
# Static libraries and headers, for all checkouts of this user.
prefix=${PARLEY_WINDOWS:-${XDG_CACHE_HOME:-$HOME/.cache}/parley/windows}
tool=x86_64-w64-mingw32

# Everything C is found below the prefix only: a library of this machine in a program for another one is worse than none.
export PARLEY_WINDOWS=$prefix PATH=$PWD/scripts/windows/bin:$PATH
export PKG_CONFIG=parley-mingw-pkg-config PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig PKG_CONFIG_PATH=

# go_windows runs the go command for Windows. The flag it allows is one of the audio processing module's own.
go_windows() {
  GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=parley-mingw-gcc CXX=parley-mingw-g++ CGO_CFLAGS=-O2 CGO_CXXFLAGS=-O2 \
    CGO_CXXFLAGS_ALLOW=-fms-extensions go "$@"
}

# What the linker is told besides: everything static; what the audio processing module asks of Windows without naming it
# (symbols, random numbers, a clock); GCC's library, with which opus checks copies.
external='-static -ldbghelp -lbcrypt -lwinmm -lssp'
