package peer

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/sdp/v3"

	"parley/connector/rtc"
)

// unbundled is a peer that gives each m-line a transport of its own: one connection for sound, one for the picture.
type unbundled struct{ sound, picture *Conn }

func newUnbundled(t testing.TB) unbundled {
	video, audio := []string{"VP8", "VP9", "H264", "AV1"}, []string{"opus", "G722", "PCMU", "PCMA"}
	u := unbundled{
		sound:   newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Excluded: video}}),
		picture: newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Excluded: audio}}),
	}
	if _, err := u.picture.SetTrack(rtc.SlotMain, newPattern(t, "far", 320, 180, 30, 200)); err != nil {
		t.Fatal(err)
	}
	if _, err := u.sound.SetTrack(rtc.SlotAudio, newTone(t, "far", 600)); err != nil {
		t.Fatal(err)
	}
	return u
}

func parseSDP(t testing.TB, text string) *sdp.SessionDescription {
	t.Helper()
	d := &sdp.SessionDescription{}
	if err := d.UnmarshalString(text); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return d
}

// split cuts a description into one for each m-line.
func split(t testing.TB, text string) []string {
	t.Helper()
	d := parseSDP(t, text)
	var list []string
	for i := range d.MediaDescriptions {
		list = append(list, single(d, i))
	}
	return list
}

// join puts descriptions with one m-line together, without BUNDLE; mids are positions.
func join(t testing.TB, texts ...string) string {
	t.Helper()
	whole := parseSDP(t, texts[0])
	whole.MediaDescriptions, whole.Attributes = nil, nil
	for i, text := range texts {
		d := parseSDP(t, text)
		m := d.MediaDescriptions[0]
		setMID(m, string(rune('0'+i)))
		if f, ok := d.Attribute("fingerprint"); ok {
			m.Attributes = append(m.Attributes, sdp.Attribute{Key: "fingerprint", Value: f})
		}
		whole.MediaDescriptions = append(whole.MediaDescriptions, m)
	}
	b, err := whole.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (u unbundled) check(t testing.TB, a *Conn) {
	t.Helper()
	connected(t, a, u.sound, u.picture)
	f := nextFrames(t, remoteVideo(t, a, 0), 5, 10*time.Second)
	if shadeOf(f) < 190 {
		t.Errorf("shade %d", shadeOf(f))
	}
	f.Release()
	nextFrames(t, remoteVideo(t, u.picture, 0), 5, 10*time.Second).Release()
	for _, pc := range []*Conn{a, u.sound} {
		eventually(t, "sound", 5*time.Second, func() bool {
			s, err := pc.Stats(t.Context())
			return err == nil && s.Inbound.Audio != nil && s.Inbound.Audio.PacketsReceived > 10
		})
	}
	s, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Outbound.Video == nil || s.Outbound.Video.FramesSent == 0 || s.Inbound.Video == nil || s.Inbound.Video.FramesDecoded == 0 {
		t.Errorf("stats: out %+v, in %+v", s.Outbound.Video, s.Inbound.Video)
	}
}

func newSending(t testing.TB) *Conn {
	a := newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 40)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnswerThatDoesNotBundle(t *testing.T) {
	a, u := newSending(t), newUnbundled(t)
	exchange := func() {
		t.Helper()
		offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		parts := split(t, offer)
		if len(parts) != 2 {
			t.Fatalf("%d m-lines", len(parts))
		}
		sound, err := u.sound.Answer(t.Context(), parts[0])
		if err != nil {
			t.Fatal(err)
		}
		picture, err := u.picture.Answer(t.Context(), parts[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := a.ApplyAnswer(t.Context(), join(t, sound, picture)); err != nil {
			t.Fatal(err)
		}
	}
	exchange()
	u.check(t, a)
	exchange()
	u.check(t, a)
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "other", 480, 270, 30, 120)); err != nil {
		t.Fatal(err)
	}
	r := remoteVideo(t, u.picture, 0)
	eventually(t, "the other picture", 5*time.Second, func() bool {
		f, _ := r.Frames().Newest()
		if f == nil {
			return false
		}
		defer f.Release()
		return f.Width == 480
	})
}

func TestOfferThatDoesNotBundle(t *testing.T) {
	a, u := newSending(t), newUnbundled(t)
	exchange := func() {
		t.Helper()
		sound, err := u.sound.Offer(t.Context(), rtc.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		picture, err := u.picture.Offer(t.Context(), rtc.OfferOptions{})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := a.Answer(t.Context(), join(t, sound, picture))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(answer, "a=group") {
			t.Errorf("BUNDLE in the answer:\n%s", answer)
		}
		parts := split(t, answer)
		// Both of them call their m-line 0.
		if err := u.sound.ApplyAnswer(t.Context(), u.sound.withOwnMID(parts[0])); err != nil {
			t.Fatal(err)
		}
		if err := u.picture.ApplyAnswer(t.Context(), u.picture.withOwnMID(parts[1])); err != nil {
			t.Fatalf("%v\n%s", err, parts[1])
		}
	}
	exchange()
	u.check(t, a)
	exchange()
	u.check(t, a)
}
