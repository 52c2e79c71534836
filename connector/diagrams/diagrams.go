// Package diagrams holds every machine of the connector as a diagram, made from the machines' own tables: for the
// documentation and for the window's diagnostics.
package diagrams

import (
	"sync"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/machine"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/signal"
)

// All machines, in the order in which a call uses them. The slice is shared: do not change it.
var All = sync.OnceValue(func() []machine.Diagram {
	return []machine.Diagram{
		machine.Draw("Connection", &connection.Table, nil),
		machine.Draw("Auto-connector", &autoconnect.Table, map[string][]autoconnect.Input{autoconnect.EventStart: {{}, {Busy: true}}}),
		machine.Draw("Call", &call.Table, callSamples()),
		machine.Draw("Remote presentation", &call.ContentTable, nil),
		machine.Draw("Incoming call", &incoming.Table, nil),
		machine.Draw("Presentation", &presentation.Table, nil),
		machine.Draw("Redial", &redial.Table, nil),
		machine.Draw("Connect-and-call session", &connectcall.Table, nil),
	}
})

// callSamples holds, by event, everything that the call machine tells apart.
func callSamples() map[string][]call.Event {
	yes := true
	room := func(name string) call.Event { return call.Event{Room: name, ParticipantName: "Bob"} }
	direct, withToken := room("Room"), room("Room")
	direct.DirectP2P, withToken.Token = &yes, "token"
	return map[string][]call.Event{
		call.EventConnecting: {{Number: "2001"},
			{Number: "2001", ExtraHeaders: []signal.Header{{Name: "x-vinteo-presentation-call", Value: "yes"}}}},
		call.EventEnterRoom:   {room("Room"), room("purgatory"), room("p2p1001to2001"), direct, withToken},
		call.EventTokenIssued: {{Token: "token", ConferenceOfToken: "Room", ParticipantName: "Bob"}},
	}
}
