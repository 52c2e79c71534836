package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/roomserver/exchange"
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

	ctx    context.Context
	cancel context.CancelFunc
	tasks  chan func()
	media  sync.WaitGroup // readers of tracks and RTCP

	// Set by the worker before the call is accepted, then constant.
	room    *Room
	channel int
	pc      *webrtc.PeerConnection

	outlet *forward.Outlet // main video; guarded by room.mu

	// The worker's own.
	shared     *forward.Outlet // the presentation of others
	negotiated bool            // shared is in an accepted description

	// Guarded by room.mu.
	presentation *forward.Source // what he presents
	confirmed    bool
	state        State
	token        string
}

// State is what a participant and the moderators said about his devices.
type State struct {
	Microphone bool `json:"microphone"`
	Camera     bool `json:"camera"`
	MicForced  bool `json:"microphoneForcedOff"`
	CamForced  bool `json:"cameraForcedOff"`
	// Bitrate the client says it can receive, bit/s; 0 when it said nothing.
	Bitrate int `json:"availableIncomingBitrate,omitempty"`
}

func newParticipant(rs *Rooms, call Dialog) *Participant {
	from := call.From()
	p := &Participant{rooms: rs, call: call, tasks: make(chan func(), taskLimit), user: from.User}
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
	return p.state
}

// Dialog of the participant.
func (p *Participant) Dialog() Dialog { return p.call }

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

// firstAnswer makes the peer connection and answers the INVITE's offer.
func (p *Participant) firstAnswer() (string, error) {
	offer := p.call.Offer()
	codec := p.room.settleCodec(offer)
	if !videoCodecs(offer)[codec] {
		codec = "" // sound only; he is told by uselic, see onConfirmed
	}
	pc, err := newPeerConnection(codec, p.rooms.o.Loopback)
	if err != nil {
		return "", err
	}
	p.pc = pc
	pc.OnTrack(p.onTrack)
	pc.OnConnectionStateChange(p.onConnectionState)
	if err := pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer)); err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	if err := p.addAudio(); err != nil {
		return "", err
	}
	if codec != "" {
		outlet, err := p.addVideo(codec, "main-video", mainStream)
		if err != nil {
			return "", err
		}
		p.room.change(func() { p.outlet = outlet })
	}
	return p.localAnswer()
}

func (p *Participant) addAudio() error {
	track, err := webrtc.NewTrackLocalStaticRTP(audioCapability, "main-audio", mainStream)
	if err != nil {
		return err
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("add audio: %w", err)
	}
	p.media.Go(func() { drain(sender) })
	audio, err := p.room.mixer.Join(p.id, p.hear(track), false)
	if err != nil {
		return fmt.Errorf("join the mix: %w", err)
	}
	p.room.change(func() { p.audio = audio })
	return nil
}

// addVideo adds a video m-line to send on.
func (p *Participant) addVideo(codec, track, stream string) (*forward.Outlet, error) {
	outlet, err := forward.NewOutlet(videoCapability(codec), track, stream, func(s *forward.Source) {
		p.rooms.event("shown", map[string]any{
			"room": p.room.number, "participant": p.id, "track": track, "source": s.Name(),
		})
	})
	if err != nil {
		return nil, err
	}
	sender, err := p.pc.AddTrack(outlet.Track())
	if err != nil {
		return nil, fmt.Errorf("add %s: %w", track, err)
	}
	p.media.Go(func() { p.readFeedback(sender, outlet) })
	return outlet, nil
}

// localAnswer completes an answer with its candidates.
func (p *Participant) localAnswer() (string, error) {
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("create answer: %w", err)
	}
	sdp, err := p.setLocal(answer)
	if err != nil {
		return "", err
	}
	return nameRejected(sdp, p.pc.RemoteDescription().SDP), nil
}

func (p *Participant) setLocal(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("local description: %w", err)
	}
	timer := time.NewTimer(gatherTimeout)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C: // what there is must do
	case <-p.ctx.Done():
		return "", p.ctx.Err()
	}
	return p.pc.LocalDescription().SDP, nil
}

// reanswer answers an offer within the call. A failure leaves the call as it was.
func (p *Participant) reanswer(offer string, answer func(string), reject func(int, string)) {
	err := checkOffer(offer, p.pc.RemoteDescription().SDP)
	if err == nil {
		err = p.pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer))
	}
	if err != nil {
		p.rooms.log.Info("re-INVITE not answered", "participant", p.id, "error", err)
		p.settle()
		reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		return
	}
	sdp, err := p.localAnswer()
	if err != nil {
		p.rooms.log.Info("re-INVITE not answered", "participant", p.id, "error", err)
		p.settle()
		reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		return
	}
	answer(sdp)
}

// settle closes an offer that could not be answered by answering it for ourselves: pion knows no rollback (W3C webrtc
// 4.4.1.5). A connection that cannot even do that is of no more use.
func (p *Participant) settle() {
	if p.pc.SignalingState() != webrtc.SignalingStateHaveRemoteOffer {
		return
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err == nil {
		err = p.pc.SetLocalDescription(answer)
	}
	if err != nil {
		p.rooms.log.Warn("offer cannot be taken back", "participant", p.id, "error", err)
		p.call.Bye(488, "Incompatible SDP")
	}
}

// reoffer offers what the peer connection now has, and tries again when offers cross.
func (p *Participant) reoffer() error {
	for attempt := range glareRetries {
		err := p.offerOnce()
		if !errors.Is(err, exchange.ErrGlare) {
			return err
		}
		if attempt == glareRetries-1 {
			break
		}
		// RFC 3261 14.1: who does not own the Call-ID waits 0 to 2 s, in steps of 10 ms. The client's offer goes first.
		if err := p.serve(time.Duration(10+10*rand.IntN(200)) * time.Millisecond); err != nil {
			return err
		}
	}
	return exchange.ErrGlare
}

// serve lets other tasks run for a while.
func (p *Participant) serve(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case task := <-p.tasks:
			task()
		case <-timer.C:
			return nil
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
}

// offerOnce offers, and applies offer and answer together when the answer is there. Until then the peer connection does not
// know of the offer, so that one that is refused needs no rollback. The candidates are in it: they were gathered for the
// first answer.
func (p *Participant) offerOnce() error {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("create offer: %w", err)
	}
	type reply struct {
		answer string
		err    error
	}
	replies := make(chan reply, 1)
	p.call.Reoffer(offer.SDP, func(answer string, err error) { replies <- reply{answer, err} })
	timer := time.NewTimer(offerTimeout)
	defer timer.Stop()
	var r reply
	select {
	case r = <-replies:
	case <-timer.C:
		r.err = context.DeadlineExceeded
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	if r.err != nil {
		return r.err
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("own offer: %w", err)
	}
	if err := p.pc.SetRemoteDescription(description(webrtc.SDPTypeAnswer, r.answer)); err != nil {
		// Both sides now think differently of the call; going on would leave it broken for good.
		p.call.Bye(488, "Incompatible SDP")
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// leave undoes join.
func (p *Participant) leave() {
	p.room.remove(p)
	if p.audio != nil {
		p.audio.Leave()
	}
	for _, o := range []*forward.Outlet{p.outlet, p.shared} {
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

func (p *Participant) onConnectionState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateFailed:
		p.call.Bye(408, "RTP Timeout")
	case webrtc.PeerConnectionStateClosed:
		if p.ctx.Err() == nil {
			p.call.Bye(0, "media closed by the client")
		}
	}
}

// readFeedback passes a receiver's wishes to the sender he sees.
func (p *Participant) readFeedback(sender *webrtc.RTPSender, outlet *forward.Outlet) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				p.rooms.log.Debug("RTCP", "participant", p.id, "error", err)
			}
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				outlet.RequestKeyFrame()
			}
		}
	}
}

// drain reads RTCP that nobody needs: the interceptors live on its being read.
func drain(sender *webrtc.RTPSender) {
	buffer := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(buffer); err != nil {
			return
		}
	}
}

func description(kind webrtc.SDPType, sdp string) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: kind, SDP: sdp}
}
