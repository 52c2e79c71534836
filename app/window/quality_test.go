package window

import (
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/views"
)

// stats is a collection at a second, with totals of what came.
func stats(second int, received uint64, lost int64, roundTrip float64) rtc.Stats {
	return rtc.Stats{
		Time:          time.Unix(int64(second), 0),
		Inbound:       rtc.InboundStats{Audio: &rtc.StreamStats{PacketsReceived: received, PacketsLost: lost, BytesReceived: received * 100}},
		CandidatePair: map[string]any{"currentRoundTripTime": roundTrip},
	}
}

func TestQualityFollowsTheThresholds(t *testing.T) {
	for _, c := range []struct {
		roundTrip float64
		lost      int64 // of 1000 a second
		want      views.QualityLevel
	}{
		{0.199, 19, views.QualityGood}, {0.200, 0, views.QualityFair}, {0.05, 21, views.QualityFair},
		{0.500, 50, views.QualityFair}, {0.501, 0, views.QualityPoor}, {0.05, 51, views.QualityPoor},
	} {
		var m qualityMeter
		var q views.Quality
		for i := range 4 {
			q = m.add(stats(i, uint64(i)*uint64(1000-c.lost), int64(i)*c.lost, c.roundTrip))
		}
		if q.Level != c.want {
			t.Errorf("%v s, %d lost of 1000: %+v, want level %d", c.roundTrip, c.lost, q, c.want)
		}
	}
}

func TestQualityForgetsWhatWasLongAgoAndOtherConnections(t *testing.T) {
	var m qualityMeter
	if q := m.add(stats(0, 0, 0, 0.01)); q.Level != views.QualityUnknown {
		t.Errorf("known at once: %+v", q)
	}
	if q := m.add(stats(1, 50, 50, 0.01)); q.Level != views.QualityPoor || q.Lost != 0.5 || q.ReceiveRate != 40_000 {
		t.Errorf("half lost: %+v", q)
	}
	var q views.Quality
	for i := range 6 {
		q = m.add(stats(2+i, uint64(150+100*i), 50, 0.01))
	}
	if q.Level != views.QualityGood || q.Lost != 0 {
		t.Errorf("6 s later: %+v", q)
	}
	if q := m.add(stats(9, 1, 0, 0.01)); q.Level != views.QualityUnknown || q.ReceiveRate != 0 {
		t.Errorf("another connection: %+v", q)
	}
	if q := m.add(rtc.Stats{Time: time.Unix(10, 0)}); q.RoundTrip >= 0 {
		t.Errorf("no round trip: %+v", q)
	}
}
