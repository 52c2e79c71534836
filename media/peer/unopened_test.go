package peer

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"parley/connector/rtc"
	"parley/media/codec"
	"parley/media/video"
)

// A decoder that does not open is told of once for each codec, however often it is tried, and never where nothing is sent.
func TestADecoderThatDoesNotOpenIsToldOnce(t *testing.T) {
	v := testReceiver()
	defer v.letGo()
	v.closeDecoder()
	tries := 0
	v.newDecoder = func(string) (codec.VideoDecoder, string, error) {
		tries++
		return nil, "", errors.New("no memory")
	}
	var told []string
	v.unopened.tell = func(codec string) { told = append(told, codec) }
	for n := range 3 {
		v.failedAt = v.failedAt.AddDate(-1, 0, 0) // a second is over
		pushFrame(v, n, 0, video.Now(), true)
		v.step()
	}
	if tries < 2 || !slices.Equal(told, []string{"VP8"}) {
		t.Errorf("told %v after %d tries", told, tries)
	}
	v.newDecoder = func(string) (codec.VideoDecoder, string, error) { return &paintDecoder{}, "paint", nil }
	v.failedAt = v.failedAt.AddDate(-1, 0, 0)
	pushFrame(v, 3, 0, video.Now(), true)
	v.step()
	if v.decoder == nil || v.stats.implementation != "paint" {
		t.Error("it is not tried again")
	}
}

// What does not open is told through the configuration, with the track or the slot that it is about.
func TestCodecFailuresAreTold(t *testing.T) {
	told := make(chan CodecFailure, 10)
	made, err := New(Config{Logger: slog.New(slog.DiscardHandler), CodecFailed: func(f CodecFailure) { told <- f }}).
		NewPeerConnection(rtc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p := made.(*Conn)
	defer func() { _ = p.Close() }()
	for _, l := range p.lines {
		if l.kind == rtc.Audio {
			l.sending.audio.unopened.add("opus")
		} else {
			l.sending.video.unopened.add("VP8")
		}
	}
	if f := <-told; f != (CodecFailure{Codec: "opus", Slot: rtc.SlotAudio}) {
		t.Errorf("of the sound: %+v", f)
	}
	if f := <-told; f != (CodecFailure{Codec: "VP8", Slot: rtc.SlotMain}) {
		t.Errorf("of the picture: %+v", f)
	}
	track := &RemoteTrack{kind: rtc.Audio, ended: make(chan struct{})}
	a := p.newAudioReceiver(track)
	a.format = func(uint8) (format, bool) { return format{name: "none", clock: 8000}, true }
	for n := range 3 {
		packet := newPacket()
		packet.sequence = int64(n)
		a.push(packet, 12, 1)
	}
	if f := <-told; f != (CodecFailure{Codec: "none", Track: track}) {
		t.Errorf("of the sound that comes: %+v", f)
	}
	seen := &RemoteTrack{kind: rtc.Video, ended: make(chan struct{})}
	v := p.newVideoReceiver(seen)
	defer v.close()
	v.unopened.add("AV1")
	if f := <-told; f != (CodecFailure{Codec: "AV1", Track: seen}) || len(told) > 0 {
		t.Errorf("of the picture that comes: %+v, and %d more", f, len(told))
	}
}
