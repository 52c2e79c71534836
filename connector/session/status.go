package session

import (
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/redial"
)

// States are the machines that decide the system status.
type States struct {
	Connection    connection.State
	Call          call.State
	AutoConnector autoconnect.State
	Redial        redial.State
}

// SystemStatus of a snapshot.
func (s *Snapshot) SystemStatus() Status {
	return SystemStatus(States{s.Connection, s.Call.State, s.AutoConnector, s.Redial.State})
}

// SystemStatus is the first match of spec connector 12.
func SystemStatus(s States) Status {
	switch {
	case s.Call.Active():
		return StatusCallActive
	case s.Redial.Reconnecting():
		return StatusCallReconnecting
	case s.Connection == connection.Disconnecting, s.AutoConnector == autoconnect.Disconnecting:
		return StatusDisconnecting
	case s.AutoConnector.Connecting():
		return StatusConnecting
	case s.AutoConnector == autoconnect.ConnectedMonitoring && s.Connection != connection.Established:
		return StatusConnecting
	case s.Connection == connection.Idle, s.Connection == connection.Disconnected:
		return StatusDisconnected
	case s.Connection != connection.Established:
		return StatusConnecting
	}
	switch s.Call {
	case call.Connecting:
		return StatusCallConnecting
	case call.Disconnecting:
		return StatusCallDisconnecting
	}
	return StatusReadyToCall
}
