package session_test

import (
	"testing"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/internal/vectors"
	"parley/connector/redial"
	"parley/connector/session"
)

// The facts about the system status: the whole truth table.
func TestSystemStatusVectors(t *testing.T) {
	text := func(c vectors.Case, name string) string { s, _ := c[name].(string); return s }
	vectors.Run(t, "system-status", map[string]func(*testing.T, vectors.Case) string{
		"": func(_ *testing.T, c vectors.Case) string {
			s := session.States{Connection: connection.State(text(c, "connection")), Call: call.State(text(c, "call")),
				AutoConnector: autoconnect.State(text(c, "autoConnector")), Redial: redial.State(text(c, "callReconnect"))}
			return vectors.First(vectors.Diff("status", session.SystemStatus(s), c["systemStatus"]),
				vectors.Diff("in call", s.Call.Active(), c["isInCall"]),
				vectors.Diff("reconnecting", s.Redial.Reconnecting(), c["isCallReconnecting"]))
		},
	})
}
