package call

import (
	"errors"
	"fmt"

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
	var old, next rtc.LocalStream
	var peer rtc.PeerConnection
	var on [2]bool // what was switched on when the turn came
	needed := false
	m.change(l, change{
		begin: func() func() error {
			if m.leg != l {
				return func() error { return ErrNone }
			}
			old, peer = l.stream, l.peer
			next = rtc.LocalStream{Audio: how.choose(old.Audio, stream.Audio), Video: how.choose(old.Video, stream.Video)}
			on = [2]bool{enabled(old.Audio), enabled(old.Video)}
			inherit(old.Audio, next.Audio)
			inherit(old.Video, next.Video)
			if l.onHold.Load() {
				return nil // they wait for the end of that
			}
			return func() (err error) {
				needed, err = swap(peer, old, next)
				return err
			}
		},
		done: func(err error) {
			switch {
			case err != nil:
				done(err)
				return
			case m.leg != l:
				done(ErrNone)
				return
			}
			catchUp(on[0], old.Audio, next.Audio)
			catchUp(on[1], old.Video, next.Video)
			l.stream = next
			if l.peer != peer { // another one has taken its place meanwhile, with the old tracks
				m.follow(l, func() {})
			}
			if !needed && !how.Renegotiate {
				done(nil)
				return
			}
			m.Renegotiate(func(err error) {
				if err != nil {
					err = fmt.Errorf("%w: %w", ErrNotNegotiated, err)
				}
				done(err)
			})
		},
	})
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

// swap gives the slots the tracks of a stream.
func swap(peer rtc.PeerConnection, old, next rtc.LocalStream) (renegotiate bool, err error) {
	renegotiate, err = swapOne(peer, rtc.SlotAudio, old.Audio, next.Audio)
	if err != nil {
		return false, err
	}
	needed, err := swapOne(peer, rtc.SlotMain, old.Video, next.Video)
	if err != nil {
		_, undo := swapOne(peer, rtc.SlotAudio, next.Audio, old.Audio)
		return false, errors.Join(err, undo)
	}
	return renegotiate || needed, nil
}

func swapOne(peer rtc.PeerConnection, slot rtc.Slot, old, track rtc.LocalTrack) (renegotiate bool, err error) {
	if old == track {
		return false, nil
	}
	return peer.SetTrack(slot, track)
}

// inherit keeps what is muted muted.
func inherit(old, track rtc.LocalTrack) {
	if old != nil && track != nil && old != track && !old.Enabled() {
		track.SetEnabled(false)
	}
}

func enabled(track rtc.LocalTrack) bool { return track != nil && track.Enabled() }

// catchUp does to a new track what was done to the old one while it took its place: it was muted, say.
func catchUp(before bool, old, track rtc.LocalTrack) {
	if old != nil && track != nil && old != track && old.Enabled() != before {
		track.SetEnabled(!before)
	}
}
