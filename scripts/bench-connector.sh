#!/usr/bin/env bash
# Measures the connector on this machine: what goes through it, how long a call takes to come about, and what memory does
# over many calls. Prints the figures and keeps them in docs/measured/bench-connector.txt, from where
# `go run -tags nolibopusfile ./internal/gen -vectors` puts them into docs/conformance.md.
set -euo pipefail
cd "$(dirname "$0")/.."

tags=nolibopusfile
results=docs/measured/bench-connector.txt
mkdir -p "$(dirname "$results")"
{
  printf '%s cores, load %s at the beginning, %s\n\n' "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)" "$(go env GOVERSION)"
  go test -tags "$tags" -run '^$' -bench 'Info|FanOut' -benchtime 5s ./connector | grep -E '^Benchmark' |
    sed -E 's/[[:space:]]+/ /g'
  printf '\n'
  go run -tags "$tags" ./e2e/bench/connector
} | tee "$results.new"
mv "$results.new" "$results"
