package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/app/cli"
	"parley/app/instance"
	"parley/app/report"
	"parley/app/window"
)

// A demo that joins by itself has nobody in front of it: no question about an earlier crash may cover it. One that waits for
// a person asks him.
func TestOnlyADemoWithAPersonAsksAboutAnEarlierCrash(t *testing.T) {
	demo := &window.Demo{Server: "127.0.0.1:1", Fingerprint: "AA", Room: demoRoom}
	found := window.Options{Crash: &report.Crash{Text: "panic"}}
	alone := demoOptions(cli.Window{Demo: true, DemoJoin: true, DemoFor: time.Second}, found, demo)
	if alone.Crash != nil || !alone.AutoJoin || !alone.AutoSignIn || alone.EndAfter != time.Second {
		t.Errorf("a demo by itself: %+v", alone)
	}
	person := demoOptions(cli.Window{Demo: true}, found, demo)
	if person.Crash != found.Crash || person.AutoJoin || person.Server != demo.Server || person.Fingerprint != "AA" {
		t.Errorf("a demo with a person: %+v", person)
	}
}

// A start that hands over leaves no trace: the log and the crash files are the running one's.
func TestASecondStartTouchesNoLog(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PARLEY_CONFIG", folder)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	running, err := instance.Acquire(t.Context(), folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	var out, errs strings.Builder
	code := Run(t.Context(), []string{"sip:1001@host.test"}, Streams{&out, &errs})
	if code != exitOK || !strings.Contains(errs.String(), "running already") {
		t.Errorf("exit code %d, said %q", code, errs.String())
	}
	if got := <-running.Links; got != "sip:1001@host.test" {
		t.Errorf("handed over %q", got)
	}
	if _, err := os.Stat(filepath.Join(folder, "state")); !os.IsNotExist(err) {
		t.Errorf("the second start made the folder of the logs: %v", err)
	}
}
