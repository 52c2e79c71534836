package connection_test

import (
	"testing"

	"parley/connector/connection"
	"parley/connector/internal/vectors"
)

type event struct {
	Type, Bus     string
	Configuration *connection.Configuration
}

func send(m *connection.Machine, e event) {
	switch e.Bus {
	case "":
		m.Send(e.Type, e.Configuration)
	case "call:toStartConnect":
		m.Send(connection.EventStartConnect, nil)
	case "call:toStartUa":
		m.Send(connection.EventStartUA, e.Configuration)
	case "call:reset":
		m.Send(connection.EventReset, nil)
	default:
		m.HandleEvent(e.Bus)
	}
}

func replay(_ *testing.T, c vectors.Case) string {
	m := connection.NewMachine(nil)
	for _, e := range vectors.Decode[[]event](c["path"]) {
		send(m, e)
	}
	e := vectors.Decode[event](c["event"])
	diffs := []string{vectors.Diff("from", m.State(), c["from"])}
	if want, ok := c["accepted"]; ok {
		diffs = append(diffs, vectors.Diff("accepted", m.Can(e.Type, e.Configuration), want))
	}
	notified := []string{}
	m.OnChange(func(_, to connection.State) { notified = append(notified, string(to)) })
	send(m, e)
	derived := map[string]any{
		"isPending": m.State().Pending(), "isPendingConnect": m.State() == connection.Preparing,
		"isPendingInitUa": m.State().StartingUA(), "isActiveConnection": m.State().Active(),
		"isRegisterEnabled": m.Configuration().Registers(), "hasConfiguration": m.Configuration() != nil,
	}
	diffs = append(diffs, vectors.Diff("to", m.State(), c["to"]), vectors.Diff("notified", notified, c["notified"]),
		vectors.Diff("derived", derived, c["derivedAfter"]))
	after := c["contextAfter"].(map[string]any)
	want := vectors.Decode[*connection.Configuration](after["connectionConfiguration"])
	return vectors.First(append(diffs, vectors.Diff("configuration", m.Configuration(), want))...)
}

// The facts about the connection's machine.
func TestMachineVectors(t *testing.T) {
	vectors.Run(t, "machine-connection", map[string]func(*testing.T, vectors.Case) string{
		"transition": replay, "bus-event": replay,
	})
}
