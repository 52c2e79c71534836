// Package fake holds a media engine and a SIP user agent that tests steer by hand.
package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/connector/rtc"
)

// Track is a local and a remote track in one.
type Track struct {
	Name, Stream, TrackLabel, Mid string
	Of                            rtc.Kind
	Size                          rtc.Settings

	mu      sync.Mutex
	muted   bool
	stopped bool
	ended   chan struct{}
}

// NewTrack makes an enabled track.
func NewTrack(id string, kind rtc.Kind) *Track {
	return &Track{Name: id, Of: kind, ended: make(chan struct{}), Size: rtc.Settings{Width: 1280, Height: 720, FrameRate: 30}}
}

func (t *Track) ID() string             { return t.Name }
func (t *Track) Kind() rtc.Kind         { return t.Of }
func (t *Track) Label() string          { return t.TrackLabel }
func (t *Track) Ended() <-chan struct{} { return t.ended }
func (t *Track) StreamID() string       { return t.Stream }
func (t *Track) MID() string            { return t.Mid }
func (t *Track) Codec() string          { return "VP8" }
func (t *Track) Muted() bool            { return false }

func (t *Track) Enabled() bool { t.mu.Lock(); defer t.mu.Unlock(); return !t.muted }

func (t *Track) SetEnabled(on bool) { t.mu.Lock(); defer t.mu.Unlock(); t.muted = !on }

func (t *Track) Settings() rtc.Settings { t.mu.Lock(); defer t.mu.Unlock(); return t.Size }

// Resize changes what the track delivers.
func (t *Track) Resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Size.Width, t.Size.Height = width, height
}

func (t *Track) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.stopped = true
		close(t.ended)
	}
}

// Stopped tells whether the track has ended.
func (t *Track) Stopped() bool { t.mu.Lock(); defer t.mu.Unlock(); return t.stopped }

// Peer is a peer connection. Errors and hooks are set before use.
type Peer struct {
	Config rtc.Config
	// OfferErr, AnswerErr and ApplyErr fail the next calls of that kind.
	OfferErr, AnswerErr, ApplyErr, StatsErr error
	// Hold, when set, delays Offer until it is closed or the context ends.
	Hold chan struct{}
	// Tracks appear when the peer's description is applied.
	Tracks    []rtc.RemoteTrack
	StatsFunc func() (rtc.Stats, error)
	// NoReinvite: SetTrack of a presentation needs no renegotiation.
	NoReinvite bool
	// Connects: applying an answer connects.
	Connects bool

	negotiation chan struct{} // one slot, as the real one has: Offer and SetTrack wait for each other

	mu        sync.Mutex
	offers    int
	slots     map[rtc.Slot]rtc.LocalTrack
	encodings map[rtc.Slot]rtc.Encoding
	log       []string
	onTrack   func(rtc.RemoteTrack)
	onState   func(rtc.ConnectionState)
	state     rtc.ConnectionState
	closed    bool
	told      map[string]bool
	trackErr  func(rtc.LocalTrack) error
}

// ErrClosed is returned after Close.
var ErrClosed = errors.New("fake peer: closed")

func (p *Peer) note(format string, args ...any) { p.log = append(p.log, fmt.Sprintf(format, args...)) }

// Log of what was asked.
func (p *Peer) Log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.log...)
}

// alone takes the slot of negotiations; the zero Peer has none.
func (p *Peer) alone() (leave func()) {
	if p.negotiation == nil {
		return func() {}
	}
	p.negotiation <- struct{}{}
	return func() { <-p.negotiation }
}

func (p *Peer) Offer(ctx context.Context, o rtc.OfferOptions) (string, error) {
	defer p.alone()()
	if p.Hold != nil {
		select {
		case <-p.Hold:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.OfferErr != nil {
		return "", p.OfferErr
	}
	p.offers++
	if o.NoAudio || o.NoVideo {
		p.note("offer %v without audio %v video %v", o.ICERestart, o.NoAudio, o.NoVideo)
	} else {
		p.note("offer %v", o.ICERestart)
	}
	return fmt.Sprintf("v=0 offer %d", p.offers), nil
}

func (p *Peer) ApplyAnswer(_ context.Context, _ string) error {
	p.mu.Lock()
	err := p.ApplyErr
	p.note("apply")
	p.mu.Unlock()
	if err == nil {
		p.tell()
		if p.Connects {
			p.SetState(rtc.StateConnected)
		}
	}
	return err
}

func (p *Peer) Answer(_ context.Context, offer string) (string, error) {
	p.mu.Lock()
	err := p.AnswerErr
	p.note("answer")
	p.mu.Unlock()
	if err != nil {
		return "", err
	}
	p.tell()
	return "v=0 answer to " + offer, nil
}

// tell reports the remote tracks that were not reported yet.
func (p *Peer) tell() {
	p.mu.Lock()
	var fresh []rtc.RemoteTrack
	if p.told == nil {
		p.told = map[string]bool{}
	}
	for _, t := range p.Tracks {
		if !p.told[t.ID()] {
			p.told[t.ID()] = true
			fresh = append(fresh, t)
		}
	}
	fn := p.onTrack
	p.mu.Unlock()
	for _, t := range fresh {
		if fn != nil {
			fn(t)
		}
	}
}

func (p *Peer) Rollback(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note("rollback")
	return nil
}

func (p *Peer) SetTrack(slot rtc.Slot, track rtc.LocalTrack) (bool, error) {
	defer p.alone()()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false, ErrClosed
	}
	if p.trackErr != nil {
		if err := p.trackErr(track); err != nil {
			return false, err
		}
	}
	if p.slots == nil {
		p.slots = map[rtc.Slot]rtc.LocalTrack{}
	}
	if track == nil {
		delete(p.slots, slot)
	} else {
		p.slots[slot] = track
	}
	name := "none"
	if track != nil {
		name = track.ID()
	}
	p.note("track %d %s", slot, name)
	return slot == rtc.SlotPresentation && track != nil && !p.NoReinvite, nil
}

// SetTrackErr makes SetTrack refuse tracks.
func (p *Peer) SetTrackErr(fn func(rtc.LocalTrack) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trackErr = fn
}

// FailApply makes the next ApplyAnswer calls fail, nil lets them succeed.
func (p *Peer) FailApply(err error) { p.mu.Lock(); defer p.mu.Unlock(); p.ApplyErr = err }

// FailAnswer makes the next Answer calls fail, nil lets them succeed.
func (p *Peer) FailAnswer(err error) { p.mu.Lock(); defer p.mu.Unlock(); p.AnswerErr = err }

// Track that a slot sends, nil for none.
func (p *Peer) Track(slot rtc.Slot) rtc.LocalTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slots[slot]
}

func (p *Peer) SetEncoding(slot rtc.Slot, e rtc.Encoding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.encodings == nil {
		p.encodings = map[rtc.Slot]rtc.Encoding{}
	}
	p.encodings[slot] = e
	p.note("encoding %d %d", slot, e.MaxBitrate)
}

func (p *Peer) Encoding(slot rtc.Slot) rtc.Encoding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.encodings[slot]
}

func (p *Peer) RemoteTracks() []rtc.RemoteTrack { return p.Tracks }

func (p *Peer) OnTrack(fn func(rtc.RemoteTrack)) { p.mu.Lock(); defer p.mu.Unlock(); p.onTrack = fn }

func (p *Peer) OnConnectionState(fn func(rtc.ConnectionState)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onState = fn
}

func (p *Peer) ConnectionState() rtc.ConnectionState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// SetState changes and reports the connection state.
func (p *Peer) SetState(s rtc.ConnectionState) {
	p.mu.Lock()
	p.state = s
	fn := p.onState
	p.mu.Unlock()
	if fn != nil {
		fn(s)
	}
}

func (p *Peer) Stats(context.Context) (rtc.Stats, error) {
	if p.StatsFunc != nil {
		return p.StatsFunc()
	}
	return rtc.Stats{}, p.StatsErr
}

func (p *Peer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// Closed tells whether Close was called.
func (p *Peer) Closed() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.closed }

// Factory makes peers; Prepare sees each before it is used.
type Factory struct {
	Prepare func(*Peer)
	Err     error // what NewPeerConnection returns instead

	mu    sync.Mutex
	peers []*Peer
}

// NewPeerConnection implements rtc.Factory.
func (f *Factory) NewPeerConnection(config rtc.Config) (rtc.PeerConnection, error) {
	if f.Err != nil {
		return nil, f.Err
	}
	p := &Peer{Config: config, state: rtc.StateNew, negotiation: make(chan struct{}, 1)}
	if f.Prepare != nil {
		f.Prepare(p)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.peers = append(f.peers, p)
	return p, nil
}

// Last peer made.
func (f *Factory) Last() *Peer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.peers) == 0 {
		return nil
	}
	return f.peers[len(f.peers)-1]
}

// Peers made so far.
func (f *Factory) Peers() []*Peer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*Peer(nil), f.peers...)
}
