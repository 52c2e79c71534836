# Sourced by the scripts that build for Windows: where things are, and what the go command is told.
cache=$PWD/.cache/windows
prefix=$cache/prefix # static libraries and headers
tool=x86_64-w64-mingw32

# Everything C is found below the prefix only: a library of this machine in a program for another one is worse than none.
export PKG_CONFIG=$PWD/scripts/windows/pkg-config PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig PKG_CONFIG_PATH=

# go runs the go command for Windows.
go_windows() {
  GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=$tool-gcc-posix CXX=$tool-g++-posix \
    CGO_CFLAGS="-O2 -I$prefix/include" CGO_CXXFLAGS="-O2 -I$prefix/include" CGO_LDFLAGS="-L$prefix/lib" \
    go "$@"
}
