package peer

import (
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// call connects two ends that send picture and sound.
func call(t testing.TB, ca, cb rtc.Config) (a, b *Conn, cam *patternTrack) {
	t.Helper()
	a, b = newTestConn(t, testConfig(t), ca), newTestConn(t, testConfig(t), cb)
	cam = newPattern(t, "cam", 640, 360, 30, 90)
	if _, err := a.SetTrack(rtc.SlotMain, cam); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	return a, b, cam
}

func TestVideoIsSeen(t *testing.T) {
	for _, name := range []string{"VP8", "VP9", "H264", "AV1"} {
		t.Run(name, func(t *testing.T) {
			_, b, cam := call(t, rtc.Config{Codecs: rtc.Codecs{Preferred: []string{name}}}, rtc.Config{})
			r := remoteVideo(t, b, 0)
			f := nextFrames(t, r, 10, 10*time.Second)
			defer f.Release()
			if f.Width != 640 || f.Height != 360 {
				t.Errorf("size %dx%d", f.Width, f.Height)
			}
			if r.Codec() != name {
				t.Errorf("codec %q, want %q", r.Codec(), name)
			}
			// Draw what was sent when the square stood there: they must look the same.
			x := squareAt(f)
			sent := video.NewFrame(640, 360)
			drawPattern(sent, x/4, 90)
			if psnr := video.PSNR(sent, f); psnr < 27 {
				t.Errorf("PSNR %.1f dB", psnr)
			}
			g := nextFrames(t, r, 5, 5*time.Second)
			defer g.Release()
			if squareAt(g) == x {
				t.Error("the picture stands still")
			}
			if r.Muted() || r.ID() == "" || r.StreamID() == "" || r.MID() != "1" {
				t.Errorf("muted %v, id %q, stream %q, mid %q", r.Muted(), r.ID(), r.StreamID(), r.MID())
			}
			_ = cam
		})
	}
}

func TestSoundIsHeard(t *testing.T) {
	for _, name := range []string{"opus", "G722", "PCMU", "PCMA"} {
		t.Run(name, func(t *testing.T) {
			out := newSpeaker()
			config := testConfig(t)
			config.Output = out
			exclude := []string{}
			for _, other := range []string{"opus", "G722", "PCMU", "PCMA"} {
				if other != name {
					exclude = append(exclude, other)
				}
			}
			a := newTestConn(t, testConfig(t), rtc.Config{})
			b := newTestConn(t, config, rtc.Config{Codecs: rtc.Codecs{Excluded: exclude}})
			if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
				t.Fatal(err)
			}
			negotiate(t, a, b, rtc.OfferOptions{})
			connected(t, a, b)
			eventually(t, "an input", 5*time.Second, func() bool { return out.count() == 1 })
			out.play(500 * time.Millisecond) // the jitter buffer fills
			part, level := share(out.play(500*time.Millisecond), 440)
			if part < 0.8 || level < 0.1 {
				t.Errorf("share of 440 Hz %.2f, level %.2f", part, level)
			}
			s, err := b.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Inbound.Audio == nil || s.Inbound.Audio.PacketsReceived < 20 ||
				!strings.EqualFold(s.Inbound.Audio.Codec, name) {
				t.Errorf("stats %+v", s.Inbound.Audio)
			}
		})
	}
}
