package room

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/roomserver/exchange"
	"parley/roomserver/fault"
	"parley/roomserver/forward"
)

var errClosed = errors.New("the server is closing")

const (
	// taskLimit is how much signalling may wait for one participant; more means that something is stuck.
	taskLimit = 64
	// gatherTimeout for our candidates; without STUN servers gathering is a matter of milliseconds.
	gatherTimeout = 5 * time.Second
	// offerTimeout is how long we wait for the answer to an offer of ours.
	offerTimeout = 40 * time.Second
	glareRetries = 5
)

// Participant is one caller in a room.
type Participant struct {
	member
	rooms *Rooms
	call  Dialog
	user  string
	place func(*Participant, string) error // calls him; nil for who called
	// direct is the name of who calls him directly; his "room" has nobody else. "" in a conference.
	direct string
	link   fault.Link // the network to him
	lag    lag        // of what he hears
	// downlink is what his feedback says of it.
	downlink downlink

	ctx    context.Context
	cancel context.CancelFunc
	tasks  chan func()
	media  sync.WaitGroup // readers of tracks and RTCP
	// watching holds one value while an offer for a receive-only session is answered.
	watching chan struct{}

	// Set by the worker before the call is accepted, then constant.
	room    *Room
	channel int
	pc      *webrtc.PeerConnection

	outlet *forward.Outlet                // main video; guarded by room.mu
	shared atomic.Pointer[forward.Outlet] // the presentation of others; set by the worker

	// The worker's own.
	negotiated bool // shared is in an accepted description
	announced  bool // he was told of a presentation

	// Guarded by room.mu.
	confirmed bool
	state     State
	token     string
	spectator *SpectatorState // nil: a participant
	reception *reception      // a spectator's media
	control   control
	mainSSRC  uint32 // of what he sends
	limited   bool   // he was asked to send less
	refusal   int    // HTTP status of his next refusals offers
	refusals  int
}

// State is what a participant and the moderators said about his devices.
type State struct {
	Microphone bool `json:"microphone"`
	Camera     bool `json:"camera"`
	MicForced  bool `json:"microphoneForcedOff"`
	CamForced  bool `json:"cameraForcedOff"`
	Moderator  bool `json:"moderator,omitempty"` // on the conference's list
	TakesOver  bool `json:"takesOver,omitempty"` // may present while somebody else does, who then has to stop
	// Bitrate the client says it can receive, bit/s; 0 when it said nothing.
	Bitrate   int             `json:"availableIncomingBitrate,omitempty"`
	Spectator *SpectatorState `json:"spectator,omitempty"`
	// Video and Presentation are what arrives from him.
	Video        *Sent `json:"video,omitempty"`
	Presentation *Sent `json:"presentation,omitempty"`
}

// Sent is a video as it arrives.
type Sent struct {
	Width   int `json:"width"` // of the last key frame, pixels
	Height  int `json:"height"`
	Bitrate int `json:"bitrate"` // of the payload in the last second, bit/s
}

func sentOf(source *forward.Source) *Sent {
	if source == nil || source.Packets() == 0 {
		return nil
	}
	s := &Sent{Bitrate: int(source.Measured())}
	s.Width, s.Height = source.Size()
	return s
}

func newParticipant(rs *Rooms, call Dialog) *Participant {
	from := call.From()
	p := &Participant{rooms: rs, call: call, tasks: make(chan func(), taskLimit), user: from.User, watching: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.id = from.User + "-" + sip.GenerateTagN(6)
	p.name = strings.TrimSpace(strings.ReplaceAll(from.DisplayName, "_", " "))
	if p.name == "" {
		p.name = from.User
	}
	p.state = State{Microphone: true, Camera: true}
	for _, h := range call.Headers() {
		switch strings.ToLower(h.Name) {
		case "x-vinteo-mic-state":
			p.state.Microphone = h.Value != "0"
		case "x-vinteo-maincam-state":
			p.state.Camera = h.Value != "0"
		}
	}
	p.cameraOff = !p.state.Camera
	p.mustStop = func() {
		p.share(mustStop)
		p.post(func() { p.hidePresentation(false) })
	}
	return p
}

// ID is unique in the server.
func (p *Participant) ID() string { return p.id }

// Name for people.
func (p *Participant) Name() string { return p.name }

// User part of his address.
func (p *Participant) User() string { return p.user }

// State of his devices.
func (p *Participant) State() State {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	state := p.state
	state.TakesOver = p.takesOver
	state.Video = sentOf(p.main)
	if p.room.presenter == &p.member {
		state.Presentation = sentOf(p.presentation)
	}
	if p.spectator != nil {
		spectator := *p.spectator
		if r := p.reception; r != nil {
			spectator.Receiving, spectator.Quality = r.connected, r.quality
		}
		state.Spectator = &spectator
	}
	return state
}

// Dialog of the participant.
func (p *Participant) Dialog() Dialog {
	if l, ok := p.call.(*line); ok {
		return l.dialog()
	}
	return p.call
}

// Impair makes the network to the participant bad, or good again: in is what comes from him.
func (p *Participant) Impair(in, out fault.Setting) { p.link.Set(in, out) }

// Impaired is how it is now.
func (p *Participant) Impaired() (in, out fault.Setting) { return p.link.Get() }

// CutMedia makes the addresses that his media uses now dead; nobody is told.
func (p *Participant) CutMedia() { p.link.Cut() }

// MoveMedia moves our end of his media to other ports, and tells him by an offer with new ICE credentials (RFC 8445 9).
func (p *Participant) MoveMedia() {
	p.post(func() {
		p.link.Cut()
		if err := p.restart(); err != nil {
			p.rooms.log.Warn("media not moved", "participant", p.id, "error", err)
		}
	})
}

func (p *Participant) handler() exchange.Handler {
	return exchange.Handler{
		Confirmed: func() { p.post(p.onConfirmed) },
		Info:      p.onInfo,
		Offer: func(offer string, answer func(string), reject func(int, string)) {
			if !p.post(func() { p.reanswer(offer, answer, reject) }) {
				reject(sip.StatusInternalServerError, "Busy")
			}
		},
		Ended: func(reason string) {
			p.rooms.log.Debug("call ended", "participant", p.id, "reason", reason)
			p.cancel()
		},
	}
}

// post gives the worker something to do. A full queue ends the call.
func (p *Participant) post(task func()) bool {
	select {
	case p.tasks <- task:
		return true
	case <-p.ctx.Done():
		return false
	default:
		p.rooms.log.Warn("participant's signalling is stuck", "participant", p.id)
		p.call.Bye(500, "signalling is stuck")
		return false
	}
}

// run is the worker.
func (p *Participant) run() {
	defer p.cancel()
	if !p.join() {
		return
	}
	p.rooms.event("joined", map[string]any{
		"room": p.room.number, "participant": p.id, "name": p.name, "user": p.user, "video": p.outlet != nil,
	})
	for p.ctx.Err() == nil {
		select {
		case task := <-p.tasks:
			task()
		case <-p.ctx.Done():
		}
	}
	p.leave()
	p.rooms.event("left", map[string]any{"room": p.room.number, "participant": p.id, "name": p.name, "user": p.user})
}

// join answers the call and takes the participant into the room; false when it could not.
func (p *Participant) join() bool {
	p.room = p.rooms.enter(p.call.Number())
	if p.room == nil {
		p.call.Reject(sip.StatusServiceUnavailable, "Service Unavailable")
		return false
	}
	if !p.room.admit(p) {
		p.call.Reject(sip.StatusBusyHere, "Busy Here")
		p.rooms.leave(p.room)
		return false
	}
	if p.place != nil {
		return p.dial()
	}
	answer, err := p.firstAnswer()
	if err != nil {
		p.rooms.log.Info("offer not answered", "participant", p.id, "error", err)
		p.call.Reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		p.leave()
		return false
	}
	if err := p.call.Accept(answer); err != nil {
		p.leave()
		return false
	}
	return true
}

// leave undoes join.
func (p *Participant) leave() {
	p.room.remove(p)
	p.room.mu.Lock()
	reception := p.reception
	p.reception = nil
	p.room.mu.Unlock()
	reception.close()
	if p.audio != nil {
		p.audio.Leave()
	}
	for _, o := range []*forward.Outlet{p.outlet, p.shared.Load()} {
		if o != nil {
			o.Select(nil)
		}
	}
	if p.pc != nil {
		if err := p.pc.Close(); err != nil {
			p.rooms.log.Debug("close peer connection", "participant", p.id, "error", err)
		}
	}
	p.media.Wait()
	p.rooms.leave(p.room)
}
