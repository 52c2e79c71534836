package call

import (
	"slices"
	"testing"
)

func TestCandidatesOfADescription(t *testing.T) {
	sdp := "v=0\r\na=ice-lite\r\nm=audio 9 RTP 0\r\na=mid:0\r\na=candidate:1 1 udp 5 10.0.0.1 4000 typ host\r\n" +
		"m=video 9 RTP 0\r\na=candidate:2 1 udp 5 10.0.0.1 4001 typ host\r\na=candidate:3 1 udp 4 9.9.9.9 4002 typ srflx\r\na=mid:1\r\n"
	want := []Candidate{
		{"candidate:1 1 udp 5 10.0.0.1 4000 typ host", "0", 0},
		{"candidate:2 1 udp 5 10.0.0.1 4001 typ host", "1", 1},
		{"candidate:3 1 udp 4 9.9.9.9 4002 typ srflx", "1", 1},
	}
	if got := candidates(sdp); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := candidates("v=0"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
