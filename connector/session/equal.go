package session

import (
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/redial"
)

// Initial is the snapshot before anything happened.
func Initial() Snapshot {
	return Snapshot{Connection: connection.Idle, Call: Call{State: call.Idle}, Incoming: Incoming{State: incoming.Idle},
		Presentation: presentation.Idle, AutoConnector: autoconnect.Idle, Redial: Redial{State: redial.Idle},
		CallSession: initialCallSession}
}

// Equal tells whether a reader can see a difference. Tracks and errors are compared by identity.
func Equal(a, b Snapshot) bool {
	return a.Connection == b.Connection && a.Call == b.Call && a.Incoming == b.Incoming &&
		a.Presentation == b.Presentation && a.AutoConnector == b.AutoConnector && a.Redial == b.Redial &&
		a.CallSession == b.CallSession && a.Media == b.Media && equalStreams(a.Streams.Main, b.Streams.Main) &&
		equalStreams(a.Streams.Contented, b.Streams.Contented) && equalErrors(a.LastError, b.LastError)
}

// Same is the equality of a slice that can be compared, for connector.WatchSlice.
func Same[T comparable](a, b T) bool { return a == b }

func equalStreams(a, b *Stream) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.ID != b.ID || len(a.Tracks) != len(b.Tracks) {
		return false
	}
	for i := range a.Tracks {
		if a.Tracks[i] != b.Tracks[i] {
			return false
		}
	}
	return true
}

// equalErrors compares texts: an error's dynamic type need not be comparable.
func equalErrors(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}
