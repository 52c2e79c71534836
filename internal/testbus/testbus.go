// Package testbus runs D-Bus session buses of tests' own.
package testbus

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
)

// Start runs a session bus until the test's end and returns its address. A test on a machine without dbus-daemon is skipped.
func Start(t testing.TB) (address string) {
	t.Helper()
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed (scripts/packages.sh test installs it)")
	}
	bus := exec.Command(path, "--session", "--nofork", "--nopidfile", "--print-address=1")
	out, err := bus.StdoutPipe()
	if err == nil {
		err = bus.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Process.Kill(); _ = bus.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
