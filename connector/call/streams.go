package call

import (
	"strings"

	"parley/connector/rtc"
)

// Group is what one participant sends: its tracks in order of arrival.
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

func participantOf(track rtc.RemoteTrack, hint string) string {
	switch {
	case hint != "":
		return hint
	case track.Label() != "":
		return track.Label()
	}
	return track.ID()
}

// Add puts a track into its participant's group. False: it is there already.
func (s *Streams) Add(track rtc.RemoteTrack, hint string) (participant string, added bool) {
	participant = participantOf(track, hint)
	for _, g := range s.groups {
		for _, t := range g.Tracks {
			if t.ID() == track.ID() {
				return participant, false
			}
		}
	}
	for _, g := range s.groups {
		if g.ID == participant {
			g.Tracks = append(append([]rtc.RemoteTrack(nil), g.Tracks...), track)
			return participant, true
		}
	}
	s.groups = append(s.groups, &Group{ID: participant, Tracks: []rtc.RemoteTrack{track}})
	return participant, true
}

// Remove takes a track out; a group without tracks goes too.
func (s *Streams) Remove(trackID string) (participant string, removed bool) {
	for i, g := range s.groups {
		for j, t := range g.Tracks {
			if t.ID() != trackID {
				continue
			}
			kept := append([]rtc.RemoteTrack(nil), g.Tracks[:j]...)
			g.Tracks = append(kept, g.Tracks[j+1:]...)
			if len(g.Tracks) == 0 {
				s.groups = append(s.groups[:i:i], s.groups[i+1:]...)
			}
			return g.ID, true
		}
	}
	return "", false
}

// Reset forgets all.
func (s *Streams) Reset() { s.groups = nil }

// Groups in order of arrival.
func (s *Streams) Groups() []*Group { return s.groups }

func (g *Group) dual() bool {
	for _, t := range g.Tracks {
		if strings.Contains(t.Label(), "dual") {
			return true
		}
	}
	return false
}

// AsParticipant chooses main and presentation in an ordinary session.
func (s *Streams) AsParticipant(content Content) Pair {
	var pair Pair
	for _, g := range s.groups {
		if !g.dual() {
			pair.Main = g
			break
		}
	}
	if content.Available {
		for _, g := range s.groups {
			if g != pair.Main {
				pair.Contented = g
				break
			}
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
		case content.Available && g.ID == "content_"+strings.ToLower(content.Codec):
			pair.Contented = g
		}
	}
	return pair
}

func (g *Group) clone() *Group {
	if g == nil {
		return nil
	}
	return &Group{ID: g.ID, Tracks: append([]rtc.RemoteTrack(nil), g.Tracks...)}
}

// Clone copies the pair so that readers may keep it.
func (p Pair) Clone() Pair { return Pair{p.Main.clone(), p.Contented.clone()} }

// Equal compares by participant and tracks.
func (p Pair) Equal(q Pair) bool {
	return equalGroups(p.Main, q.Main) && equalGroups(p.Contented, q.Contented)
}

func equalGroups(a, b *Group) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.ID != b.ID || len(a.Tracks) != len(b.Tracks) {
		return false
	}
	for i := range a.Tracks {
		if a.Tracks[i].ID() != b.Tracks[i].ID() {
			return false
		}
	}
	return true
}
