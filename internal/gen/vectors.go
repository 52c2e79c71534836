package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

const conformanceHead = `# Conformance

<!-- Written by ` + "`go run -tags nolibopusfile ./internal/gen -vectors`" + `; changes here are lost. -->

What proves that the connector does what it should, with the command that prints each part. All but the fuzzing and the
figures is counted anew by ` + "`go run -tags nolibopusfile ./internal/gen -vectors`" + `, which writes this page.

## Facts about the reference

The facts about the reference's behaviour in ` + "`connector/testdata/vectors`" + ` (` + "`PARLEY_VECTORS`" + ` names another folder),
replayed case by case: ` + "`go test -tags nolibopusfile ./connector/... -run Vectors -v | grep cases`" + `.

Where the reference is wrong ([conformance-differences.md](conformance-differences.md)), the right value takes the place of
its value in the case before it is replayed (` + "`connector/internal/vectors/right.go`" + `): such a case counts as excused, and is
compared in everything all the same. The list is ` + "`connector/internal/vectors/excused.go`" + `.

`

var (
	counted = regexp.MustCompile(`\S+\.go:\d+: ([\w-]+): (\d+) cases, (\d+) passed, (\d+) excused, (\d+) failed`)
	learned = regexp.MustCompile(`\S+\.go:\d+: ([\w-]+): (\d+) of (\d+) scenarios, (\d+) the same, (\d+) otherwise on purpose, (\d+) otherwise`)
	total   = regexp.MustCompile(`(?m)^total:\s+\(statements\)\s+([\d.]+%)`)
)

// conformance runs the connector's tests and writes down what came out, with what was measured before.
func conformance(root string) (string, error) {
	profile, err := os.CreateTemp("", "cover-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(profile.Name())
	if err := profile.Close(); err != nil {
		return "", err
	}
	said, err := output(root, "go", "test", "-count=1", "-tags", "nolibopusfile", "-v", "-coverpkg=./connector/...",
		"-coverprofile="+profile.Name(), "./connector/...")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(conformanceHead)
	if err := vectorTables(&b, said); err != nil {
		return "", err
	}
	functions, err := output(root, "go", "tool", "cover", "-func="+profile.Name())
	if err != nil {
		return "", err
	}
	covered := total.FindStringSubmatch(functions)
	if covered == nil {
		return "", errors.New("no coverage was counted")
	}
	fmt.Fprintf(&b, "\n## Coverage\n\n`make cover`: the tests below `connector/` run %s of its statements. [testing.md](testing.md#coverage)\n"+
		"says what is left.\n", covered[1])
	b.WriteString("\n## Messages of RFC 4475\n\n`go test -tags nolibopusfile ./connector/sip -run TestTorture -v`: each of the 50 is answered or dropped as the\n" +
		"RFC says, and the client answers the next request; the table is in `connector/sip/torture_test.go`.\n")
	if err := measured(&b, root); err != nil {
		return "", err
	}
	scenarios, err := scenarios(root)
	if err != nil {
		return "", err
	}
	b.WriteString("\n## Scenarios\n\nWhat is played through on virtual time or against real sockets and programs, by package: `make test`.\n" + scenarios)
	return b.String(), nil
}

// output of a command in the project; that it failed is in what it says.
func output(root, name string, args ...string) (string, error) {
	run := exec.Command(name, args...)
	run.Dir = root
	raw, err := run.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return "", err
	}
	return string(raw), nil
}

func vectorTables(b *strings.Builder, said string) error {
	binding, others := counted.FindAllStringSubmatch(said, -1), learned.FindAllStringSubmatch(said, -1)
	if len(binding) == 0 || len(others) == 0 {
		return fmt.Errorf("no vectors were replayed:\n%s", said)
	}
	b.WriteString("| File | Cases | Passed | Excused | Failed |\n|---|---:|---:|---:|---:|\n")
	rows(b, binding, 4)
	b.WriteString("\n## Whole scenarios of the reference\n\nFiles that bind nobody: they show the order of events in whole scenarios, where Parley may do better.\n" +
		"`go test -tags nolibopusfile ./connector/... -run Scenarios -v | grep scenarios`. What is otherwise on purpose is listed\n" +
		"with its reason in `connector/internal/vectors/learn.go`.\n\n")
	b.WriteString("| File | Replayed | Of | The same | Otherwise on purpose | Otherwise |\n|---|---:|---:|---:|---:|---:|\n")
	rows(b, others, 5)
	return nil
}

// rows of a table, sorted, and their sums.
func rows(b *strings.Builder, found [][]string, columns int) {
	sort.Slice(found, func(i, j int) bool { return found[i][1] < found[j][1] })
	sums := make([]int, columns)
	for _, row := range found {
		fmt.Fprintf(b, "| %s |", row[1])
		for i := range sums {
			n := 0
			_, _ = fmt.Sscan(row[i+2], &n) // digits: the expression says so
			sums[i] += n
			fmt.Fprintf(b, " %d |", n)
		}
		b.WriteString("\n")
	}
	b.WriteString("| **all** |")
	for _, sum := range sums {
		fmt.Fprintf(b, " %d |", sum)
	}
	b.WriteString("\n")
}

// measured writes what longer runs left in docs/measured.
func measured(b *strings.Builder, root string) error {
	fuzz, err := os.ReadFile(filepath.Join(root, "docs", "measured", "fuzz.tsv"))
	if err != nil {
		return err
	}
	b.WriteString("\n## Fuzzing\n\n`make fuzz` (`scripts/fuzz.sh 10m`); findings stay as seeds in the package's `testdata/fuzz`.\n\n" +
		"| Package | Target | Time | Executions | Corpus | Open findings |\n|---|---|---:|---:|---:|---|\n")
	for line := range bytes.Lines(fuzz) {
		fmt.Fprintf(b, "| %s |\n", strings.ReplaceAll(strings.TrimSpace(string(line)), "\t", " | "))
	}
	bench, err := os.ReadFile(filepath.Join(root, "docs", "measured", "bench-connector.txt"))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## Figures\n\n`make bench-connector`; [figures.md](figures.md) says what they mean.\n\n```\n%s\n```\n", bytes.TrimSpace(bench))
	return nil
}

// scenarios lists the tests by package with their comments' first sentences.
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
