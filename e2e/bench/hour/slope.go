package main

import "math"

// line is a straight line through points by least squares.
type line struct {
	start, slope float64
	// sure is half of the 95 % interval of the slope. Neighbours of a series resemble each other, so it counts for fewer
	// points than it has: n(1-r)/(1+r), r being how much each deviation predicts the next.
	sure float64
}

// fit a line through the points; it needs four.
func fit(x, y []float64) (l line, ok bool) {
	n := float64(len(x))
	if len(x) < 4 {
		return l, false
	}
	mx, my := mean(x), mean(y)
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 {
		return l, false
	}
	l.slope = sxy / sxx
	l.start = my - l.slope*mx
	var squares, products float64
	before := 0.0
	for i := range x {
		rest := y[i] - l.start - l.slope*x[i]
		squares += rest * rest
		products += rest * before // the first has none before it
		before = rest
	}
	if squares == 0 {
		return l, true
	}
	r := max(0, min(0.98, products/squares))
	points := max(3, n*(1-r)/(1+r))
	// 1.96 of the normal distribution; few points ask for a little more (Student).
	quantile := 1.96 + 2.4/(points-2)
	l.sure = quantile * math.Sqrt(squares/(n-2)/sxx*n/points)
	return l, true
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
