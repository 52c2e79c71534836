package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"sort"
	"strings"
)

var counted = regexp.MustCompile(`\S+\.go:\d+: ([\w-]+): (\d+) cases, (\d+) passed, (\d+) excused, (\d+) failed`)

// conformance replays the vectors and the scenarios and writes down what came out.
func conformance(root string) (string, error) {
	run := exec.Command("go", "test", "-count=1", "-tags", "nolibopusfile", "-v", "-run", "Vectors|Scenario", "./connector/...")
	run.Dir = root
	raw, err := run.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return "", err
	}
	rows := counted.FindAllStringSubmatch(string(raw), -1)
	if len(rows) == 0 {
		return "", fmt.Errorf("no vectors were replayed:\n%s", raw)
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i][1] < rows[j][1] })
	var b strings.Builder
	b.WriteString("# Conformance\n\n<!-- Written by `go run -tags nolibopusfile ./internal/gen -vectors`; changes here are lost. -->\n\n")
	b.WriteString("The facts about the reference's behaviour in `connector/testdata/vectors` (`PARLEY_VECTORS` names another folder),\n" +
		"replayed case by case. To count anew: `go run -tags nolibopusfile ./internal/gen -vectors`; to see what differs:\n" +
		"`go test -tags nolibopusfile ./connector/... -run Vectors -v`. An excused case differs by one of the points of\n" +
		"[conformance-differences.md](conformance-differences.md), and by nothing else; the list is `connector/internal/vectors/excused.go`.\n\n")
	b.WriteString("| File | Cases | Passed | Excused | Failed |\n|---|---:|---:|---:|---:|\n")
	var sum [4]int
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row[1], row[2], row[3], row[4], row[5])
		for i := range sum {
			n := 0
			if _, err := fmt.Sscan(row[i+2], &n); err != nil {
				return "", err
			}
			sum[i] += n
		}
	}
	fmt.Fprintf(&b, "| **all** | %d | %d | %d | %d |\n", sum[0], sum[1], sum[2], sum[3])
	scenarios, err := scenarios(root)
	if err != nil {
		return "", err
	}
	b.WriteString("\n## Scenarios\n\nWhat is played through on virtual time or against real sockets, by package.\n" + scenarios)
	return b.String(), nil
}

// scenarios lists the tests of the connector by package with their comments' first sentences.
func scenarios(root string) (string, error) {
	tests, err := testsOf(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range tests {
		fmt.Fprintf(&b, "\n### %s\n\n", p.folder)
		for _, t := range p.tests {
			b.WriteString("- `" + t.name + "`")
			if t.about != "" {
				b.WriteString(": " + t.about)
			}
			b.WriteString("\n")
		}
	}
	return b.String(), nil
}
