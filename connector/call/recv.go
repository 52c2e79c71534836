package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"parley/connector/loop"
	"parley/connector/rtc"
)

// The receive-only session's numbers (spec connector 4).
const (
	offerTries   = 10
	offerDelay   = 500 * time.Millisecond
	readyTimeout = 5 * time.Second
	recvAudio    = 1
	recvVideo    = 4
)

// errOtherPeer is an answer of another peer connection than the one before.
var errOtherPeer = errors.New("the server answers with another peer connection")

// ErrNotReceiving tells that there is no receive-only session.
var ErrNotReceiving = errors.New("no receive-only session")

// ReceiverDeps of a Receiver.
type ReceiverDeps struct {
	Loop  *loop.Loop
	Emit  func(name string, data any) // name without prefix
	Peers rtc.Factory
	// Config of the peer connection, without its transceivers.
	Config func() rtc.Config
	HTTP   *http.Client
	// Target is where the offer goes now; false: not in a room with a token.
	Target func() (OfferTarget, bool)
	// Fail ends the call when the session can not start.
	Fail   func(error)
	Logger *slog.Logger
}

// Receiver is the receive-only session of a spectator: a second peer connection whose offer goes by HTTP. Its methods are
// called on the loop.
type Receiver struct {
	deps    ReceiverDeps
	board   *Board
	quality Quality
	run     *receive
}

// receive is one peer connection of the session.
type receive struct {
	peer     rtc.PeerConnection
	ctx      context.Context
	cancel   context.CancelFunc
	ready    chan struct{} // closed when the peer connection is connected
	audioID  string
	started  bool
	changing bool    // replaces one of another quality
	previous Quality // that quality
	keys     string  // of the server's peer connection, as its last answer named them; the negotiation's own

	abort   context.CancelFunc // of the negotiation that runs
	again   bool               // start over when it has ended
	restart bool               // the next offer names new addresses
	waiting []func(error)
}

// NewReceiver makes a receiver without a session; its tracks go to the manager's board.
func (m *Manager) NewReceiver(deps ReceiverDeps) *Receiver {
	return &Receiver{deps: deps, board: &m.board, quality: QualityAuto}
}

// Running tells whether there is a session, started or not.
func (r *Receiver) Running() bool { return r.run != nil }

// Peer connection of a started session, nil when there is none.
func (r *Receiver) Peer() rtc.PeerConnection {
	if r.run == nil || !r.run.started {
		return nil
	}
	return r.run.peer
}

// Quality asked for.
func (r *Receiver) Quality() Quality { return r.quality }

// Start the session with a sound mix. Another mix replaces a running session, the same changes nothing. It does nothing
// outside a room with a token: the caller starts it when there is one.
func (r *Receiver) Start(audioID string) {
	if r.run != nil && r.run.audioID == audioID {
		return
	}
	if _, ok := r.deps.Target(); !ok {
		return
	}
	r.Stop()
	r.begin(audioID, nil)
}

// begin makes a peer connection and negotiates it; old is what it replaces.
func (r *Receiver) begin(audioID string, old *receive) {
	config := r.deps.Config()
	config.ReceiveAudio, config.ReceiveVideo = recvAudio, recvVideo
	peer, err := r.deps.Peers.NewPeerConnection(config)
	if err != nil {
		r.deps.Fail(err)
		return
	}
	run := &receive{peer: peer, audioID: audioID, ready: make(chan struct{})}
	run.ctx, run.cancel = context.WithCancel(r.deps.Loop.Context())
	if old != nil {
		run.changing, run.started, run.waiting = true, old.started, old.waiting
		run.previous = old.previous
	}
	r.run = run
	peer.OnTrack(func(t rtc.RemoteTrack) { r.post(run, func() { r.onTrack(run, t) }) })
	connected := false
	peer.OnConnectionState(func(s rtc.ConnectionState) {
		r.post(run, func() {
			if s == rtc.StateConnected && !connected {
				connected = true
				close(run.ready)
			}
		})
	})
	r.negotiate(run)
}

func (r *Receiver) post(run *receive, fn func()) {
	r.deps.Loop.Post(func() {
		if r.run == run {
			fn()
		}
	})
}

func (r *Receiver) onTrack(run *receive, track rtc.RemoteTrack) {
	id := track.StreamID()
	if !r.board.Add(true, track, &id) {
		return
	}
	r.deps.Loop.Go(func(context.Context) func() {
		select {
		case <-track.Ended():
			return func() {
				if r.run == run {
					r.board.Remove(true, track.ID())
				}
			}
		case <-run.ctx.Done():
			return nil
		}
	})
}

// negotiate offers. While a negotiation runs, that one is cancelled, awaited and rolled back, and then it starts over.
func (r *Receiver) negotiate(run *receive) {
	if run.abort != nil {
		run.again = true
		run.abort()
		return
	}
	target, ok := r.deps.Target()
	if !ok {
		r.settle(run, ErrNotReceiving)
		return
	}
	target.AudioID, target.Quality = run.audioID, r.quality.Effective()
	options := rtc.OfferOptions{ICERestart: run.restart}
	ctx, abort := context.WithCancel(run.ctx)
	run.abort = abort
	r.deps.Loop.Go(func(context.Context) func() {
		err := r.exchange(ctx, run, target, options)
		return func() {
			abort()
			run.abort = nil
			if err == nil && options.ICERestart && !run.again { // else the network may have changed once more
				run.restart = false
			}
			if r.run != run {
				return
			}
			if run.again {
				run.again = false
				r.negotiate(run)
				return
			}
			r.negotiated(run, err)
		}
	})
}

// exchange runs outside the loop: offer, post, answer, connected.
func (r *Receiver) exchange(ctx context.Context, run *receive, target OfferTarget, options rtc.OfferOptions) error {
	offer, err := run.peer.Offer(ctx, options)
	if err != nil {
		return err
	}
	answer, err := r.postOffer(ctx, target, offer)
	if err == nil {
		switch keys := fingerprints(answer); run.keys {
		case "":
			run.keys = keys
		case keys:
		default: // run.keys stay: ours goes on talking to that one, whatever is asked next
			err = errOtherPeer
		}
	}
	if err == nil {
		err = run.peer.ApplyAnswer(ctx, answer)
	}
	if err != nil {
		if undo := run.peer.Rollback(context.WithoutCancel(ctx)); undo != nil {
			err = errors.Join(err, undo)
		}
		return err
	}
	timer := time.NewTimer(readyTimeout)
	defer timer.Stop()
	select {
	case <-run.ready:
		return nil
	case <-timer.C:
		return errors.New("the receive-only session does not connect")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Receiver) postOffer(ctx context.Context, target OfferTarget, offer string) (answer string, err error) {
	for try := range offerTries {
		if try > 0 {
			timer := time.NewTimer(offerDelay)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return "", ctx.Err()
			}
		}
		if answer, err = PostOffer(ctx, r.deps.HTTP, target, offer); err == nil || ctx.Err() != nil {
			return answer, err
		}
	}
	return "", fmt.Errorf("call limit (%d) is reached: %w", offerTries, err)
}

// QualityData is the payload of recv-quality-changed.
type QualityData struct {
	Previous  Quality `json:"previousQuality"`
	Quality   Quality `json:"quality"`
	Effective Quality `json:"effectiveQuality"`
}

func (r *Receiver) negotiated(run *receive, err error) {
	switch {
	case errors.Is(err, errOtherPeer):
		r.replace(run)
	case err != nil && (!run.started || run.changing):
		r.settle(run, err)
		r.deps.Fail(err)
	case err != nil:
		if r.deps.Logger != nil {
			r.deps.Logger.Warn("receive-only session", "error", err)
		}
		r.settle(run, err)
	case !run.started:
		run.started = true
		r.deps.Emit("recv-session-started", nil)
		r.settle(run, nil)
	default:
		if run.changing {
			run.changing = false
			if run.previous != r.quality { // else another peer connection of the server was the reason
				r.deps.Emit("recv-quality-changed", QualityData{run.previous, r.quality, r.quality.Effective()})
			}
		}
		r.settle(run, nil)
	}
}

func (r *Receiver) settle(run *receive, err error) {
	waiting := run.waiting
	run.waiting = nil
	for _, fn := range waiting {
		fn(err)
	}
}

// Renegotiate offers anew: the room or the token is another one, or the picture is dead.
func (r *Receiver) Renegotiate(done func(error)) {
	run := r.run
	if run == nil {
		done(ErrNotReceiving)
		return
	}
	run.waiting = append(run.waiting, done)
	r.negotiate(run)
}

// RestartICE is Renegotiate with new addresses (RFC 8829 5.2.3.1): the machine's network changed.
func (r *Receiver) RestartICE(done func(error)) {
	if r.run != nil {
		r.run.restart = true
	}
	r.Renegotiate(done)
}

// SetQuality changes what is asked of the server. Another effective quality rebuilds a running session silently.
func (r *Receiver) SetQuality(quality Quality, done func(error)) {
	previous := r.quality
	r.quality = quality
	old := r.run
	if old == nil || previous.Effective() == quality.Effective() {
		done(nil)
		return
	}
	old.previous = previous
	old.waiting = append(old.waiting, done)
	r.rebuild(old)
}

// replace builds the session anew because the server answered with another peer connection: DTLS cannot change its partner, so
// ours would stay without media.
func (r *Receiver) replace(old *receive) {
	if !old.changing {
		old.previous = r.quality
	}
	r.rebuild(old)
}

// rebuild silently puts another peer connection in place of a session's.
func (r *Receiver) rebuild(old *receive) {
	r.close(old)
	r.board.Reset(true)
	r.begin(old.audioID, old)
}

// Stop ends the session.
func (r *Receiver) Stop() {
	run := r.run
	if run == nil {
		return
	}
	r.run = nil
	r.close(run)
	r.board.Reset(true)
	r.settle(run, ErrNotReceiving)
	if run.started {
		r.deps.Emit("recv-session-ended", nil)
	}
}

func (r *Receiver) close(run *receive) {
	run.cancel()
	r.deps.Loop.Go(func(context.Context) func() {
		_ = run.peer.Close()
		return nil
	})
}
