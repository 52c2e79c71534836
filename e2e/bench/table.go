package main

import "fmt"

// goal is what a row is measured against; 0 is no goal.
type goal struct{ most, ofChromium, ofBaresip float64 }

// table prints what was measured, the ratios and whether the goals are met.
func table(codec string, results map[string]result) {
	fmt.Printf("\n%s, %d×%d, %d frames a second both ways, %.1f Mbit/s\n\n", codec, width, height, rate, videoBitrate/1e6)
	fair := fairTo(results["Parley"], results["baresip"])
	fmt.Println("| | Parley | Chromium | of Chromium | baresip | of baresip | goals | |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---|---|")
	for _, row := range []struct {
		name string
		of   func(result) float64
		goal goal
	}{
		{"processor, cores", func(r result) float64 { return r.cpu }, goal{ofChromium: 0.6, ofBaresip: 1.25}},
		{"memory, MB of PSS", func(r result) float64 { return r.memory }, goal{ofChromium: 0.3}},
		{"call to first decoded frame, ms", func(r result) float64 { return r.firstFrame }, goal{most: 300}},
		{"sent, frames a second", func(r result) float64 { return r.sent }, goal{}},
		{"sent, pixels of width at the end", func(r result) float64 { return r.width }, goal{}},
		{"decoded, frames a second", func(r result) float64 { return r.decoded }, goal{}},
		{"delay glass to glass p50, ms", func(r result) float64 { return r.p50 }, goal{most: 100}},
		{"delay glass to glass p95, ms", func(r result) float64 { return r.p95 }, goal{most: 150}},
	} {
		ours, browser, phone := row.of(results["Parley"]), row.of(results["Chromium"]), row.of(results["baresip"])
		compared := phone
		if !fair {
			compared = 0
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", row.name, figure(ours), figure(browser), ratio(ours, browser),
			figure(phone), ratio(ours, compared), row.goal, row.goal.verdict(ours, browser, compared))
	}
	if full := results[fullSize]; full.cpu > 0 {
		fmt.Printf("\nChromium that may not send less than it captures: %.2f cores, %.0f frames a second of %.0f pixels of width sent; Parley's "+
			"processor time is %s of it.\n", full.cpu, full.sent, full.width, ratio(results["Parley"].cpu, full.cpu))
	}
	if !fair && results["baresip"].cpu > 0 {
		fmt.Println("\nbaresip shows too few of the frames to be compared with.")
	}
}

// fairTo tells whether a phone shows about as many frames as we do: what it does not decode costs it nothing.
func fairTo(ours, phone result) bool { return phone.decoded >= 0.9*ours.decoded }

func figure(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func (g goal) String() string {
	text := ""
	for _, part := range []struct {
		most float64
		what string
	}{{g.most, "≤ %g"}, {g.ofChromium, "≤ %g of Chromium's"}, {g.ofBaresip, "≤ %g of baresip's"}} {
		if part.most == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf(part.what, part.most)
	}
	return text
}

// verdict is empty without a goal, and where nothing to compare with was measured.
func (g goal) verdict(ours, browser, phone float64) string {
	verdict := ""
	for _, part := range [][2]float64{{g.most, 1}, {g.ofChromium, browser}, {g.ofBaresip, phone}} {
		most, of := part[0], part[1]
		switch {
		case most == 0 || of == 0 || ours == 0:
		case ours > most*of:
			return "missed"
		default:
			verdict = "met"
		}
	}
	return verdict
}
