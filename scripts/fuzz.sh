#!/usr/bin/env bash
# Fuzzes every target that reads what comes from the network, one after the other, and writes down what came of it.
#
#   scripts/fuzz.sh [TIME] [TARGET...]     TIME a target, 10m by default; targets by name, all of them by default
#
# A finding stays in the package's testdata/fuzz: commit it with the repair. The figures go to docs/measured/fuzz.tsv,
# from where `go run -tags nolibopusfile ./internal/gen -vectors` puts them into docs/conformance.md.
set -euo pipefail
cd "$(dirname "$0")/.."

tags=nolibopusfile
time=${1:-10m}
shift || true
results=docs/measured/fuzz.tsv
mkdir -p "$(dirname "$results")"
touch "$results"

status=0
while read -r package target; do
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qx "$target"; then continue; fi
  printf '== %s %s, %s\n' "$package" "$target" "$time"
  log=$(mktemp)
  finding=none
  if ! nice -n 10 go test -tags "$tags" "./$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 2s -parallel 1 \
    2>&1 | tee "$log"; then
    finding=$(grep -oE 'testdata/fuzz/[^ ]+' "$log" | head -1)
    finding=${finding:-failed}
    status=1
  fi
  line=$(grep -E '^fuzz: elapsed: ' "$log" | tail -1)
  row=$(printf '%s\t%s\t%s\t%s\t%s\t%s' "$package" "$target" \
    "$(sed -nE 's/.*elapsed: ([^,]+),.*/\1/p' <<<"$line")" \
    "$(sed -nE 's/.*execs: ([0-9]+) .*/\1/p' <<<"$line")" \
    "$(sed -nE 's/.*\(total: ([0-9]+)\).*/\1/p' <<<"$line")" "$finding")
  rm -f "$log"
  # one row a target: this run's instead of an older one
  { awk -F '\t' -v p="$package" -v t="$target" '$1 != p || $2 != t' "$results"; printf '%s\n' "$row"; } |
    LC_ALL=C sort > "$results.new"
  mv "$results.new" "$results"
done < <(git grep --untracked -E '^func Fuzz[A-Za-z0-9]+\(' -- connector media/peer media/codec roomserver |
  sed -nE 's#^(.*)/[^/]+_test\.go:func (Fuzz[A-Za-z0-9]+)\(.*#\1 \2#p' | LC_ALL=C sort)
exit $status
