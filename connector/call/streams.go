package call

import (
	"slices"
	"strings"

	"parley/connector/rtc"
)

// Group is what one participant sends: its tracks in order of arrival. A group that lost its last track is gone; the same
// participant's next track makes a new one.
type Group struct {
	ID     string // participant id
	Tracks []rtc.RemoteTrack
}

// Streams groups remote tracks by participant, in order of arrival (spec connector 4, "Remote streams").
type Streams struct{ groups []*Group }

// Content tells whether a remote presentation is available and in which codec.
type Content struct {
	Available bool
	Codec     string
}

// Pair is what is shown: the main stream and the presentation.
type Pair struct{ Main, Contented *Group }

// Added is the outcome of Add.
type Added struct {
	Track, Stream bool
	Participant   string // empty when the track is there already
}

// participantOf names a track's participant: the stream's id, else the track's label, else its id. A nil hint is a stream
// without an id; an empty one is a stream that says it has none.
func participantOf(track rtc.RemoteTrack, hint *string) string {
	id := track.Label()
	if hint != nil {
		id = *hint
	}
	if id == "" {
		id = track.ID()
	}
	return id
}

// Add puts a track into its participant's group.
func (s *Streams) Add(track rtc.RemoteTrack, hint *string) Added {
	if g, _ := s.find(track.ID()); g != nil {
		return Added{}
	}
	added := Added{Track: true, Participant: participantOf(track, hint)}
	for _, g := range s.groups {
		if g.ID == added.Participant {
			g.Tracks = append(slices.Clip(g.Tracks), track)
			return added
		}
	}
	added.Stream = true
	s.groups = append(s.groups, &Group{ID: added.Participant, Tracks: []rtc.RemoteTrack{track}})
	return added
}

func (s *Streams) find(trackID string) (*Group, int) {
	for _, g := range s.groups {
		for i, t := range g.Tracks {
			if t.ID() == trackID {
				return g, i
			}
		}
	}
	return nil, 0
}

// Removed is the outcome of Remove.
type Removed struct {
	Track, Stream bool
	Participant   string
}

// Remove takes a track out; a group without tracks goes too.
func (s *Streams) Remove(trackID string) Removed {
	g, i := s.find(trackID)
	if g == nil {
		return Removed{}
	}
	g.Tracks = slices.Delete(slices.Clone(g.Tracks), i, i+1)
	removed := Removed{Track: true, Participant: g.ID}
	if len(g.Tracks) == 0 {
		removed.Stream = true
		s.groups = slices.DeleteFunc(slices.Clone(s.groups), func(other *Group) bool { return other == g })
	}
	return removed
}

// RemoveStale takes a participant's tracks out, but for those with the ids in keep; it returns what was removed.
func (s *Streams) RemoveStale(participant string, keep []string) (removed []Removed) {
	for _, g := range s.groups {
		if g.ID != participant {
			continue
		}
		for _, t := range g.Tracks {
			if !slices.Contains(keep, t.ID()) {
				removed = append(removed, s.Remove(t.ID()))
			}
		}
	}
	return removed
}

// Reset forgets all.
func (s *Streams) Reset() { s.groups = nil }

// Groups in order of arrival.
func (s *Streams) Groups() []*Group { return s.groups }

// dual tells a presentation by the labels of its tracks.
func (g *Group) dual() bool {
	return slices.ContainsFunc(g.Tracks, func(t rtc.RemoteTrack) bool { return strings.Contains(t.Label(), "dual") })
}

// AsParticipant chooses main and presentation in an ordinary session.
func (s *Streams) AsParticipant(content Content) Pair {
	var pair Pair
	if i := slices.IndexFunc(s.groups, func(g *Group) bool { return !g.dual() }); i >= 0 {
		pair.Main = s.groups[i]
	}
	if content.Available {
		if i := slices.IndexFunc(s.groups, func(g *Group) bool { return g != pair.Main }); i >= 0 {
			pair.Contented = s.groups[i]
		}
	}
	return pair
}

// AsSpectator chooses them in the receive-only session, where the streams have fixed names.
func (s *Streams) AsSpectator(content Content) Pair {
	var pair Pair
	for _, g := range s.groups {
		switch {
		case g.ID == "default":
			pair.Main = g
		case content.Available && content.Codec != "" && g.ID == "content_"+strings.ToLower(content.Codec):
			pair.Contented = g
		}
	}
	return pair
}

func (g *Group) clone() *Group {
	if g == nil {
		return nil
	}
	return &Group{ID: g.ID, Tracks: slices.Clone(g.Tracks)}
}

// Clone copies the pair so that readers may keep it.
func (p Pair) Clone() Pair { return Pair{p.Main.clone(), p.Contented.clone()} }

// Board holds what is received, in the ordinary session and in the receive-only one, and tells of changes.
type Board struct {
	Emit    func(name string, data any)
	Content func() Content
	// Receiving tells that a spectator's receive-only session is the one shown.
	Receiving func() bool

	main, recv Streams
	shown      Pair
	shownRecv  bool // shown belongs to the receive-only session
}

func (b *Board) streams(recv bool) *Streams {
	if recv {
		return &b.recv
	}
	return &b.main
}

// Add takes a new track of a session.
func (b *Board) Add(recv bool, track rtc.RemoteTrack, hint *string) bool {
	added := b.streams(recv).Add(track, hint)
	if added.Track {
		b.changed(recv, "added", added.Participant, track.ID())
	}
	return added.Track
}

// Remove takes out a track that has ended.
func (b *Board) Remove(recv bool, trackID string) {
	if removed := b.streams(recv).Remove(trackID); removed.Track {
		b.changed(recv, "removed", removed.Participant, trackID)
	}
}

// Reset forgets a session's tracks; nothing is told, as the end of a session is told by itself.
func (b *Board) Reset(recv bool) {
	b.streams(recv).Reset()
	if b.shownRecv == recv {
		b.shown = Pair{}
	}
}

// Pair to show now.
func (b *Board) Pair() Pair { return b.pair().Clone() }

func (b *Board) pair() Pair {
	if b.Receiving() {
		return b.recv.AsSpectator(b.Content())
	}
	return b.main.AsParticipant(b.Content())
}

// Update tells when the pair is another one than was told last: after a change of role or content.
func (b *Board) Update() {
	now := b.pair()
	if now == b.shown {
		return
	}
	b.shown, b.shownRecv = now, b.Receiving()
	b.Emit("remote-streams-changed", map[string]StreamsData{"streams": dataOf(now)})
}

// changed tells of a track of the session that is shown.
func (b *Board) changed(recv bool, change, participant, track string) {
	if recv != b.Receiving() {
		return
	}
	b.Emit("remote-tracks-changed", TracksData{dataOf(b.pair()), change, track, participant})
	b.Update()
}

// StreamsData names the tracks of the two streams in an event.
type StreamsData struct {
	Main      []string `json:"mainStream,omitempty"` // track ids
	Contented []string `json:"contentedStream,omitempty"`
}

func dataOf(p Pair) StreamsData { return StreamsData{trackIDs(p.Main), trackIDs(p.Contented)} }

func trackIDs(g *Group) (ids []string) {
	if g == nil {
		return nil
	}
	for _, t := range g.Tracks {
		ids = append(ids, t.ID())
	}
	return ids
}

// TracksData is the payload of remote-tracks-changed.
type TracksData struct {
	Streams     StreamsData `json:"streams"`
	Change      string      `json:"changeType"` // added, removed, updated
	TrackID     string      `json:"trackId"`
	Participant string      `json:"participantId"`
}
