package window

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A bus that takes connections and says nothing delays the start by no more than trayTime.
func TestABusThatHangsHasNoPlaceForAnIcon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	bus, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	begin := time.Now()
	if trayPlace() {
		t.Error("a bus that says nothing has a place for an icon")
	}
	if took := time.Since(begin); took < trayTime || took > 10*trayTime {
		t.Errorf("it took %v", took)
	}
	// The connection that waits in the listener's queue goes with it, and whoever connects with that.
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
}
