package connectcall_test

import (
	"testing"

	"parley/connector/connectcall"
	"parley/connector/internal/vectors"
)

// The facts about the phases of a connect-and-call session.
func TestMachineVectors(t *testing.T) {
	type event struct {
		Type   string
		Reason connectcall.Reason
	}
	vectors.Run(t, "machine-connect-and-call-session", map[string]func(*testing.T, vectors.Case) string{
		"transition": func(_ *testing.T, c vectors.Case) string {
			m := connectcall.NewMachine(nil)
			for _, e := range vectors.Decode[[]event](c["path"]) {
				m.Send(e.Type, e.Reason)
			}
			e := vectors.Decode[event](c["event"])
			diffs := []string{vectors.Diff("from", m.State(), c["from"]), vectors.Diff("accepted", m.Can(e.Type, e.Reason), c["accepted"])}
			notified := []string{}
			m.OnChange(func(_, to connectcall.Phase) { notified = append(notified, string(to)) })
			m.Send(e.Type, e.Reason)
			known := map[string]any{}
			if m.Context() != "" {
				known["closeReason"] = m.Context()
			}
			return vectors.First(append(diffs, vectors.Diff("to", m.State(), c["to"]),
				vectors.Diff("notified", notified, c["notified"]), vectors.Diff("context", known, c["contextAfter"]))...)
		},
	})
}
