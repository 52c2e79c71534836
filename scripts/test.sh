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

[ "${1:-}" = check ] && exit 0

# The race detector wants all that a test links compiled once more. For the window toolkit (C and OpenGL bindings, one
# goroutine by design) that is minutes for little: the packages that link it are tested without, all others with it.
mapfile -t windowed < <(go list -tags "$tags" -test -f '{{.ImportPath}} {{join .Deps " "}}' ./... |
  grep -F fyne.io/fyne/v2 | sed -E 's/ .*//; s/(_test|\.test)$//' | sort -u)
mapfile -t raced < <(comm -23 <(go list -tags "$tags" ./... | sort) <(printf '%s\n' "${windowed[@]}" | sort))

step "tests with the race detector"
status=0
# End-to-end tests measure nothing, but two at a time on two cores would be slow enough to look broken: -p 1 below.
mapfile -t plain_raced < <(printf '%s\n' "${raced[@]}" | grep -v '^parley/e2e')
mapfile -t e2e_raced < <(printf '%s\n' "${raced[@]}" | grep '^parley/e2e' || true)
go test -race -tags "$tags" -timeout 10m "${plain_raced[@]}" || status=1

step "tests of the window"
go test -tags "$tags" -timeout 10m "${windowed[@]}" || status=1

step "tests from end to end"
PARLEY_BINARY=$program go test -race -tags "$tags" -p 1 -timeout 15m "${e2e_raced[@]}" || status=1

step "done"
exit $status
