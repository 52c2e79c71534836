package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The interval holds the true slope in about 95 of 100 series, also when neighbours resemble each other.
func TestTheIntervalHoldsTheSlope(t *testing.T) {
	const series, points, slope = 400, 330, 2.5
	for _, resemblance := range []float64{0, 0.7} {
		random := rand.New(rand.NewPCG(1, 2))
		held := 0
		for range series {
			var x, y []float64
			noise := 0.0
			for i := range points {
				noise = resemblance*noise + random.NormFloat64()
				x, y = append(x, float64(i)/6), append(y, 100+slope*float64(i)/6+noise)
			}
			l, ok := fit(x, y)
			if !ok {
				t.Fatal("no line")
			}
			if math.Abs(l.slope-slope) <= l.sure {
				held++
			}
		}
		if share := float64(held) / series; share < 0.90 || share > 0.99 {
			t.Errorf("resemblance %.1f: the interval holds the slope in %.0f %% of the series", resemblance, share*100)
		}
	}
}

func TestALineWithoutNoise(t *testing.T) {
	l, ok := fit([]float64{0, 1, 2, 3}, []float64{5, 7, 9, 11})
	if !ok || l.slope != 2 || l.start != 5 || l.sure != 0 {
		t.Errorf("%+v, %v", l, ok)
	}
	if _, ok := fit([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4}); ok {
		t.Error("a line through one moment")
	}
	if _, ok := fit([]float64{1, 2, 3}, []float64{1, 2, 3}); ok {
		t.Error("a line of three points says nothing of its certainty")
	}
}
