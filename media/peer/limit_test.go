package peer

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

// A person's limit of what the camera sends holds whatever the line could carry and the server asks for, and does not touch
// a presentation.
func TestAPersonsLimitHoldsForTheCameraOnly(t *testing.T) {
	const limit = 90_000
	a, b := newTestConn(t, testConfig(t), rtc.Config{MaxBitrate: limit}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 640, 360, 30, 90)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "slides", 640, 360, 30, 30)); err != nil {
		t.Fatal(err)
	}
	a.SetEncoding(rtc.SlotMain, rtc.Encoding{MaxBitrate: 1_000_000})
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	nextFrames(t, remoteVideo(t, b, 0), 5, 10*time.Second).Release()
	eventually(t, "both are sent", 10*time.Second, func() bool {
		s, err := a.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		camera, slides := s.Outbound.Video, s.Outbound.Presentation
		if camera != nil && camera.TargetBitrate > limit {
			t.Fatalf("the camera's encoder may send %v bit/s", camera.TargetBitrate)
		}
		return camera != nil && slides != nil && camera.TargetBitrate > 0 && slides.TargetBitrate > limit
	})
}

// A person's limit of what comes is kept by the far end: because of the bandwidth in our description, or, where that is
// not understood, because of REMB, which counts beside transport-wide congestion control.
func TestThePeerKeepsToWhatMayCome(t *testing.T) {
	const limit = 150_000
	for _, c := range []struct{ name, drop string }{
		{"by the description", `a=rtcp-fb:\S+ goog-remb`},
		{"by REMB", `b=\S+`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{MaxReceiveBitrate: limit})
			if _, err := a.SetTrack(rtc.SlotMain, newNoisyPattern(t, "cam", 480, 270, 30)); err != nil {
				t.Fatal(err)
			}
			without := func(text string) string {
				return regexp.MustCompile(`(?m)^`+c.drop+`\r\n`).ReplaceAllString(text, "")
			}
			offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(offer, "b=") {
				t.Error("a limit that nobody has set is in the description")
			}
			answer, err := b.Answer(t.Context(), without(offer))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(answer, "b=TIAS:150000\r\nb=AS:157\r\n"); n != 1 {
				t.Errorf("the limit is in the answer %d times, want once, at the picture:\n%s", n, answer)
			}
			if err := a.ApplyAnswer(t.Context(), without(answer)); err != nil {
				t.Fatal(err)
			}
			connected(t, a, b)
			nextFrames(t, remoteVideo(t, b, 0), 5, 10*time.Second).Release()
			eventually(t, "the sender keeps to the limit", 10*time.Second, func() bool {
				target := sentVideo(t, a).TargetBitrate
				return target > 0 && target <= limit
			})
			keptTo(t, a, b, limit)
		})
	}
}

func sentVideo(t *testing.T, pc *Conn) rtc.StreamStats {
	t.Helper()
	s, err := pc.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Outbound.Video == nil {
		return rtc.StreamStats{}
	}
	return *s.Outbound.Video
}

// keptTo measures what comes, in windows of two seconds: what was on its way before the limit was known goes first, then two
// windows in a row keep to it.
func keptTo(t *testing.T, from, to *Conn, limit float64) {
	t.Helper()
	received := func() (bytes float64, at time.Time) {
		s, err := to.Stats(t.Context())
		if err != nil || s.Inbound.Video == nil {
			t.Fatal("no statistics of what comes: ", err)
		}
		return float64(s.Inbound.Video.BytesReceived), time.Now()
	}
	before, since := received()
	var rates []float64
	kept := 0
	eventually(t, "two windows within the limit", 20*time.Second, func() bool {
		if time.Since(since) < 2*time.Second {
			return false
		}
		after, until := received()
		rate := (after - before) * 8 / until.Sub(since).Seconds()
		before, since = after, until
		rates = append(rates, rate)
		if rate > 1.15*limit || rate < 0.1*limit {
			kept = 0
		} else {
			kept++
		}
		return kept == 2
	})
	t.Logf("%.0f bit/s where %.0f are allowed", rates, limit)
	if target := sentVideo(t, from).TargetBitrate; target > limit {
		t.Errorf("the encoder's target is %.0f bit/s", target)
	}
}

func TestABandwidthOfThePeerIsRead(t *testing.T) {
	for lines, want := range map[string]float64{
		"":                                0,
		"b=AS:210\r\n":                    200_000,
		"b=AS:500\r\nb=TIAS:300000\r\n":   300_000,
		"b=TIAS:0\r\n":                    0,
		"b=X-YZ:128\r\n":                  0,
		"b=CT:64\r\n":                     0,
		"b=TIAS:18446744073709551615\r\n": 0,
	} {
		head, video, _ := strings.Cut(readSDP(t, "chromium-offer.sdp"), "m=video")
		video = strings.Replace(video, "c=IN IP4 0.0.0.0\r\n", "c=IN IP4 0.0.0.0\r\n"+lines, 1)
		r, err := parseRemote(head+"m=video"+video, false, nil, localFormats(rtc.Codecs{}), false)
		if err != nil {
			t.Fatalf("%q: %v", lines, err)
		}
		if got := r.sections[1].most; got < want-1 || got > want+1 {
			t.Errorf("%q limits to %v, want %v", lines, got, want)
		}
	}
}
