package peer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

// payloadTypes of an m-line as codec names, in order, once each; retransmission is left out.
func codecNames(t *testing.T, m []string) (names []string) {
	t.Helper()
	for _, pt := range strings.Fields(m[0])[3:] {
		for _, line := range m {
			name, ok := strings.CutPrefix(line, "a=rtpmap:"+pt+" ")
			if name, _, _ = strings.Cut(name, "/"); ok && name != "rtx" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// The user's order of preference and exclusion counts in offers and in answers, and in what is sent.
func TestPreferencesAreHonoured(t *testing.T) {
	for _, c := range []struct {
		name            string
		offers, answers rtc.Codecs
		offer, answer   []string // video
		sound           []string // of the answer
	}{
		{"nobody has any", rtc.Codecs{}, rtc.Codecs{},
			[]string{"VP8", "H264", "VP9", "AV1"}, []string{"VP8", "H264", "VP9", "AV1"}, []string{"opus", "G722", "PCMU", "PCMA"}},
		{"who offers", rtc.Codecs{Preferred: []string{"vp9", "H264"}, Excluded: []string{"av1", "PCMU"}}, rtc.Codecs{},
			[]string{"VP9", "H264", "VP8"}, []string{"VP9", "H264", "VP8"}, []string{"opus", "G722", "PCMA"}},
		{"who answers", rtc.Codecs{}, rtc.Codecs{Preferred: []string{"H264", "PCMA"}, Excluded: []string{"VP9", "opus"}},
			[]string{"VP8", "H264", "VP9", "AV1"}, []string{"H264", "VP8", "AV1"}, []string{"PCMA", "G722", "PCMU"}},
		{"AV1 first", rtc.Codecs{Preferred: []string{"AV1"}, Excluded: []string{"G722"}}, rtc.Codecs{},
			[]string{"AV1", "VP8", "H264", "VP9"}, []string{"AV1", "VP8", "H264", "VP9"}, []string{"opus", "PCMU", "PCMA"}},
		{"both", rtc.Codecs{Preferred: []string{"VP9"}, Excluded: []string{"VP8"}}, rtc.Codecs{Preferred: []string{"H264"}},
			[]string{"VP9", "H264", "AV1"}, []string{"H264", "VP9", "AV1"}, []string{"opus", "G722", "PCMU", "PCMA"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newTestConn(t, testConfig(t), rtc.Config{Codecs: c.offers}), newTestConn(t, testConfig(t), rtc.Config{Codecs: c.answers})
			for _, pc := range []*Conn{a, b} {
				if _, err := pc.SetTrack(rtc.SlotMain, newPattern(t, "cam", 160, 90, 30, 90)); err != nil {
					t.Fatal(err)
				}
			}
			offer, answer := negotiate(t, a, b, rtc.OfferOptions{})
			if got := codecNames(t, mediaLines(offer)[1]); !slices.Equal(got, c.offer) {
				t.Errorf("offered %v, want %v", got, c.offer)
			}
			if got := codecNames(t, mediaLines(answer)[1]); !slices.Equal(got, c.answer) {
				t.Errorf("answered %v, want %v", got, c.answer)
			}
			if got := codecNames(t, mediaLines(answer)[0]); !slices.Equal(got, c.sound) {
				t.Errorf("answered %v for sound, want %v", got, c.sound)
			}
			for _, pc := range []*Conn{a, b} {
				r := remoteVideo(t, pc, 0)
				nextFrames(t, r, 3, 15*time.Second).Release()
				if r.Codec() != c.answer[0] {
					t.Errorf("%s arrives, want %s", r.Codec(), c.answer[0])
				}
			}
		})
	}
}
