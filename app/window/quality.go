package window

import (
	"time"

	"parley/connector/rtc"
	"parley/views"
)

// qualityWindow is over how many collections (one a second) loss and rates are taken: short enough to follow what a person
// notices, long enough that a single lost packet is not a bad line.
const qualityWindow = 5

// counters are the totals of one collection that the quality is derived from.
type counters struct {
	time              time.Time
	received          uint64
	lost              int64
	bytesIn, bytesOut uint64
}

// qualityMeter derives the quality from the collections that go by. Its zero value begins anew.
type qualityMeter struct {
	past []counters
}

// add takes a collection.
func (m *qualityMeter) add(s rtc.Stats) views.Quality {
	now := count(s)
	if n := len(m.past); n > 0 && (now.received < m.past[n-1].received || now.bytesOut < m.past[n-1].bytesOut) {
		m.past = nil // another peer connection counts from 0
	}
	m.past = append(m.past, now)
	if len(m.past) > qualityWindow+1 {
		m.past = m.past[len(m.past)-qualityWindow-1:]
	}
	first := m.past[0]
	q := views.Quality{RoundTrip: roundTrip(s)}
	if seconds := now.time.Sub(first.time).Seconds(); seconds > 0 {
		q.SendRate = float64(now.bytesOut-first.bytesOut) * 8 / seconds
		q.ReceiveRate = float64(now.bytesIn-first.bytesIn) * 8 / seconds
	}
	received, lost := float64(now.received-first.received), float64(max(now.lost-first.lost, 0))
	if received+lost > 0 {
		q.Lost = lost / (received + lost)
	}
	if v := s.Inbound.Video; v != nil {
		q.ReceiveSize, q.ReceiveFrames, q.ReceiveCodec = [2]int{v.FrameWidth, v.FrameHeight}, v.FrameRate, v.Codec
		q.Freezes = v.FreezeCount
	}
	if v := s.Outbound.Video; v != nil {
		q.SendSize, q.SendFrames, q.SendCodec = [2]int{v.FrameWidth, v.FrameHeight}, v.FrameRate, v.Codec
	}
	if len(m.past) > 1 && (received+lost > 0 || q.RoundTrip >= 0) {
		q.Level = views.Rate(q.RoundTrip, q.Lost)
	}
	return q
}

func count(s rtc.Stats) counters {
	c := counters{time: s.Time}
	for _, in := range []*rtc.StreamStats{s.Inbound.Audio, s.Inbound.Video, s.Inbound.Presentation} {
		if in != nil {
			c.received += in.PacketsReceived
			c.lost += in.PacketsLost
			c.bytesIn += in.BytesReceived
		}
	}
	for _, out := range []*rtc.StreamStats{s.Outbound.Audio, s.Outbound.Video, s.Outbound.Presentation} {
		if out != nil {
			c.bytesOut += out.BytesSent
		}
	}
	return c
}

// roundTrip is that of the chosen path (RFC 5389 checks), else what the peer's reports give; negative when nothing does.
func roundTrip(s rtc.Stats) time.Duration {
	if v, ok := s.CandidatePair["currentRoundTripTime"].(float64); ok && v > 0 {
		return seconds(v)
	}
	for _, out := range []*rtc.StreamStats{s.Outbound.Audio, s.Outbound.Video} {
		if out != nil && out.RoundTripTime > 0 {
			return seconds(out.RoundTripTime)
		}
	}
	return -1
}

func seconds(v float64) time.Duration {
	return time.Duration(v * float64(time.Second)).Round(time.Millisecond)
}
