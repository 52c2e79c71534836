package connector

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/connector/api"
	"parley/connector/call"
	"parley/connector/session"
)

// watchers of the snapshot: each has a goroutine of its own, and a slow one sees the newest snapshot only.
type watchers struct {
	mu      sync.Mutex
	next    int
	list    map[int]*watcher
	current atomic.Pointer[session.Snapshot]
	closed  bool
	running sync.WaitGroup
}

type watcher struct {
	newest chan *session.Snapshot // holds one, which nobody changes any more
	quit   chan struct{}
}

// Snapshot is the whole state now.
func (c *Connector) Snapshot() session.Snapshot {
	if s := c.watchers.current.Load(); s != nil {
		return *s
	}
	return session.Initial()
}

// Watch calls fn with the present snapshot and then after every change, on a goroutine of its own. When fn is slow it sees
// the newest snapshot only. Cancel may be called from fn.
func (c *Connector) Watch(fn func(session.Snapshot)) (cancel func()) {
	return c.watch(func(s *session.Snapshot) { fn(*s) })
}

func (c *Connector) watch(fn func(*session.Snapshot)) (cancel func()) {
	ws := &c.watchers
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		return func() {}
	}
	w := &watcher{newest: make(chan *session.Snapshot, 1), quit: make(chan struct{})}
	now := c.Snapshot()
	w.newest <- &now
	if ws.list == nil {
		ws.list = map[int]*watcher{}
	}
	ws.next++
	id := ws.next
	ws.list[id] = w
	ws.running.Add(1)
	go func() {
		defer ws.running.Done()
		w.run(fn)
	}()
	return func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if _, there := ws.list[id]; there {
			delete(ws.list, id)
			close(w.quit)
		}
	}
}

// WatchSlice calls fn with a slice of the snapshot: with the present one, then whenever it is another one by equal, and only
// then. Like Watch it has a goroutine of its own, and when fn is slow it sees the newest slice only. For comparable slices
// session.Same is the equality. Cancel may be called from fn.
func WatchSlice[T any](c *Connector, slice func(*session.Snapshot) T, equal func(a, b T) bool, fn func(T)) (cancel func()) {
	var last T
	seen := false
	return c.watch(func(s *session.Snapshot) {
		now := slice(s)
		if seen && equal(last, now) {
			return
		}
		last, seen = now, true
		fn(now)
	})
}

func (w *watcher) run(fn func(*session.Snapshot)) {
	for {
		select {
		case <-w.quit:
			return
		case s := <-w.newest:
			fn(s)
		}
	}
}

func (w *watcher) offer(s *session.Snapshot) {
	for {
		select {
		case w.newest <- s:
			return
		default:
		}
		select {
		case <-w.newest: // an older one that nobody took
		default:
		}
	}
}

// close ends every watcher and waits for those that run.
func (ws *watchers) close() {
	ws.mu.Lock()
	ws.closed = true
	for id, w := range ws.list {
		close(w.quit)
		delete(ws.list, id)
	}
	ws.mu.Unlock()
	ws.running.Wait()
}

// publish runs after every turn of the loop.
func (c *Connector) publish() {
	now := c.snapshot()
	if session.Equal(c.Snapshot(), now) {
		return
	}
	next := now // on the heap only when there is something to tell
	ws := &c.watchers
	ws.mu.Lock()
	ws.current.Store(&next)
	for _, w := range ws.list {
		w.offer(&next)
	}
	ws.mu.Unlock()
	c.subscribers.deliver(snapshotEvent(&next))
}

// snapshot reads every machine; on the loop.
func (c *Connector) snapshot() session.Snapshot {
	machine := c.call.Machine()
	known := machine.Context()
	stream := c.call.Stream()
	s := session.Snapshot{
		Connection: c.connection.Machine().State(),
		Call: session.Call{State: machine.State(), Number: known.Number, Answer: known.Answer, Room: known.Room,
			ParticipantName: known.ParticipantName, Token: api.Secret(machine.Token()), DirectP2P: known.DirectP2P,
			Started: machine.Started(), RemoteName: c.call.RemoteName(),
			OnHold: c.call.OnHold(), Held: c.call.Held()},
		Incoming:      session.Incoming{State: c.incoming.Machine().State()},
		Presentation:  c.presentation.Machine().State(),
		AutoConnector: c.auto.Machine().State(),
		Redial:        c.redialSnapshot(),
		CallSession:   c.callSession.Get(),
		Media: session.Media{HasMicrophone: stream.Audio != nil, HasCamera: stream.Video != nil,
			MicrophoneOn: enabled(stream.Audio), CameraOn: enabled(stream.Video),
			MicrophoneMutedByServer: c.media.microphoneForced, CameraMutedByServer: c.media.cameraForced,
			Camera: stream.Video, Presentation: c.presentation.Track()},
		LastError: c.lastError,
	}
	if ringing, others, ok := c.incoming.Shown(); ok {
		s.Incoming.ID, s.Incoming.Others = ringing.ID, others
	}
	if remote := c.incoming.Machine().Context().Remote; remote != nil {
		s.Incoming.DisplayName, s.Incoming.Host, s.Incoming.Number = remote.DisplayName, remote.Host, remote.Number
	}
	pair := c.call.Shown()
	s.Streams = session.Streams{Main: streamOf(pair.Main), Contented: streamOf(pair.Contented)}
	return s
}

func streamOf(g *call.Group) *session.Stream {
	if g == nil {
		return nil
	}
	return &session.Stream{ID: g.ID, Tracks: g.Tracks}
}

// snapshotEvent tells of a change in the event stream: the machines' states, nothing secret.
func snapshotEvent(s *session.Snapshot) Event {
	return Event{Name: "session:snapshot-changed", Time: time.Now(), Data: map[string]any{
		"systemStatus": s.SystemStatus(), "connection": s.Connection, "call": s.Call.State, "incoming": s.Incoming.State,
		"presentation": s.Presentation, "autoConnector": s.AutoConnector, "callReconnect": s.Redial.State,
		"role": s.CallSession.Role}}
}
