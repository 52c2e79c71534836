package views

import (
	"math"
	"time"

	"parley/connector/rtc"
)

// pick is one stream of a collection, nil when it was not there.
type pick func(rtc.Stats) *rtc.StreamStats

// perSecond is the growth of a counter between two collections; a gap where the stream was not there or began anew.
func perSecond(list []rtc.Stats, stream pick, counter func(*rtc.StreamStats) float64) []float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = math.NaN()
		if i == 0 {
			continue
		}
		before, now := stream(list[i-1]), stream(list[i])
		passed := list[i].Time.Sub(list[i-1].Time).Seconds()
		if before == nil || now == nil || passed <= 0 || before.SSRC != now.SSRC {
			continue
		}
		if grown := counter(now) - counter(before); grown >= 0 {
			values[i] = grown / passed
		}
	}
	return values
}

// level is a value as it stood at each collection.
func level(list []rtc.Stats, stream pick, value func(*rtc.StreamStats) float64) []float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = math.NaN()
		if s := stream(list[i]); s != nil {
			values[i] = value(s)
		}
	}
	return values
}

// lossPercent is the share of packets lost between two collections.
func lossPercent(list []rtc.Stats, stream pick) []float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = math.NaN()
		if i == 0 {
			continue
		}
		before, now := stream(list[i-1]), stream(list[i])
		if before == nil || now == nil || before.SSRC != now.SSRC || now.PacketsReceived < before.PacketsReceived {
			continue
		}
		lost := float64(max(now.PacketsLost-before.PacketsLost, 0))
		if all := lost + float64(now.PacketsReceived-before.PacketsReceived); all > 0 {
			values[i] = 100 * lost / all
		}
	}
	return values
}

// fromMap is a number of the transport's or the candidate pair's map.
func fromMap(list []rtc.Stats, part func(rtc.Stats) map[string]any, key string, factor float64) []float64 {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = math.NaN()
		switch v := part(list[i])[key].(type) {
		case float64:
			values[i] = v * factor
		case uint64:
			values[i] = float64(v) * factor
		case int:
			values[i] = float64(v) * factor
		case uint32:
			values[i] = float64(v) * factor
		}
	}
	return values
}

// growth is what a series of totals grew by a second.
func growth(list []rtc.Stats, totals []float64) []float64 {
	values := make([]float64, len(totals))
	for i := range totals {
		values[i] = math.NaN()
		if i == 0 {
			continue
		}
		passed := list[i].Time.Sub(list[i-1].Time)
		if grown := totals[i] - totals[i-1]; passed > 0 && grown >= 0 {
			values[i] = grown / (float64(passed) / float64(time.Second))
		}
	}
	return values
}
