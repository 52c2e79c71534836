package device

import (
	"errors"
	"math"

	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"
)

// formatCost prefers, between modes of the same size and rate, the one that is cheapest to turn into I420.
var formatCost = map[frame.Format]float64{
	frame.FormatI420: 0, frame.FormatNV12: 0.01, frame.FormatNV21: 0.01,
	frame.FormatYUYV: 0.02, frame.FormatYUY2: 0.02, frame.FormatUYVY: 0.02,
	frame.FormatMJPEG: 0.1, // needs decoding, but often is the only way to 720p at 30 frames a second
}

var errNoMode = errors.New("it offers no picture format that Parley understands")

// nearestMode chooses a camera's mode for a wish. Too slow is worse than too small, which is worse than too large: the
// encoder can scale down, but nobody can make up frames.
func nearestMode(modes []prop.Media, wish VideoOptions) (prop.Media, error) {
	best, bestCost := prop.Media{}, math.Inf(1)
	for _, m := range modes {
		cost, ok := formatCost[m.FrameFormat]
		if !ok || m.Width <= 0 || m.Height <= 0 {
			continue
		}
		size := math.Log2(float64(m.Width*m.Height) / float64(wish.Width*wish.Height))
		cost += max(size, -1.5*size)
		aspect := math.Log2(float64(m.Width) / float64(m.Height) * float64(wish.Height) / float64(wish.Width))
		cost += 0.5 * math.Abs(aspect)
		if m.FrameRate > 0 {
			rate := float64(m.FrameRate) / wish.FPS
			cost += max(0.1*(rate-1), 6*(1-rate))
		}
		if cost < bestCost {
			best, bestCost = m, cost
		}
	}
	if math.IsInf(bestCost, 1) {
		return best, errNoMode
	}
	return best, nil
}
