package call

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"parley/connector/connection"
	"parley/connector/loop"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// terminateTimeout bounds the wait for a BYE's or CANCEL's answer: after it the call is over for us.
const terminateTimeout = 5 * time.Second

// Deps of a Manager.
type Deps struct {
	Loop          *loop.Loop
	Emit          func(name string, data any) // name without prefix
	Peers         rtc.Factory
	Codecs        rtc.Codecs
	MaxBitrate    int // of the main video, bit/s; 0 is no limit
	MaxReceive    int // of the video that comes, bit/s; 0 is no limit
	Agent         func() signal.UserAgent
	Configuration func() *connection.Configuration
	Logger        *slog.Logger
	// OnInfo is told, on the loop, of every INFO of the call. Content is whether a remote presentation is available.
	OnInfo  func(contentType string, headers []signal.Header, body []byte)
	Content func() Content
	// Receiving tells that we are a spectator with a receive-only session.
	Receiving func() bool
	// AcceptRefer decides on a REFER (a transfer); nil refuses every one. It is called on a goroutine of the user agent.
	AcceptRefer func(referTo string) bool
	// OnPeerState, when not nil, is told of each state of the call's peer connection.
	OnPeerState func(rtc.ConnectionState)
	// BeforeConfirmed runs before the confirmed event.
	BeforeConfirmed func()
}

// Manager is the call's life. Its methods are called on the loop.
type Manager struct {
	deps    Deps
	machine *Machine
	leg     *leg
	board   Board

	referred signal.Session
}

// NewManager makes a manager without a call.
func NewManager(deps Deps) *Manager {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	return &Manager{deps: deps, machine: NewMachine(deps.Logger),
		board: Board{Emit: deps.Emit, Content: deps.Content, Receiving: deps.Receiving}}
}

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// leg is one call with its dialog and its peer connection.
type leg struct {
	number  string
	answer  bool
	headers []signal.Header
	stream  rtc.LocalStream
	session signal.Session
	peer    rtc.PeerConnection
	ctx     context.Context
	cancel  context.CancelFunc
	done    func(error) // outcome of Start or Answer, once
	hungUp  []func()    // waiting for the end
	forced  *signal.End // overrides what the session reports at its end

	early    string   // answer that came before the call was answered, applied
	applying bool     // the answer is being applied: session events wait
	gated    []func() // those events
	accepted, confirmed, over,
	ending bool
	held    bool        // by the peer
	onHold  atomic.Bool // by us; set on the loop, read by negotiations
	agreed  atomic.Bool // what the peer has agreed to of onHold
	holding *holding    // the newest change of that which the peer has not agreed to yet

	toldHold  bool           // what was told last of onHold
	presented rtc.LocalTrack // beside the stream
	changes   []change       // of what is sent, one at a time
	changing  bool

	operations []operation // negotiations, one at a time
	busy       bool
}

type operation struct {
	run  func(ctx context.Context) error
	done func(error)
}

// Start calls. Done runs once, when the dialog is confirmed or the call has failed (*Error).
func (m *Manager) Start(number string, stream rtc.LocalStream, headers []signal.Header, done func(error)) {
	agent := m.deps.Agent()
	switch {
	case m.leg != nil:
		done(ErrActive)
		return
	case !known(number):
		done(ErrNoNumber)
		return
	case agent == nil:
		done(&Error{Originator: signal.Local, Cause: signal.CauseConnection, Err: connection.ErrNotConnected})
		return
	}
	l := m.begin(&leg{number: number, headers: headers, stream: stream, done: done})
	if l == nil {
		return
	}
	m.deps.Emit("connecting", nil)
	m.work(l, func(ctx context.Context) func() {
		offer, err := l.peer.Offer(ctx, rtc.OfferOptions{})
		return func() {
			if err != nil {
				m.noOffer(err)
				m.fail(l, signal.End{Originator: signal.Local, Cause: signal.CauseWebRTC}, err)
				return
			}
			m.sdp("local", "offer", offer)
			m.invite(l, agent, offer)
		}
	})
}

// begin makes the leg the manager's, with its peer connection, our tracks, and the first events. Nil: it is over already.
func (m *Manager) begin(l *leg) *leg {
	l.ctx, l.cancel = context.WithCancel(m.deps.Loop.Context())
	m.leg = l
	m.machine.Send(EventConnecting, Event{Number: l.number, Answer: l.answer, ExtraHeaders: l.headers})
	m.deps.Emit("start-call", startData{Number: l.number, Answer: l.answer, ExtraHeaders: headerLines(l.headers)})
	if m.leg != l {
		return nil
	}
	if err := m.newPeer(l); err != nil {
		m.fail(l, signal.End{Originator: signal.Local, Cause: signal.CauseWebRTC}, err)
		return nil
	}
	m.deps.Emit("peerconnection", nil)
	return l
}

// newPeer gives the leg a peer connection with our tracks.
func (m *Manager) newPeer(l *leg) error {
	config := rtc.Config{Codecs: m.deps.Codecs, MaxBitrate: m.deps.MaxBitrate,
		MaxReceiveBitrate: m.deps.MaxReceive}
	if c := m.deps.Configuration(); c != nil {
		config.ICEServers = c.ICEServers
		if c.MaxResolution != nil {
			config.MaxWidth, config.MaxHeight = c.MaxResolution.Width, c.MaxResolution.Height
		}
	}
	peer, err := m.deps.Peers.NewPeerConnection(config)
	if err != nil {
		return err
	}
	l.peer = peer
	if err := setTracks(peer, l.stream); err != nil {
		return err
	}
	// Events of a peer connection that another one has replaced do not count.
	post := func(fn func()) {
		m.post(l, func() {
			if l.peer == peer {
				fn()
			}
		})
	}
	peer.OnTrack(func(t rtc.RemoteTrack) { post(func() { m.onTrack(l, t) }) })
	peer.OnConnectionState(func(s rtc.ConnectionState) { post(func() { m.onPeerState(l, s) }) })
	return nil
}

type startData struct {
	Number       string   `json:"number"`
	Answer       bool     `json:"answer"`
	ExtraHeaders []string `json:"extraHeaders,omitempty"`
}

func headerLines(headers []signal.Header) (lines []string) {
	for _, h := range headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return lines
}

func setTracks(peer rtc.PeerConnection, stream rtc.LocalStream) error {
	if stream.Audio != nil {
		if _, err := peer.SetTrack(rtc.SlotAudio, stream.Audio); err != nil {
			return err
		}
	}
	if stream.Video != nil {
		if _, err := peer.SetTrack(rtc.SlotMain, stream.Video); err != nil {
			return err
		}
	}
	return nil
}

// post hands an event of a leg to the loop; events of an older leg are dropped there.
func (m *Manager) post(l *leg, fn func()) {
	m.deps.Loop.Post(func() {
		if m.leg == l {
			fn()
		}
	})
}

// work runs blocking work of a leg; its result counts only while the leg lives.
func (m *Manager) work(l *leg, fn func(ctx context.Context) func()) {
	m.deps.Loop.Go(func(context.Context) func() {
		then := fn(l.ctx)
		return func() {
			if m.leg == l && then != nil {
				then()
			}
		}
	})
}

func (m *Manager) invite(l *leg, agent signal.UserAgent, offer string) {
	session, err := agent.Invite(l.number, signal.InviteOptions{Offer: offer, ExtraHeaders: l.headers}, m.handler(l))
	if err != nil {
		m.fail(l, signal.End{Originator: signal.Local, Cause: signal.CauseConnection}, err)
		return
	}
	l.session = session
}

// errMissingSDP is an answer without a description.
var errMissingSDP = errors.New("the answer carries no description")

// onAnswer runs on the user agent's goroutine: it only takes the answer; applying goes on elsewhere.
func (m *Manager) onAnswer(l *leg, sdp string) error {
	if sdp == "" {
		return errMissingSDP
	}
	m.post(l, func() { m.gate(l, func() { m.applyAnswer(l, sdp) }) })
	return nil
}

// applyAnswer applies the answer elsewhere; what the session reports meanwhile waits at the gate.
func (m *Manager) applyAnswer(l *leg, sdp string) {
	m.sdp("remote", "answer", sdp)
	early := l.early
	switch {
	case early == sdp: // applied already, with the early media
		return
	case early != "" && anotherPeer(early, sdp):
		m.fork(l)
		return
	}
	l.applying = true
	m.work(l, func(ctx context.Context) func() {
		var err error
		if early != "" { // the offer is answered already: the peer connection needs it open for another answer
			_, err = l.peer.Offer(ctx, rtc.OfferOptions{})
		}
		if err == nil {
			err = l.peer.ApplyAnswer(ctx, sdp)
		}
		return func() {
			if err != nil {
				m.deps.Emit("peerconnection:setremotedescriptionfailed", m.unusable(err))
				m.terminate(l, signal.End{Originator: signal.Local, Cause: signal.CauseBadMediaDescription,
					StatusCode: 488}, 488, "")
			}
			m.openGate(l)
		}
	})
}

// sdp tells of a description, and of our candidates one by one: they are gathered before it leaves (no trickle).
func (m *Manager) sdp(originator, kind, sdp string) {
	if originator == "local" {
		for _, c := range candidates(sdp) {
			m.deps.Emit("icecandidate", c)
		}
	}
	m.deps.Emit("sdp", Description{Originator: originator, Type: kind, SDP: redact(sdp)})
}

func (m *Manager) onAccepted(l *leg) {
	l.accepted = true
	m.deps.Emit("call-status-changed", statusData{true})
	m.deps.Emit("accepted", nil)
}

type statusData struct {
	Active bool `json:"isCallActive"`
}

func (m *Manager) onConfirmed(l *leg) {
	l.confirmed = true
	if m.deps.BeforeConfirmed != nil {
		m.deps.BeforeConfirmed()
	}
	m.machine.Send(EventPresentationCall, Event{})
	m.deps.Emit("confirmed", nil)
	if m.leg != l {
		return
	}
	m.deps.Emit("peerconnection:confirmed", nil)
	m.settle(l, nil)
	if l.peer.ConnectionState() == rtc.StateFailed { // while it rang, with early media
		m.onPeerState(l, rtc.StateFailed)
		return
	}
	m.next(l)
}

func (m *Manager) settle(l *leg, err error) {
	if done := l.done; done != nil {
		l.done = nil
		done(err)
	}
}

// refresh repeats the offer for the session timer.
func (m *Manager) refresh(l *leg) {
	if l.ending {
		return
	}
	m.Renegotiate(func(err error) {
		if err != nil {
			m.deps.Logger.Debug("refresh the session", "error", err)
		}
	})
}
