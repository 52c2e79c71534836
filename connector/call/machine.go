package call

import (
	"log/slog"
	"regexp"
	"strings"
	"time"

	"parley/connector/machine"
	"parley/connector/signal"
)

// The machine's events.
const (
	EventConnecting       = "CALL.CONNECTING"
	EventEnterRoom        = "CALL.ENTER_ROOM"
	EventTokenIssued      = "CALL.TOKEN_ISSUED"
	EventPresentationCall = "CALL.PRESENTATION_CALL"
	EventStartDisconnect  = "CALL.START_DISCONNECT"
	EventReset            = "CALL.RESET"
)

// Event carries what the events of the machine say; each uses its own part.
type Event struct {
	// CONNECTING
	Number       string
	Answer       bool
	ExtraHeaders []signal.Header
	// ENTER_ROOM
	Room              string
	ParticipantName   string // of TOKEN_ISSUED too
	Token             string // secret
	DirectP2P         *bool  // nil: not said, what was known stays
	ConferenceOfToken string // TOKEN_ISSUED
}

// Context is what is known of the call. Zero values mean unknown.
type Context struct {
	Number            string
	Answer            bool
	ExtraHeaders      []signal.Header
	Room              string
	ParticipantName   string
	Token             string // secret
	ConferenceOfToken string
	DirectP2P         bool
	Confirmed         bool
	PendingDisconnect bool
}

// Purgatory is the name of the waiting room.
const purgatory = "purgatory"

var p2pRoom = regexp.MustCompile(`(?i)^p2p.+to.+$`)

// IsPurgatory tells the waiting room by its name.
func IsPurgatory(room string) bool { return room == purgatory }

// IsPeerToPeer tells a direct call's room by its name.
func IsPeerToPeer(room string) bool { return p2pRoom.MatchString(room) }

// IsPresentationCall tells whether a call was started with the header of a presentation call.
func IsPresentationCall(headers []signal.Header) bool {
	for _, h := range headers {
		if strings.EqualFold(strings.TrimSpace(h.Name), "x-vinteo-presentation-call") &&
			strings.EqualFold(strings.TrimSpace(h.Value), "yes") {
			return true
		}
	}
	return false
}

// evaluate names the state: the first matching rule of spec connector 4.
func evaluate(c Context) State {
	called := known(c.Number)
	inRoom := called && known(c.Room) && known(c.ParticipantName)
	switch {
	case c.PendingDisconnect:
		return Disconnecting
	case called && c.Confirmed && IsPresentationCall(c.ExtraHeaders):
		return PresentationCall
	case inRoom && !IsPurgatory(c.Room) && known(c.Token) && sameRoom(c.Room, c.ConferenceOfToken):
		return InRoom
	case inRoom && c.DirectP2P:
		return DirectP2PRoom
	case inRoom && IsPeerToPeer(c.Room):
		return P2PRoom
	case inRoom && IsPurgatory(c.Room):
		return Purgatory
	case inRoom:
		return RoomPendingAuth
	case called:
		return Connecting
	}
	return Idle
}

// known tells whether a text says anything: blank counts as absent.
func known(text string) bool { return strings.TrimSpace(text) != "" }

// sameRoom compares room names as people do: servers change their case between messages.
func sameRoom(a, b string) bool { return strings.EqualFold(a, b) }

func connecting(_ Context, e Event) Context {
	return Context{Number: e.Number, Answer: e.Answer, ExtraHeaders: e.ExtraHeaders}
}

func enterRoom(c Context, e Event) Context {
	c.Room, c.ParticipantName = e.Room, e.ParticipantName
	if e.DirectP2P != nil {
		c.DirectP2P = *e.DirectP2P
	}
	switch {
	case known(e.Token):
		c.Token, c.ConferenceOfToken = e.Token, e.Room
	case IsPurgatory(e.Room) || IsPeerToPeer(e.Room) || (e.DirectP2P != nil && *e.DirectP2P):
		c.Token, c.ConferenceOfToken = "", ""
	}
	return c
}

func tokenIssued(c Context, e Event) Context {
	c.Token, c.ConferenceOfToken, c.ParticipantName = e.Token, e.ConferenceOfToken, e.ParticipantName
	return c
}

func confirmed(c Context, _ Event) Context {
	c.Confirmed = true
	return c
}

func disconnect(Context, Event) Context { return Context{PendingDisconnect: true} }

func reset(Context, Event) Context { return Context{} }

type row = machine.Transition[State, Context, Event]

var (
	rooms      = []State{RoomPendingAuth, Purgatory, P2PRoom, DirectP2PRoom, InRoom}
	enterable  = append([]State{Connecting}, rooms...)
	endable    = append([]State{Connecting, PresentationCall}, rooms...)
	resettable = append([]State{Disconnecting}, endable...)
)

// Table is the transition table of the call machine: each event changes the context, and the context names the state.
var Table = machine.Table[State, Context, Event]{
	Name:    "call",
	Initial: Idle,
	States: []State{Idle, Connecting, PresentationCall, RoomPendingAuth, Purgatory, P2PRoom, DirectP2PRoom, InRoom,
		Disconnecting},
	Transitions: []row{
		{From: []State{Idle}, On: EventConnecting, Do: connecting, Choose: evaluate},
		{From: enterable, On: EventEnterRoom, Do: enterRoom, Choose: evaluate},
		{From: enterable, On: EventTokenIssued, Do: tokenIssued, Choose: evaluate},
		{From: []State{Connecting}, On: EventPresentationCall, Do: confirmed, Choose: evaluate},
		{From: endable, On: EventStartDisconnect, Do: disconnect, Choose: evaluate},
		{From: resettable, On: EventReset, Do: reset, Choose: evaluate},
	},
}

// Machine follows the call's events.
type Machine struct {
	*machine.Machine[State, Context, Event]
	started time.Time

	credentials credentials
	onToken     []func(token, conference string)
	onRoom      []func(conference string)
}

// credentials of the room we are in; zero elsewhere.
type credentials struct{ token, conference string }

// NewMachine starts in idle.
func NewMachine(logger *slog.Logger) *Machine {
	m := &Machine{Machine: machine.New(&Table, logger)}
	m.OnChange(func(_, _ State) { m.compareCredentials() })
	return m
}

// OnCredentials is told when we are in a room with another token or another conference than before.
func (m *Machine) OnCredentials(fn func(token, conference string)) { m.onToken = append(m.onToken, fn) }

// OnConference is told when we are in another conference than before.
func (m *Machine) OnConference(fn func(conference string)) { m.onRoom = append(m.onRoom, fn) }

func (m *Machine) compareCredentials() {
	before := m.credentials
	m.credentials = credentials{}
	if m.State() == InRoom {
		m.credentials = credentials{m.Context().Token, m.Context().ConferenceOfToken}
	}
	now := m.credentials
	if now == before || now == (credentials{}) {
		return
	}
	for _, fn := range m.onToken {
		fn(now.token, now.conference)
	}
	if now.conference != before.conference {
		for _, fn := range m.onRoom {
			fn(now.conference)
		}
	}
}

// Send handles one event and keeps the time of the first entry into an active state.
func (m *Machine) Send(on string, event Event) bool {
	accepted, _ := m.Machine.Send(on, event)
	switch {
	case !accepted:
	case on == EventReset, on == EventStartDisconnect, on == EventConnecting:
		m.started = time.Time{}
	case m.started.IsZero() && (m.State().Active() || on == EventPresentationCall):
		m.started = time.Now()
	}
	return accepted
}

// Started is the time of the first entry into an active state, zero in no active state.
func (m *Machine) Started() time.Time {
	if !m.State().Active() {
		return time.Time{}
	}
	return m.started
}

// Token of the room we are in, empty elsewhere. Secret.
func (m *Machine) Token() string {
	if m.State() == InRoom {
		return m.Context().Token
	}
	return ""
}

// Initiator tells whether we called. It is false outside a call's context only for an answered call.
func (m *Machine) Initiator() bool { return !m.Context().Answer }

// HandleEvent translates an event of the connector's stream for the machine.
func (m *Machine) HandleEvent(name string, event Event) {
	switch name {
	case "call:start-call":
		m.Send(EventConnecting, event)
	case "call:confirmed":
		m.Send(EventPresentationCall, event)
	case "call:end-call":
		m.Send(EventStartDisconnect, event)
	case "call:ended", "call:failed":
		m.Send(EventReset, event)
	case "api:enter-room":
		m.Send(EventEnterRoom, event)
	case "api:conference:participant-token-issued":
		m.Send(EventTokenIssued, event)
	}
}
