package room

import (
	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// Local is a synthetic participant: it lives in the server's process and needs no call.
type Local struct {
	member
	room *Room
}

// JoinLocal adds a synthetic participant. requestKey is called when a receiver needs a key frame.
func (rs *Rooms) JoinLocal(number, id, name string, requestKey func()) (*Local, error) {
	r := rs.enter(number)
	if r == nil {
		return nil, errClosed
	}
	audio, err := r.mixer.Join(mix.Options{Name: id, Local: true})
	if err != nil {
		rs.leave(r)
		return nil, err
	}
	l := &Local{room: r, member: member{id: id, name: name, audio: audio, main: forward.NewSource(id, requestKey)}}
	r.change(func() { r.members = append(r.members, &l.member) })
	return l, nil
}

// Codec that the room's video has now, "" while nobody watches.
func (l *Local) Codec() string { return l.room.Codec() }

// Video takes the bot's RTP packets.
func (l *Local) Video() *forward.Source { return l.main }

// Speak takes 48 kHz mono sound.
func (l *Local) Speak(pcm []int16) { l.audio.PushLocal(pcm) }

// Present begins a presentation and returns what takes its RTP packets; nil while somebody else presents. requestKey is
// called when a receiver needs a key frame, stopped when the presentation must end.
func (l *Local) Present(requestKey, stopped func()) *forward.Source {
	source := forward.NewSource(l.id, requestKey)
	l.room.change(func() { l.presentation, l.mustStop = source, stopped })
	if !l.room.permit(&l.member) {
		l.room.change(func() { l.presentation = nil })
		return nil
	}
	return source
}

// StopPresenting ends it.
func (l *Local) StopPresenting() {
	l.room.endPresentation(&l.member, "stopped")
	var source *forward.Source
	l.room.change(func() { source, l.presentation = l.presentation, nil })
	if source != nil {
		source.Close()
	}
}

// Name of the bot.
func (l *Local) Name() string { return l.name }

// Leave the room.
func (l *Local) Leave() {
	l.StopPresenting()
	l.room.change(func() { l.room.removeMember(&l.member) })
	l.main.Close()
	l.audio.Leave()
	l.room.rooms.leave(l.room)
}
