package room

import (
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	now := time.Unix(1000, 0)
	secret := []byte("secret")
	token := issue(secret, claims{Conference: "2001", Participant: "ann", Expires: 2000})
	if c, err := verify(secret, token, now); err != nil || c.Conference != "2001" || c.Participant != "ann" {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := verify(secret, token, time.Unix(2000, 0)); err == nil {
		t.Error("an old token was taken")
	}
	if _, err := verify([]byte("other"), token, now); err == nil {
		t.Error("a foreign token was taken")
	}
	parts := strings.Split(token, ".")
	for _, bad := range []string{
		"", ".", "..", token + "x", parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[1] + "." + parts[2],
		"eyJhbGciOiJub25lIn0." + parts[1] + ".", token[1:],
	} {
		if _, err := verify(secret, bad, now); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestChooseCodec(t *testing.T) {
	video := func(lines string) string {
		return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + lines
	}
	for _, c := range []struct{ sdp, want string }{
		{video("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=rtpmap:97 VP8/90000\r\n"), "VP8"},
		{video("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f; packetization-mode=1\r\n"), "H264"},
		{video("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n"), h264Single},
		{video("m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"), ""},
		{video("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"), ""},
		{"garbage", ""},
	} {
		if got := chooseCodec(c.sdp); got != c.want {
			t.Errorf("%q: %q", c.sdp, got)
		}
	}
}

func TestRejectedLinesKeepTheirName(t *testing.T) {
	head := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	offer := head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\n"
	answer := head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\nm=video 0 UDP/TLS/RTP/SAVPF 0\r\n"
	if got := nameRejected(answer, offer); !strings.Contains(got, "a=mid:video\r\na=inactive") || strings.Count(got, "a=mid") != 2 {
		t.Errorf("%s", got)
	}
	if got := nameRejected("garbage", offer); got != "garbage" {
		t.Errorf("%s", got)
	}
}
