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

# Other systems: what can be checked without their compilers. The tests of the other packages drive programs of Linux.
# `make windows` builds for Windows.
for system in windows/amd64 darwin/arm64; do
  step "types for $system"
  go run ./internal/typecheck -os "${system%/*}" -arch "${system#*/}" -tags "$tags" \
    . ./app/... ./assets/... ./connector/... ./media/... ./views/...
done

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

step "tests from end to end"
# -count=1: go does not see that the program changed, and would repeat old results
PARLEY_BINARY=$program go test -race -tags "$tags" -count=1 -p 1 -timeout 15m "${e2e_raced[@]}" || status=1

step "done"
exit $status
