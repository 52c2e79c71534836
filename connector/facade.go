package connector

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"parley/connector/api"
	"parley/connector/autoconnect"
	"parley/connector/balancer"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/health"
	"parley/connector/incoming"
	"parley/connector/loop"
	"parley/connector/path"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/connector/stats"
)

// Errors of the façade. Those of the parts are in their packages.
var (
	ErrClosed = loop.ErrClosed
	ErrConfig = errors.New("connector: Peers and Dialer are required")
)

// CallError is a call that failed or ended: who caused it, why, and the status code where there was one.
type CallError = call.Error

// closeTimeout bounds each step of Close.
const closeTimeout = 6 * time.Second

// disconnectTimeout is what Close gives the disconnect, even when its context is over.
const disconnectTimeout = 3 * time.Second

// Connector is the façade. Its methods may be called from any goroutine.
type Connector struct {
	config Config
	logger *slog.Logger
	loop   *loop.Loop

	connection   *connection.Manager
	call         *call.Manager
	content      *call.ContentMachine
	incoming     *incoming.Manager
	presentation *presentation.Manager

	stats       *stats.Manager
	health      *health.Monitor
	recovery    *health.Recovery
	balancer    *balancer.Manager
	camera      *cameraSender
	cameraCodec string // as the statistics tell it

	path            *path.Keeper
	auto            *autoconnect.Manager
	redial          *redial.Manager
	together        *connectcall.Manager
	lastCall        CallParameters
	togetherConnect ConnectParameters
	togetherCall    CallParameters

	receiver    *call.Receiver
	senders     senders
	callSession session.CallSessionState
	taking      bool // a call ends to make way for one that is being answered
	media       mediaState
	waits       api.Waits
	lastError   error
	ignored     int      // messages of the server
	outcomes    []func() // of this turn's operations
	closing     bool

	subscribers subscribers
	watchers    watchers

	closeOnce sync.Once
	closed    chan struct{}
}

// New builds a connector; it starts its loop. Close ends it.
func New(config Config) (*Connector, error) {
	if config.Peers == nil || config.Dialer == nil {
		return nil, ErrConfig
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.HTTP == nil {
		config.HTTP = http.DefaultClient
	}
	c := &Connector{config: config, logger: config.Logger, waits: api.Waits{},
		closed: make(chan struct{})}
	ready := make(chan struct{})
	c.loop = loop.New(func() {
		<-ready
		c.publish()
		outcomes := c.outcomes
		c.outcomes = nil
		for _, report := range outcomes {
			report()
		}
	})
	c.build()
	close(ready)
	return c, nil
}

func (c *Connector) build() {
	c.connection = connection.NewManager(connection.Deps{
		Loop: c.loop, Emit: c.prefixed("connection:"), Dialer: c.config.Dialer, UserAgent: c.config.UserAgent,
		InstanceID: c.config.InstanceID, Logger: c.logger,
		PingTimeout: c.config.AutoConnect.PingTimeout,
		OnSession:   func(s signal.Session) { c.incoming.OnSession(s) },
		OnNotify:    c.onNotify, OnMessage: c.config.OnMessage,
	})
	c.content = call.NewContentMachine(c.logger)
	c.call = call.NewManager(call.Deps{
		Loop: c.loop, Emit: c.prefixed("call:"), Peers: c.config.Peers, Codecs: c.config.Codecs,
		MaxBitrate: c.config.MaxBitrate, MaxReceive: c.config.MaxReceiveBitrate,
		Agent: func() signal.UserAgent { return c.connection.Agent() }, Configuration: c.connection.Machine().Configuration,
		Logger: c.logger, OnInfo: c.onInfo, AcceptRefer: c.config.AcceptRefer, Content: c.content.Content, BeforeConfirmed: c.announceRoom,
		OnPeerState: func(state rtc.ConnectionState) { c.path.PeerState(state) },
		Receiving:   func() bool { return c.callSession.Get().RecvSessionExpected() },
	})
	c.incoming = incoming.NewManager(incoming.Deps{
		Loop: c.loop, Emit: c.prefixed("incoming-call:"), Logger: c.logger, Handler: c.call.HandlerFor,
		Closed: func() bool { return c.closing }, Active: c.call.Active,
	})
	c.incoming.Waiting = c.config.CallWaiting
	c.presentation = presentation.NewManager(presentation.Deps{
		Loop: c.loop, Emit: c.prefixed("presentation:"), Call: c.call, Logger: c.logger,
		Permission: c.askToPresent, Announce: c.announceStop,
	})
	c.buildReceiver()
	c.buildMonitoring()
	c.buildKeepalive()
	c.callSession = session.NewCallSessionState(c.changeRole)
	c.media.send = c.sendMediaState
}

// do runs an operation that starts on the loop and waits for its outcome. When ctx ends first, cancel runs on the loop.
func (c *Connector) do(ctx context.Context, start func(done func(error)), cancel func()) error {
	result := make(chan error, 1)
	settled := false // owned by the loop
	posted := c.loop.Post(func() {
		if c.closing {
			result <- ErrClosed
			return
		}
		start(func(err error) {
			if !settled { // an outcome is reported once, after the snapshot that shows it
				settled = true
				c.outcomes = append(c.outcomes, func() { result <- err })
			}
		})
	})
	if !posted {
		return ErrClosed
	}
	select {
	case err := <-result:
		return err
	case <-c.loop.Done():
		select {
		case err := <-result:
			return err
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		if cancel != nil {
			c.loop.Post(func() {
				if !settled { // what has its outcome can not be undone, and a newer operation is none of ours
					cancel()
				}
			})
		}
		return ctx.Err()
	}
}

// Close ends the call, disconnects and ends every goroutine of the connector. It is idempotent. The goodbye to the peer
// lasts no longer than ctx, the disconnect at most 3 s more.
func (c *Connector) Close(ctx context.Context) error {
	c.closeOnce.Do(func() {
		c.step(ctx, func(done func(error)) {
			c.closing = true
			c.redial.Disarm(redial.ReasonManual)
			for c.incoming.Rings("") {
				_ = c.incoming.Decline("", false)
			}
			c.hangUp(done)
		})
		// Whatever the goodbye took of ctx: without this step the user agent would live on, registered.
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), disconnectTimeout)
		defer cancel()
		c.step(leaving, func(done func(error)) {
			c.path.Close()
			c.auto.Stop(func() { c.connection.Disconnect(func() { done(nil) }) })
		})
		c.loop.Close()
		c.watchers.close()
		close(c.closed)
	})
	<-c.closed
	return nil
}

// step runs one part of Close and waits for it, not longer than closeTimeout.
func (c *Connector) step(ctx context.Context, start func(done func(error))) {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	done := make(chan struct{})
	var once sync.Once
	if !c.loop.Post(func() { start(func(error) { once.Do(func() { close(done) }) }) }) {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-c.loop.Done():
	}
}

// Connect connects (spec connector 2): up to 3 tries when the WebSocket handshake fails, one for every other failure.
// Cancelling ctx cancels the connect.
func (c *Connector) Connect(ctx context.Context, p ConnectParameters) error {
	return c.do(ctx, func(done func(error)) {
		if c.auto.Active() {
			done(errConnectActive)
			return
		}
		c.lastError = nil
		c.connection.Connect(p.parameters(), func(_ *connection.Configuration, err error) { done(err) })
	}, c.connection.CancelConnect)
}

// Disconnect ends a running call, then the connection.
func (c *Connector) Disconnect(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) {
		c.disconnect(done)
	}, nil)
}

// Call calls and returns when the call is confirmed, or why it failed (*CallError). Cancelling ctx hangs up. The tracks
// of the stream stay the caller's: they are not stopped at the end.
func (c *Connector) Call(ctx context.Context, p CallParameters) error {
	return c.do(ctx, func(done func(error)) {
		c.lastError = nil
		c.startCall(p, done)
	}, func() { c.hangUp(func(error) {}) })
}

func (c *Connector) place(p CallParameters, done func(error)) {
	headers := call.InviteHeaders(c.inviteState(p))
	c.call.Start(p.Number, p.Stream, append(headers, p.ExtraHeaders...), done)
}

func (c *Connector) inviteState(p CallParameters) call.InviteState {
	s := call.InviteState{}
	if configuration := c.connection.Machine().Configuration(); configuration != nil {
		s.Registered = configuration.Registers()
		s.RemoteAddress = configuration.RemoteAddress
	}
	on := func(track rtc.LocalTrack) *bool {
		enabled := track != nil && track.Enabled()
		return &enabled
	}
	s.MicrophoneOn, s.CameraOn = on(p.Stream.Audio), on(p.Stream.Video)
	return s
}

// HangUp ends the call and returns when it is over.
func (c *Connector) HangUp(ctx context.Context) error {
	return c.do(ctx, func(done func(error)) { c.hangUp(done) }, nil)
}

// Renegotiate offers anew in the session whose streams are shown: a spectator's receive-only session, else the call's
// dialog. A failure leaves the call as it was.
func (c *Connector) Renegotiate(ctx context.Context) error {
	return c.do(ctx, c.renegotiateActive, nil)
}

// Stats collects once from the active peer connection.
func (c *Connector) Stats(ctx context.Context) (rtc.Stats, error) {
	var peer rtc.PeerConnection
	if err := c.loop.Do(ctx, func() { peer = c.activePeer() }); err != nil {
		return rtc.Stats{}, err
	}
	if peer == nil {
		return rtc.Stats{}, call.ErrNone
	}
	return peer.Stats(ctx)
}

// activePeer is the peer connection whose streams are shown.
func (c *Connector) activePeer() rtc.PeerConnection {
	if peer := c.receiver.Peer(); peer != nil {
		return peer
	}
	return c.call.Peer()
}
