package e2e

import (
	"slices"
	"strings"
	"testing"
)

// What a script sees of `parley call`: exit code and one clear line. The causes themselves are tested in app/headless.
func TestExitCodesOfTheProgram(t *testing.T) {
	ctx := within(t, limit)
	_, server := startRoom(ctx, t)
	at := []string{"call", "--server", server.Host, "--name", "N", "--camera", "none", "--microphone", "none"}
	with := func(more ...string) []string { return slices.Concat(at, more) }
	registered := func(more ...string) []string {
		return slices.Concat(at, []string{"--insecure-tls", "--user", ours, "--password", oursPassword}, more)
	}
	tests := []struct {
		name      string
		arguments []string
		code      int
		says      string
	}{
		{"a call that goes well", registered("--to", "2001", "--duration", "100ms"), 0, ""},
		{"unknown number", registered("--to", "5555"), 1, "could not call 5555: there is no such number"},
		{"wrong password", with("--insecure-tls", "--user", ours, "--password", "x", "--to", "2001"), 1,
			"the server refused user and password"},
		{"wrong certificate", with("--guest", "--to", "2001"), 1, "--insecure-tls"},
		{"wrong arguments", at, 2, "parley --help"},
		{"a codec nobody has", registered("--to", "2001", "--codec", "MPEG2", "--camera", "pattern"), 2, "--codec"},
		{"a check that fails", []string{"probe", "--server", server.Host}, 1, "--insecure-tls"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			call := start(t, test.arguments...)
			code, err := call.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			messages := 0
			for line := range strings.Lines(call.Stderr()) {
				if strings.HasPrefix(line, "parley: ") {
					messages++
				}
			}
			if code != test.code || !strings.Contains(call.Stderr(), test.says) || messages != min(1, code) {
				t.Errorf("exit code %d, said %q; want %d and one message that says %q", code, call.Stderr(), test.code, test.says)
			}
			if strings.Contains(call.Stderr(), "panic") || strings.Contains(call.Stderr(), "goroutine ") {
				t.Errorf("it panicked: %s", call.Stderr())
			}
		})
	}
}

// The server hangs (its machine, say) in the middle of a call: sound and picture stop, and the call says so by itself.
func TestAServerThatHangsInACall(t *testing.T) {
	ctx := within(t, limit)
	room, server := startRoom(ctx, t, "--bots", "1")
	call := startCall(t, server, "--to", "2001", "--no-redial")
	if _, err := call.Until(ctx, "stats:collected"); err != nil {
		t.Fatal(err)
	}
	if err := room.Pause(); err != nil {
		t.Fatal(err)
	}
	code, err := call.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if last := call.Last(); code != 1 || last.Event != "failed" {
		t.Errorf("exit code %d, last event %s %s; want 1 and why", code, last.Event, last.Data)
	}
	t.Logf("%.0f s later: %s", call.Last().T, call.Stderr())
}
