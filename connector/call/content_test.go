package call_test

import (
	"testing"

	"parley/connector/call"
	"parley/connector/internal/vectors"
)

// The facts about the machine of the remote presentation.
func TestContentMachineVectors(t *testing.T) {
	type event struct {
		Type, Bus string
		Codec     *string
		Payload   struct{ Codec string }
	}
	send := func(m *call.ContentMachine, e event) {
		switch e.Bus {
		case "":
			m.Send(e.Type, e.Codec)
		case "call:reset":
			m.Send(call.EventContentReset, nil)
		default:
			m.HandleEvent(e.Bus, e.Payload.Codec)
		}
	}
	replay := func(_ *testing.T, c vectors.Case) string {
		m := call.NewContentMachine(nil)
		for _, e := range vectors.Decode[[]event](c["path"]) {
			send(m, e)
		}
		e := vectors.Decode[event](c["event"])
		diffs := []string{vectors.Diff("from", m.State(), c["from"])}
		if want, ok := c["accepted"]; ok {
			diffs = append(diffs, vectors.Diff("accepted", m.Can(e.Type, e.Codec), want))
		}
		notified := []string{}
		m.OnChange(func(_, to call.ContentState) { notified = append(notified, string(to)) })
		send(m, e)
		codec := map[string]any{}
		if m.Context() != "" {
			codec["codec"] = m.Context()
		}
		info := map[string]any{"isAvailable": m.Content().Available}
		if m.Content().Codec != "" {
			info["codec"] = m.Content().Codec
		}
		return vectors.First(append(diffs, vectors.Diff("to", m.State(), c["to"]),
			vectors.Diff("notified", notified, c["notified"]), vectors.Diff("context", codec, c["contextAfter"]),
			vectors.Diff("derived", map[string]any{"stateInfo": info}, c["derivedAfter"]))...)
	}
	vectors.Run(t, "machine-contented-stream", map[string]func(*testing.T, vectors.Case) string{
		"transition": replay, "bus-event": replay,
	})
}
