// Package session is the read side of the connector: one immutable snapshot of every machine, selectors over it, and the
// system status (spec connector 12).
package session

import (
	"time"

	"parley/connector/api"
	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
)

// Snapshot is the whole state at one moment. It is a value: readers keep it as long as they like and never change what it
// points to.
type Snapshot struct {
	Connection    connection.State
	Call          Call
	Incoming      Incoming
	Presentation  presentation.State
	AutoConnector autoconnect.State
	Redial        Redial
	CallSession   CallSession
	Media         Media
	Streams       Streams
	// LastError is the newest failure a person should read, nil when there is none. It is cleared by the next attempt.
	LastError error
}

// Call is the call machine's state with its context.
type Call struct {
	State           call.State
	Number          string
	Answer          bool // we answered
	Room            string
	ParticipantName string
	Token           api.Secret
	DirectP2P       bool
	Started         time.Time // first entry into an active state, zero outside a call
	RemoteName      string
	OnHold          bool // we hold the other side
	Held            bool // it holds us
}

// Incoming is the call that has rung longest, or the last one when none rings.
type Incoming struct {
	State       incoming.State
	ID          string // identity of the ringing call, empty when none rings
	DisplayName string
	Host        string
	Number      string
	Others      int // calls that ring besides (call waiting)
}

// Redial is what a person wants to know of a call being restored.
type Redial struct {
	State   redial.State
	Attempt int
	Next    time.Time // when the next attempt begins, zero when none is scheduled
}

// Role in a conference.
type Role string

// The roles.
const (
	Participant        Role = "participant"
	Spectator          Role = "spectator"
	SpectatorSynthetic Role = "spectator_synthetic"
)

// CallSession is the call session state (spec connector 1): role, licence, duplex mode.
type CallSession struct {
	Role       Role
	AudioID    string
	License    string // AUDIO, VIDEO, AUDIOPLUSPRESENTATION
	DuplexMode bool
	// SendingMedia tells whether the server wants what we send (spec: isAvailableSendingMedia).
	SendingMedia bool
}

// SpectatorAny tells whether we watch, in either way.
func (c CallSession) SpectatorAny() bool { return c.Role != Participant }

// RecvSessionExpected tells whether a receive-only session belongs to the role.
func (c CallSession) RecvSessionExpected() bool { return c.Role == Spectator }

// Media is what we send.
type Media struct {
	HasMicrophone, HasCamera bool
	MicrophoneOn, CameraOn   bool
	// MutedByServer tells that a moderator's command switched the microphone (camera) off.
	MicrophoneMutedByServer, CameraMutedByServer bool
	Camera                                       rtc.LocalTrack // for the own picture, nil when there is none
	Presentation                                 rtc.LocalTrack // while presenting
}

// Streams are the two remote streams (spec connector 4, "Remote streams").
type Streams struct {
	Main      *Stream
	Contented *Stream // the remote presentation
}

// Stream is a group of remote tracks.
type Stream struct {
	ID     string
	Tracks []rtc.RemoteTrack
}

// Video returns the stream's video track, nil when there is none.
func (s *Stream) Video() rtc.RemoteTrack {
	if s == nil {
		return nil
	}
	for _, t := range s.Tracks {
		if t.Kind() == rtc.Video {
			return t
		}
	}
	return nil
}

// Status is the system status (spec connector 12).
type Status string

// The statuses; the values are the wire names.
const (
	StatusDisconnected      Status = "system:disconnected"
	StatusDisconnecting     Status = "system:disconnecting"
	StatusConnecting        Status = "system:connecting"
	StatusReadyToCall       Status = "system:readyToCall"
	StatusCallConnecting    Status = "system:callConnecting"
	StatusCallDisconnecting Status = "system:callDisconnecting"
	StatusCallActive        Status = "system:callActive"
	StatusCallReconnecting  Status = "system:callReconnecting"
)
