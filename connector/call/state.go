package call

// State of the call machine (spec connector 4); the values are the wire names.
type State string

// The states.
const (
	Idle             State = "call:idle"
	Connecting       State = "call:connecting"
	PresentationCall State = "call:presentationCall"
	RoomPendingAuth  State = "call:roomPendingAuth"
	Purgatory        State = "call:purgatory"
	P2PRoom          State = "call:p2pRoom"
	DirectP2PRoom    State = "call:directP2pRoom"
	InRoom           State = "call:inRoom"
	Disconnecting    State = "call:disconnecting"
)

// Active tells whether the state is an established call: any room state or presentationCall.
func (s State) Active() bool {
	switch s {
	case PresentationCall, RoomPendingAuth, Purgatory, P2PRoom, DirectP2PRoom, InRoom:
		return true
	}
	return false
}
