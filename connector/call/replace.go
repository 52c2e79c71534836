package call

import (
	"errors"

	"parley/connector/rtc"
)

// Replacement says how other tracks take the place of those that are sent (spec connector 4, replaceMediaStream).
type Replacement struct {
	KeepExisting bool // a kind that the new stream lacks goes on (deleteExisting false)
	OnlyExisting bool // a kind that is not sent now is not added (addMissing false)
	Renegotiate  bool // offer anew even where the media engine needs no negotiation (forceRenegotiation)
}

// Replace sends other tracks, without a renegotiation where the peer connection needs none. Muted stays muted. A failure
// leaves the tracks as they were.
func (m *Manager) Replace(stream rtc.LocalStream, how Replacement, done func(error)) {
	l := m.leg
	if l == nil || l.peer == nil {
		done(ErrNone)
		return
	}
	next := rtc.LocalStream{Audio: how.choose(l.stream.Audio, stream.Audio), Video: how.choose(l.stream.Video, stream.Video)}
	needed, err := l.swap(next)
	if err != nil {
		done(err)
		return
	}
	inherit(l.stream.Audio, next.Audio)
	inherit(l.stream.Video, next.Video)
	l.stream = next
	if !needed && !how.Renegotiate {
		done(nil)
		return
	}
	m.Renegotiate(done)
}

// choose is what is sent of a kind from now on.
func (r Replacement) choose(old, track rtc.LocalTrack) rtc.LocalTrack {
	switch {
	case track == nil && r.KeepExisting:
		return old
	case old == nil && r.OnlyExisting:
		return nil
	}
	return track
}

// swap gives the slots the tracks of a stream; while the peer is on hold they wait for the end of that.
func (l *leg) swap(next rtc.LocalStream) (renegotiate bool, err error) {
	if l.onHold.Load() {
		return false, nil
	}
	renegotiate, err = l.swapOne(rtc.SlotAudio, l.stream.Audio, next.Audio)
	if err != nil {
		return false, err
	}
	needed, err := l.swapOne(rtc.SlotMain, l.stream.Video, next.Video)
	if err != nil {
		_, undo := l.swapOne(rtc.SlotAudio, next.Audio, l.stream.Audio)
		return false, errors.Join(err, undo)
	}
	return renegotiate || needed, nil
}

func (l *leg) swapOne(slot rtc.Slot, old, track rtc.LocalTrack) (renegotiate bool, err error) {
	if old == track {
		return false, nil
	}
	return l.peer.SetTrack(slot, track)
}

// inherit keeps what was muted muted.
func inherit(old, track rtc.LocalTrack) {
	if old != nil && track != nil && old != track && !old.Enabled() {
		track.SetEnabled(false)
	}
}
