package main

import "parley/e2e/bench/kit"

// seen is one frame that was decoded (Parley) or presented (Chromium).
type seen struct {
	At    float64 `json:"at"`             // ms since the Unix epoch
	Age   float64 `json:"age,omitempty"`  // ms since it was drawn; 0 when unknown
	Width int     `json:"width"`          // pixels
	PSNR  float64 `json:"psnr,omitempty"` // dB against the frame that was sent; 0 when not compared
	SSIM  float64 `json:"ssim,omitempty"` // 0 to 1
}

// soundSample is the state of the received sound's counters.
type soundSample struct {
	At               float64 `json:"at"` // ms since the Unix epoch
	Concealed, Total float64 // samples
}

// result is what one end received.
type result struct {
	Frames []seen        `json:"frames"`
	Sound  []soundSample `json:"sound"`
}

// figures of one direction over a span of time.
type figures struct {
	fps        float64
	freezes    int
	frozen     float64 // s
	p50, p95   float64 // ms
	psnr, ssim float64
	width      float64 // pixels, mean
	concealed  float64 // share of samples
}

func (r result) between(from, to float64) []seen {
	var part []seen
	for _, f := range r.Frames {
		if f.At >= from && f.At < to {
			part = append(part, f)
		}
	}
	return part
}

func (r result) figures(from, to float64) (f figures) {
	frames := r.between(from, to)
	f.fps = float64(len(frames)) / (to - from) * 1000
	f.freezes, f.frozen = freezes(frames, from, to)
	var ages []float64
	var psnr, ssim, judged float64
	for _, s := range frames {
		if s.Age > 0 {
			ages = append(ages, s.Age)
		}
		if s.PSNR > 0 {
			psnr, ssim, judged = psnr+s.PSNR, ssim+s.SSIM, judged+1
		}
		f.width += float64(s.Width) / float64(len(frames))
	}
	f.p50, f.p95 = kit.Percentile(ages, 0.5), kit.Percentile(ages, 0.95)
	if judged > 0 {
		f.psnr, f.ssim = psnr/judged, ssim/judged
	}
	f.concealed = r.concealed(from, to)
	return f
}

// freezes counts gaps of max(3 × mean, mean + 150 ms), the mean being that of the last 30 gaps, and adds them up (spec
// app, "Behaviours"). Nothing at all is one freeze.
func freezes(frames []seen, from, to float64) (count int, seconds float64) {
	var gaps []float64
	last := from
	note := func(at float64) {
		gap := at - last
		last = at
		mean := 1000.0 / rate
		if len(gaps) > 0 {
			mean = 0
			for _, g := range gaps {
				mean += g / float64(len(gaps))
			}
		}
		if gap >= max(3*mean, mean+150) {
			count++
			seconds += gap / 1000
		}
		if gaps = append(gaps, gap); len(gaps) > 30 {
			gaps = gaps[1:]
		}
	}
	for _, f := range frames {
		note(f.At)
	}
	note(to)
	return count, seconds
}

// concealed is the share of samples that were invented, from the samples next to the span's ends.
func (r result) concealed(from, to float64) float64 {
	var first, last *soundSample
	for i := range r.Sound {
		s := &r.Sound[i]
		if s.At < from {
			first = s
		}
		if s.At <= to {
			last = s
		}
	}
	if first == nil || last == nil || last.Total <= first.Total {
		return 0
	}
	return (last.Concealed - first.Concealed) / (last.Total - first.Total)
}

// recovery is the time in ms from the end of a disturbance until a second begins that has 90 % of the frames (and, of
// what is judged, of the picture's size) there were before; -1 when none does.
func (r result) recovery(before figures, end, until float64) float64 {
	frames := r.between(end, until)
	for i, f := range frames {
		count, wide := 0, 0.0
		for _, g := range frames[i:] {
			if g.At >= f.At+1000 {
				break
			}
			count++
			wide += float64(g.Width)
		}
		if float64(count) >= 0.9*before.fps && wide/float64(count) >= 0.9*before.width {
			return f.At - end
		}
	}
	return -1
}
