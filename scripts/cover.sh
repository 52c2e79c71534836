#!/usr/bin/env bash
# Prints how much of the connector its tests run: the total, and the functions of which less than LIMIT per cent of the
# statements run (default 90).
#
#   scripts/cover.sh [LIMIT]
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${1:-90}
profile=$(mktemp)
functions=$(mktemp)
trap 'rm -f "$profile" "$functions"' EXIT

go test -tags nolibopusfile -coverpkg=./connector/... -coverprofile="$profile" ./connector/... >/dev/null
go tool cover -func="$profile" > "$functions"
printf 'functions below %s %%\n' "$limit"
awk -v limit="$limit" '$1 != "total:" { p = $NF; sub("%", "", p); if (p + 0 < limit) print }' "$functions"
grep '^total:' "$functions"
