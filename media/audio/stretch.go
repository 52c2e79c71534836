package audio

import "math"

// Bounds of what is cut out or put in at once: about the pitch periods of voices.
const (
	minPeriod = SampleRate / 400 // samples at 48 kHz: 2.5 ms
	maxPeriod = SampleRate / 80  // 12.5 ms
	// alike is the correlation of two neighbouring periods above which cutting one out is not heard.
	alike = 0.8
	// faint is the mean square below which anything may be cut.
	faint = 60 * 60
)

// period finds the number of samples (a channel) after which the beginning of pcm repeats itself best, and how well: -1
// to 1; quiet sound repeats perfectly. 0: pcm is too short.
func period(pcm []int16, channels, rate int) (lag int, correlation float64) {
	n := len(pcm) / channels
	low, high := minPeriod*rate/SampleRate, min(maxPeriod*rate/SampleRate, n/2)
	if low < 2 || high < low {
		return 0, 0
	}
	step := max(1, rate/24000) // coarse enough for speed, fine enough for pitch
	best := -2.0
	for l := low; l <= high; l += step {
		var product, first, second float64
		for i := 0; i < l; i += step {
			a, b := float64(pcm[i*channels]), float64(pcm[(i+l)*channels])
			product += a * b
			first += a * a
			second += b * b
		}
		count := float64((l + step - 1) / step)
		if first+second < 2*faint*count {
			return high, 1
		}
		if first == 0 || second == 0 {
			continue
		}
		if c := product / math.Sqrt(first*second); c > best {
			best, lag = c, l
		}
	}
	return lag, best
}

// shorten cuts lag samples a channel out of the beginning of pcm in place: the first period fades into the second.
func shorten(pcm []int16, channels, lag int) []int16 {
	crossfade(pcm[:lag*channels], pcm[:lag*channels], pcm[lag*channels:2*lag*channels], channels)
	return append(pcm[:lag*channels], pcm[2*lag*channels:]...)
}

// lengthen appends pcm to dst with lag samples a channel more: after the first period it fades back to its beginning.
func lengthen(dst, pcm []int16, channels, lag int) []int16 {
	size := lag * channels
	dst = append(dst, pcm[:size]...)
	at := len(dst)
	dst = append(dst, pcm[size:2*size]...)
	crossfade(dst[at:], dst[at:], pcm[:size], channels)
	return append(dst, pcm[size:]...)
}

// crossfade fills dst with from fading into to; all have the same length, dst may be from.
func crossfade(dst, from, to []int16, channels int) {
	n := len(dst) / channels
	for i := range n {
		weight := int32((i + 1) * 32768 / (n + 1))
		for c := range channels {
			k := i*channels + c
			dst[k] = int16((int32(from[k])*(32768-weight) + int32(to[k])*weight) >> 15)
		}
	}
}
