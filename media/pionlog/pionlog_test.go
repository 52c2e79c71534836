package pionlog_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"parley/media/pionlog"
)

// What pion warns of is for whoever looks for a fault, and says where it comes from; its chatter is not even that.
func TestLevels(t *testing.T) {
	var out bytes.Buffer
	log := pionlog.Loggers{Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}.NewLogger("ice")
	log.Infof("chatter %d", 1)
	log.Debug("chatter")
	log.Trace("chatter")
	log.Warnf("lost %d%%", 7)
	log.Error("broken %s")
	said := out.String()
	if strings.Contains(said, "chatter") || strings.Count(said, "level=DEBUG") != 2 || strings.Count(said, "pion=ice") != 2 ||
		!strings.Contains(said, "lost 7%") || !strings.Contains(said, "broken %s") {
		t.Error(said)
	}
}
