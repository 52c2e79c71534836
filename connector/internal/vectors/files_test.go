package vectors_test

import (
	"os"
	"strings"
	"testing"

	"parley/connector/internal/vectors"
)

// binding files and the test that replays each; every case of them must pass or be excused.
var binding = map[string]string{
	"machine-connection": "connection", "machine-call": "call", "machine-incoming-call": "incoming",
	"machine-presentation": "presentation", "machine-contented-stream": "call",
	"machine-connect-and-call-session": "connectcall", "system-status": "session", "api-manager": "api",
	"video-sending": "balancer", "video-balancer-scenarios": "balancer", "policies": "connector", "helpers": "connector",
	"stats-and-health": "connector", "roles-and-session-state": "session", "remote-streams": "call",
}

// instructive files show the reference's order of events; Parley's own scenarios are in the façade's tests.
var instructive = map[string]bool{
	"auto-connector": true, "call-reconnect": true, "connect-and-call-scenarios": true, "connection": true,
	"presentation-flows": true, "recv-session-and-media": true, "sip-connector-flows": true,
	"primitives-and-session": true, "constants": true,
}

// Every file of facts that binds is there.
func TestFiles(t *testing.T) {
	entries, err := os.ReadDir(vectors.Folder())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".json.gz")
		if !ok {
			continue
		}
		found[name] = true
		switch {
		case binding[name] != "":
		case instructive[name]:
			t.Logf("%s: to learn from", name)
		default:
			t.Logf("%s: unknown file, skipped", name)
		}
	}
	for name, where := range binding {
		if !found[name] && os.Getenv("PARLEY_VECTORS") != "" {
			t.Logf("%s is not in %s", name, vectors.Folder())
		} else if !found[name] {
			t.Errorf("%s is missing; %s replays it", name, where)
		}
	}
}

// Every excuse names a file that is binding and a point that docs/conformance-differences.md explains.
func TestExcuses(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/conformance-differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range vectors.Differences {
		if !instructive[d.File] || d.Why == "" || d.Match == nil {
			t.Errorf("%s %q: incomplete, or a file that binds", d.File, d.Why)
		}
		if d.Point != 0 && !strings.Contains(string(raw), "\n"+itoa(d.Point)+". ") {
			t.Errorf("point %d is not explained", d.Point)
		}
	}
	for _, e := range vectors.Excuses {
		if binding[e.File] == "" {
			t.Errorf("%s is not binding", e.File)
		}
		if !strings.Contains(string(raw), "\n"+itoa(e.Point)+". ") {
			t.Errorf("point %d is not explained", e.Point)
		}
		if e.Why == "" || e.Match == nil || e.Right == nil {
			t.Errorf("%s, point %d: incomplete", e.File, e.Point)
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
