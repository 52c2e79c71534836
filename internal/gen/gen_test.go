package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every generated page is what the sources say now.
func TestPagesAreFresh(t *testing.T) {
	root := projectRoot()
	made, err := all(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range made {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
			continue
		}
		if string(got) != want {
			t.Errorf("%s is stale: run go generate ./internal/gen", path)
		}
	}
}

// What the generator finds is what is known to be emitted in less obvious ways.
func TestEventsAreFound(t *testing.T) {
	page, err := events(projectRoot())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| `auto-connect:stop-attempts-by-error` | {error: {message: text", // a name that is a parameter
		"| `call:unhold` | {originator: text} |",                           // a name that is a variable
		"| `api:channels:notify` | {inputChannels: any, outputChannels: any} |",
		"| `api:account:deleted` | nothing |", // a name out of a map
		"| `api:conference:participant-token-issued` | {jwt: \"***\",",
		"| `session:snapshot-changed` | {systemStatus: text",
		"| `stopped-presentation-by-server-command` | nothing |",
	} {
		if !strings.Contains(page, row) {
			t.Errorf("no row %s", row)
		}
	}
}
