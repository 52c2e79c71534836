package peer

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// mutedAfter is the silence after which a remote track counts as muted.
const mutedAfter = 2 * time.Second

// RemoteTrack is a track the peer sends (rtc.RemoteTrack). It lives from the negotiation that announces it until one that
// does not, or until the connection closes.
type RemoteTrack struct {
	kind              rtc.Kind
	id, stream, label string
	mid               string
	frames            video.Outlet
	codec             atomic.Value   // string
	lastPacket        atomic.Int64   // media clock, ns; 0: none yet
	level             func() float64 // of sound; nil: none yet
	ended             chan struct{}
	once              sync.Once
}

var _ rtc.RemoteTrack = (*RemoteTrack)(nil)

func newRemoteTrack(s *remoteSection) *RemoteTrack {
	stream, id := s.ids()
	return &RemoteTrack{kind: s.kind, id: id, stream: stream, label: s.label, mid: s.mid, ended: make(chan struct{})}
}

// ID is the msid's second part.
func (t *RemoteTrack) ID() string { return t.id }

// StreamID is the msid's first part.
func (t *RemoteTrack) StreamID() string { return t.stream }

// Kind as rtc.Track.
func (t *RemoteTrack) Kind() rtc.Kind { return t.kind }

// Label is the name the peer gave its track, else the track's id.
func (t *RemoteTrack) Label() string { return t.label }

// MID is the m-line's identification.
func (t *RemoteTrack) MID() string { return t.mid }

// Codec is what arrives now, MIME subtype in upper case; empty before the first packet.
func (t *RemoteTrack) Codec() string {
	name, _ := t.codec.Load().(string)
	return name
}

// Muted tells that no packet came for two seconds, or yet.
func (t *RemoteTrack) Muted() bool {
	last := t.lastPacket.Load()
	return last == 0 || video.Now()-time.Duration(last) > mutedAfter
}

// Level is how loud a sound is now, 0 to 1; 0 for a picture.
func (t *RemoteTrack) Level() float64 {
	if t.level == nil {
		return 0
	}
	return t.level()
}

// Ended is closed when the peer stopped the track or the connection closed.
func (t *RemoteTrack) Ended() <-chan struct{} { return t.ended }

// Frames is where a video track's decoded pictures come out.
func (t *RemoteTrack) Frames() *video.Outlet { return &t.frames }

func (t *RemoteTrack) end() {
	t.once.Do(func() {
		close(t.ended)
		t.frames.Close()
	})
}
