package link

import (
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestPing: real packets cross the wire, late and lossy as told, and from another address after a move.
func TestPing(t *testing.T) {
	if _, err := exec.LookPath("ping"); err != nil {
		t.Skip("no ping (iputils-ping)")
	}
	l, err := New(5)
	if errors.Is(err, ErrNotRoot) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	l.Set(Conditions{Delay: 20 * time.Millisecond})
	received, milliseconds := ping(t, l, 5)
	if received != 5 || milliseconds < 40 || milliseconds > 140 {
		t.Errorf("%d of 5 received, after %v ms at the least", received, milliseconds)
	}
	l.Set(Conditions{Loss: 0.5})
	if received, _ = ping(t, l, 100); received < 8 || received > 45 { // a quarter comes back
		t.Errorf("%d of 100 received at a loss of half each way", received)
	}
	l.Set(Conditions{Down: true})
	if received, _ = ping(t, l, 3); received != 0 {
		t.Errorf("%d received over a wire that is down", received)
	}
	l.Set(Conditions{})
	if err := l.Move(); err != nil {
		t.Fatal(err)
	}
	if received, _ = ping(t, l, 5); received != 5 {
		t.Errorf("%d of 5 received after the move", received)
	}
}

var (
	receivedText = regexp.MustCompile(`(\d+) received`)
	fastestText  = regexp.MustCompile(`= ([0-9.]+)/`)
)

func ping(t *testing.T, l *Link, count int) (received int, fastest float64) {
	t.Helper()
	program, arguments := l.Near("ping", "-n", "-i", "0.01", "-W", "1", "-c", strconv.Itoa(count), FarAddress)
	out, _ := exec.Command(program, arguments...).CombinedOutput() // lost packets make it exit with 1
	found := receivedText.FindSubmatch(out)
	if found == nil {
		t.Fatalf("ping: %s", out)
	}
	received, _ = strconv.Atoi(string(found[1]))
	if found = fastestText.FindSubmatch(out); found != nil {
		fastest, _ = strconv.ParseFloat(string(found[1]), 64)
	}
	return received, fastest
}
