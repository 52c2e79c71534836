package room

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// old is a listener whose sound has that age.
type old time.Duration

func (o old) Behind() time.Duration { return time.Duration(o) }

func TestOnlyTheSoundsReportsAreSetBack(t *testing.T) {
	if got := ntpDuration(1500 * time.Millisecond); got != 1<<32|1<<31 {
		t.Errorf("1.5 s are %x", got)
	}
	l := &lag{}
	l.BindLocalStream(&interceptor.StreamInfo{SSRC: 1, MimeType: "audio/opus"}, nil)
	l.BindLocalStream(&interceptor.StreamInfo{SSRC: 2, MimeType: "video/VP8"}, nil)
	var sent []rtcp.Packet
	writer := l.BindRTCPWriter(interceptor.RTCPWriterFunc(func(p []rtcp.Packet, _ interceptor.Attributes) (int, error) {
		sent = p
		return 0, nil
	}))
	for _, behind := range []time.Duration{0, 250 * time.Millisecond} {
		l.hears(old(behind))
		if _, err := writer.Write([]rtcp.Packet{&rtcp.SenderReport{SSRC: 1, NTPTime: 9 << 32}, &rtcp.SenderReport{SSRC: 2, NTPTime: 9 << 32}}, nil); err != nil {
			t.Fatal(err)
		}
		if got, want := sent[0].(*rtcp.SenderReport).NTPTime, uint64(9<<32)-ntpDuration(behind); got != want {
			t.Errorf("%v behind: sound's moment is %x instead of %x", behind, got, want)
		}
		if got := sent[1].(*rtcp.SenderReport).NTPTime; got != 9<<32 {
			t.Errorf("%v behind: the picture's moment is %x", behind, got)
		}
	}
}
