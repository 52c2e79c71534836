package call

// recvState is the receive-only session of a spectator.
type recvState struct {
	streams Streams
	shown   bool
}

func (m *Manager) endRecv() { m.recv = nil }
