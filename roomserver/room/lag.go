package room

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// lag tells a receiver that the mix is older than the pictures that leave at the same time: voices wait in the mixer,
// pictures nowhere. Sender reports say when what is sent was taken up (RFC 3550 6.4.1), and a receiver keeps lips and
// words together by them; so those of the sound are set back. It is registered before the interceptor that writes them.
type lag struct {
	interceptor.NoOp
	sound  atomic.Uint32 // its source; 0: none yet
	member atomic.Pointer[listener]
}

// listener is what a lag asks of a member of the mix.
type listener interface{ Behind() time.Duration }

// hears says whose sound it is.
func (l *lag) hears(who listener) { l.member.Store(&who) }

// NewInterceptor makes it a factory of itself: it serves one connection.
func (l *lag) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

// BindLocalStream learns the sound's source.
func (l *lag) BindLocalStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	if strings.HasPrefix(strings.ToLower(info.MimeType), "audio/") {
		l.sound.Store(info.SSRC)
	}
	return writer
}

// BindRTCPWriter sets the sound's sender reports back.
func (l *lag) BindRTCPWriter(writer interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, attributes interceptor.Attributes) (int, error) {
		for _, packet := range packets {
			if report, ok := packet.(*rtcp.SenderReport); ok && report.SSRC == l.sound.Load() {
				report.NTPTime -= ntpDuration(l.behind())
			}
		}
		return writer.Write(packets, attributes)
	})
}

func (l *lag) behind() time.Duration {
	if m := l.member.Load(); m != nil {
		return (*m).Behind()
	}
	return 0
}

// ntpDuration is a duration in NTP's units: seconds in 32 bits before and 32 behind the point.
func ntpDuration(d time.Duration) uint64 {
	return uint64(d/time.Second)<<32 | uint64(d%time.Second)<<32/uint64(time.Second)
}
