package incoming_test

import (
	"testing"

	"parley/connector/incoming"
	"parley/connector/internal/vectors"
)

type event struct {
	Type, Bus     string
	Data, Payload *incoming.Remote
}

func send(m *incoming.Machine, e event) {
	switch e.Bus {
	case "":
		m.Send(e.Type, e.Data)
	case "call:toConsumed":
		m.Send(incoming.EventConsumed, nil)
	case "call:reset":
		m.Send(incoming.EventClear, nil)
	case "incoming:ringing", "incoming:declinedIncomingCall", "incoming:terminatedIncomingCall", "incoming:failedIncomingCall":
		m.HandleEvent("incoming-call:"+e.Bus[len("incoming:"):], e.Payload)
	default:
		m.HandleEvent(e.Bus, nil)
	}
}

func replay(_ *testing.T, c vectors.Case) string {
	m := incoming.NewMachine(nil)
	for _, e := range vectors.Decode[[]event](c["path"]) {
		send(m, e)
	}
	e := vectors.Decode[event](c["event"])
	diffs := []string{vectors.Diff("from", m.State(), c["from"])}
	if want, ok := c["accepted"]; ok {
		diffs = append(diffs, vectors.Diff("accepted", m.Can(e.Type, e.Data), want))
	}
	notified := []string{}
	m.OnChange(func(_, to incoming.State) { notified = append(notified, string(to)) })
	send(m, e)
	known := map[string]any{"remoteCallerData": m.Context().Remote}
	if reason := m.Context().LastReason; reason != "" {
		known["lastReason"] = reason
	}
	derived := map[string]any{"isActive": m.State() == incoming.Ringing, "isFinished": m.State().Finished()}
	for name, value := range known {
		derived[name] = value
	}
	return vectors.First(append(diffs, vectors.Diff("to", m.State(), c["to"]), vectors.Diff("notified", notified, c["notified"]),
		vectors.Diff("context", known, c["contextAfter"]), vectors.Diff("derived", derived, c["derivedAfter"]))...)
}

// The facts about the machine of incoming calls.
func TestMachineVectors(t *testing.T) {
	vectors.Run(t, "machine-incoming-call", map[string]func(*testing.T, vectors.Case) string{
		"transition": replay, "bus-event": replay,
	})
}
