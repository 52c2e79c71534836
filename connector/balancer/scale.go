package balancer

import (
	"strconv"
	"strings"
)

// Size in pixels; 0 and less are unknown.
type Size struct{ Width, Height float64 }

// ScaleDown is the factor by which a track is divided to fit the target: at least 1. Unknown sides do not count.
func ScaleDown(track, target Size) float64 {
	factor := 1.0
	fit := func(have, want float64) {
		if have > 0 && want > 0 && have/want > factor {
			factor = have / want
		}
	}
	fit(track.Width, target.Width)
	fit(track.Height, target.Height)
	return factor
}

// ParseResolution reads "WxH", W and H positive numbers of pixels in any spacing; what follows a second x is ignored.
func ParseResolution(text string) (Size, bool) {
	parts := strings.Split(strings.ToLower(text), "x")
	if len(parts) < 2 {
		return Size{}, false
	}
	var size [2]float64
	for i := range size {
		n, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || !(n >= 1 && n <= 1<<16) {
			return Size{}, false
		}
		size[i] = n
	}
	return Size{size[0], size[1]}, true
}

// Encoding is what a sender's parameters say of one encoding; nil members are not set.
type Encoding struct {
	MaxBitrate *float64 `json:"maxBitrate,omitempty"`            // bit/s
	ScaleDown  *float64 `json:"scaleResolutionDownBy,omitempty"` // at least 1
	RID        string   `json:"rid,omitempty"`
}

// Limit makes encodings fit a maximal size: each is scaled down at least as far as the track needs it.
func Limit(track Size, encodings []Encoding, limit *Size) []Encoding {
	if limit == nil {
		return encodings
	}
	if len(encodings) == 0 {
		encodings = []Encoding{{}}
	}
	need := ScaleDown(track, *limit)
	out := make([]Encoding, len(encodings))
	for i, e := range encodings {
		scale := need
		if need > 1 && e.ScaleDown != nil && *e.ScaleDown > need {
			scale = *e.ScaleDown
		}
		e.ScaleDown = &scale
		out[i] = e
	}
	return out
}

// Merge brings wanted encodings into a sender's present ones. A scale of 1 that was never set stays unset, and less than 1
// counts as 1. With reset an unwanted bitrate limit is lifted.
func Merge(present, wanted []Encoding, reset bool) []Encoding {
	out := make([]Encoding, max(len(present), len(wanted)))
	for i := range out {
		var have, want Encoding
		if i < len(present) {
			have = present[i]
		}
		if i < len(wanted) {
			want = wanted[i]
		}
		merged := have
		if want.MaxBitrate != nil || reset {
			merged.MaxBitrate = want.MaxBitrate
		}
		if want.ScaleDown != nil {
			scale := max(1, *want.ScaleDown)
			if have.ScaleDown != nil || scale != 1 {
				merged.ScaleDown = &scale
			}
		}
		out[i] = merged
	}
	return out
}

// EqualEncodings compares by value.
func EqualEncodings(a, b []Encoding) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i].MaxBitrate, b[i].MaxBitrate) || !equal(a[i].ScaleDown, b[i].ScaleDown) {
			return false
		}
	}
	return true
}

func equal(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
