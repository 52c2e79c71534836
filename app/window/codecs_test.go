package window

import (
	"testing"

	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/peer"
	"parley/views"
)

// remote is a track that the peer sends.
type remote struct{ *fakeTrack }

func (remote) StreamID() string { return "s" }
func (remote) MID() string      { return "" }
func (remote) Muted() bool      { return false }
func (remote) Codec() string    { return "" }

func TestACodecThatDoesNotOpenIsToldInTheCall(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	main, presented := remote{&fakeTrack{kind: rtc.Video}}, remote{&fakeTrack{kind: rtc.Video}}
	sound := remote{&fakeTrack{kind: rtc.Audio}}
	r.codecFailed(peer.CodecFailure{Codec: "VP8", Track: main})
	if told := r.Model().Told; told.Number != 0 {
		t.Errorf("without a call: %+v", told)
	}
	snapshot := session.Initial()
	snapshot.Call.State = call.InRoom
	snapshot.Streams = session.Streams{Main: &session.Stream{Tracks: []rtc.RemoteTrack{sound, main}},
		Contented: &session.Stream{Tracks: []rtc.RemoteTrack{presented}}}
	r.connector.watch(snapshot)
	for i, c := range []struct {
		failure peer.CodecFailure
		want    views.ToldWhat
	}{
		{peer.CodecFailure{Track: main}, views.ToldNotSeen},
		{peer.CodecFailure{Track: presented}, views.ToldShareNotSeen},
		{peer.CodecFailure{Track: sound}, views.ToldNotHeard},
		{peer.CodecFailure{Slot: rtc.SlotMain}, views.ToldNobodySees},
		{peer.CodecFailure{Slot: rtc.SlotPresentation}, views.ToldNobodySeesShare},
		{peer.CodecFailure{Slot: rtc.SlotAudio}, views.ToldNobodyHears},
	} {
		c.failure.Codec = "AV1"
		r.codecFailed(c.failure)
		if told := r.Model().Told; told != (views.Told{Number: i + 1, What: c.want, Codec: "AV1"}) {
			t.Errorf("%+v", told)
		}
	}
}
