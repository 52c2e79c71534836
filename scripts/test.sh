#!/usr/bin/env bash
# Checks the sources and runs every test. `scripts/test.sh check` only checks.
set -euo pipefail
cd "$(dirname "$0")/.."

tags=nolibopusfile
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

step() { printf '== %s (%d s)\n' "$1" "$SECONDS"; }

step "gofmt"
untidy=$(git ls-files --cached --others --exclude-standard '*.go' | xargs -r gofmt -l)
if [ -n "$untidy" ]; then
  printf 'not formatted (make fmt mends it):\n%s\n' "$untidy" >&2
  exit 1
fi

# The program first: the end-to-end tests run it, and what it compiles vet and the tests without the race detector use
# again.
step "build"
program=$PWD/.cache/parley
go build -tags "$tags" -o "$program" .

step "go vet"
go vet -tags "$tags" ./...

step "staticcheck"
go run "$staticcheck" -tags "$tags" ./...

# Other systems. For the Mac what can be checked without its compiler; the tests of the other packages drive programs of
# Linux. Windows is built whole; only where Debian's sources of the codecs cannot be had, its types are checked instead.
types() {
  step "types for $1"
  go run ./internal/typecheck -os "${1%/*}" -arch "${1#*/}" -tags "$tags" \
    . ./app/... ./assets/... ./connector/... ./media/... ./views/...
}
types darwin/arm64
step "Windows"
outcome=3
if command -v apt-get >/dev/null; then
  outcome=0
  scripts/cross-windows.sh check || outcome=$?
fi
case $outcome in
  0) ;;
  3)
    echo "Windows is not built: Debian's sources cannot be had here"
    types windows/amd64
    ;;
  *) exit "$outcome" ;;
esac

[ "${1:-}" = check ] && exit 0

# The race detector wants all that a test links compiled once more, C and C++ included, which it does not even watch. For
# the window toolkit (its state belongs to one goroutine) and the 445 C++ files of the audio processing module that is
# minutes for little on two cores: the packages that link them are tested without it, all others with it.
mapfile -t heavy < <(go list -tags "$tags" -test -f '{{.ImportPath}} {{join .Deps " "}}' ./... |
  grep -E 'fyne\.io/fyne/v2|livekit-cli/v2/pkg/apm' | sed -E 's/ .*//; s/(_test|\.test)$//' | sort -u)
mapfile -t raced < <(comm -23 <(go list -tags "$tags" ./... | sort) <(printf '%s\n' "${heavy[@]}" | sort))

step "tests with the race detector"
status=0
# End-to-end tests measure nothing, but two at a time on two cores would be slow enough to look broken: -p 1 below.
mapfile -t plain_raced < <(printf '%s\n' "${raced[@]}" | grep -v '^parley/e2e')
mapfile -t e2e_raced < <(printf '%s\n' "${raced[@]}" | grep '^parley/e2e' || true)
go test -race -tags "$tags" -timeout 10m "${plain_raced[@]}" || status=1

step "tests without the race detector"
go test -tags "$tags" -timeout 10m "${heavy[@]}" || status=1

step "memory and allocations, which the race detector changes"
go test -tags "$tags" -timeout 10m -run 'Allocate|Memory' ./media/peer ./media/codec/all || status=1

step "tests from end to end"
# -count=1: go does not see that the program changed, and would repeat old results
PARLEY_BINARY=$program go test -race -tags "$tags" -count=1 -p 1 -timeout 15m "${e2e_raced[@]}" || status=1

step "done"
exit $status
