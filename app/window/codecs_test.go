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
	if told := r.Model().Lasting; len(told) != 0 {
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
		if told := r.Model().Lasting; len(told) != i+1 || told[i] != (views.Told{Number: i + 1, What: c.want, Codec: "AV1"}) {
			t.Errorf("%+v", told)
		}
	}
	before := r.Model().Lasting
	r.tell(views.ToldCameraBack, "Webcam", "")
	r.codecFailed(peer.CodecFailure{Codec: "VP8", Track: main}) // another codec, the same thing is missing
	m := r.Model()
	if last := m.Lasting[len(m.Lasting)-1]; len(m.Lasting) != len(before) || m.Told.What != views.ToldCameraBack ||
		last != (views.Told{Number: m.Told.Number + 1, What: views.ToldNotSeen, Codec: "VP8"}) {
		t.Errorf("%+v, and %+v", m.Lasting, m.Told)
	}
	if before[0].Codec != "AV1" {
		t.Errorf("a model that was handed out has changed: %+v", before)
	}
	r.connector.watch(session.Initial())
	if told := r.Model().Lasting; len(told) != 0 {
		t.Errorf("after the call: %+v", told)
	}
}
