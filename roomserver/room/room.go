package room

import (
	"slices"
	"sort"
	"sync"
	"time"

	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// Room is one conference.
type Room struct {
	rooms  *Rooms
	number string
	mixer  *mix.Mixer
	users  int // guarded by rooms.mu

	// The mixer's goroutine only.
	detector mix.Detector
	frames   int

	mu           sync.Mutex
	codec        string // "" until a participant with video comes
	members      []*member
	participants []*Participant // those among the members who called
	speakers     []string       // ids, the last who spoke first
	presenter    *member
	joined       int
}

// member is whoever can be heard and seen: a participant or a bot.
type member struct {
	id, name  string
	audio     *mix.Member
	main      *forward.Source // nil: sends no video
	cameraOff bool            // says so himself, or a moderator does
	absent    bool            // a spectator who is neither heard nor seen
	takesOver bool            // may present while somebody else does
	// presentation is what he presents, or presented last.
	presentation *forward.Source
	// mustStop tells him to stop presenting. It must not block.
	mustStop func()
}

// Number of the room.
func (r *Room) Number() string { return r.number }

// Codec of the room's video, "" before it is known.
func (r *Room) Codec() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.codec
}

// settleCodec gives the room's codec, chosen by the offer when it is the first with video.
func (r *Room) settleCodec(offer string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.codec == "" {
		r.codec = chooseCodec(offer)
	}
	return r.codec
}

// admit adds a participant unless the room is full.
func (r *Room) admit(p *Participant) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.participants) >= r.rooms.o.MaxParticipants {
		return false
	}
	r.joined++
	p.channel = r.joined
	r.participants = append(r.participants, p)
	r.members = append(r.members, &p.member)
	return true
}

// remove takes a participant out; what others saw of him changes.
func (r *Room) remove(p *Participant) {
	r.mu.Lock()
	for i, have := range r.participants {
		if have == p {
			r.participants = append(r.participants[:i], r.participants[i+1:]...)
			break
		}
	}
	r.removeMember(&p.member)
	ended := r.presenter == &p.member
	if ended {
		r.presenter = nil
	}
	if len(r.participants) == 0 && r.rooms.o.Codec == "" {
		r.codec = "" // the next participant decides anew
	}
	r.show()
	others := r.others(nil)
	r.mu.Unlock()
	if ended {
		r.presentationEnded(&p.member, others, "left")
	}
}

// removeMember is for r.mu held.
func (r *Room) removeMember(m *member) {
	for i, have := range r.members {
		if have == m {
			r.members = append(r.members[:i], r.members[i+1:]...)
			break
		}
	}
	for i, id := range r.speakers {
		if id == m.id {
			r.speakers = append(r.speakers[:i], r.speakers[i+1:]...)
			break
		}
	}
}

// others lists the participants but one. r.mu is held.
func (r *Room) others(but *member) []*Participant {
	var list []*Participant
	for _, p := range r.participants {
		if &p.member != but {
			list = append(list, p)
		}
	}
	return list
}

// change carries out f on a member and chooses anew what everyone sees.
func (r *Room) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	r.show()
}

// show gives every participant the picture of the last speaker who is not himself and has a picture, else anyone with a picture.
// r.mu is held.
func (r *Room) show() {
	for _, p := range r.participants {
		var source *forward.Source
		if m := r.seenBy(p); m != nil {
			source = m.main
		}
		if p.reception != nil && p.reception.main != nil {
			p.reception.main.Select(source)
		}
		if p.outlet == nil {
			continue
		}
		if p.receives() {
			source = nil // he sees it there
		}
		p.outlet.Select(source)
	}
}

// has tells whether p is in the room. r.mu is held.
func (r *Room) has(p *Participant) bool { return slices.Contains(r.participants, p) }

func (r *Room) seenBy(p *Participant) *member {
	for _, id := range r.speakers {
		for _, m := range r.members {
			if m.id == id && m != &p.member && m.visible() {
				return m
			}
		}
	}
	for _, m := range r.members {
		if m != &p.member && m.visible() {
			return m
		}
	}
	return nil
}

func (m *member) visible() bool { return m.main != nil && !m.cameraOff && !m.absent }

// onLevels runs on the mixer's goroutine every 20 ms.
func (r *Room) onLevels(levels []mix.Level) {
	if r.frames++; r.frames%balanceEvery == 0 {
		r.balance(time.Now())
	}
	speaker, changed := r.detector.Frame(levels)
	if !changed {
		return
	}
	r.mu.Lock()
	name := ""
	for _, m := range r.members {
		if m.id == speaker {
			name = m.name
		}
	}
	if name == "" {
		r.mu.Unlock()
		return // he has just left
	}
	list := []string{speaker}
	for _, id := range r.speakers {
		if id != speaker {
			list = append(list, id)
		}
	}
	r.speakers = list
	r.show()
	r.mu.Unlock()
	r.rooms.event("speaker", map[string]any{"room": r.number, "participant": speaker, "name": name})
}

// End says goodbye to every participant.
func (r *Room) End(reason string) {
	r.mu.Lock()
	list := append([]*Participant(nil), r.participants...)
	r.mu.Unlock()
	for _, p := range list {
		p.call.Bye(0, reason)
	}
}

// Participants lists who called, in the order of their coming.
func (r *Room) Participants() []*Participant {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := append([]*Participant(nil), r.participants...)
	sort.Slice(list, func(i, j int) bool { return list[i].channel < list[j].channel })
	return list
}
