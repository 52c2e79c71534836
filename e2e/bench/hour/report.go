package main

import (
	"fmt"
	"math"
)

// What the issue asks for. Memory is flat when its slope cannot be told from none, or is so small that it does not matter.
const (
	mostDrift  = 45.0 // ms
	mostGrowth = 10.0 // kB a minute
)

func report(all map[string][]sample) {
	for role, samples := range all {
		all[role] = warm(samples)
	}
	fmt.Println("| What is held | process | at the beginning | at the end | slope, a minute (95 %) | |")
	fmt.Println("|---|---|---:|---:|---:|---|")
	for _, row := range []struct {
		name, unit string
		scale      float64 // of the slope
		of         func(sample) float64
	}{
		{"memory (PSS)", "MB", 1024, func(s sample) float64 { return s.Memory / 1024 }},
		{"live heap", "MB", 1024, func(s sample) float64 { return s.Heap / 1024 }},
		{"Go's memory", "MB", 1024, func(s sample) float64 { return s.Go / 1024 }},
		{"goroutines", "", 1, func(s sample) float64 { return float64(s.Goroutines) }},
		{"open files", "", 1, func(s sample) float64 { return float64(s.Files) }},
	} {
		for _, role := range []string{"near", "far", "room"} {
			x, y := series(all[role], row.of)
			l, ok := fit(x, y)
			if !ok {
				fmt.Printf("| %s | %s | too few samples | | | |\n", row.name, role)
				continue
			}
			unit, verdict := "", ""
			if row.unit != "" {
				unit, verdict = " kB", flatness(l.slope*row.scale, l.sure*row.scale)
			}
			fmt.Printf("| %s%s | %s | %.1f | %.1f | %+.3f ± %.3f%s | %s |\n", row.name, comma(row.unit), role,
				median(head(y)), median(tail(y)), l.slope*row.scale, l.sure*row.scale, unit, verdict)
		}
	}
	fmt.Println()
	fmt.Println("| What comes out | near | far |\n|---|---:|---:|")
	for _, row := range []struct {
		name string
		of   func([]sample) string
	}{
		{"picture after sound at the beginning, ms", func(s []sample) string { return number(median(head(apart(s)))) }},
		{"picture after sound at the end, ms", func(s []sample) string { return number(median(tail(apart(s)))) }},
		{"drift from beginning to end, ms (wanted: at most 45)", drift},
		{"greatest distance in a minute, ms (wanted: at most 45)", greatest},
		{"share of the 10 s within 45 ms, %", within},
		{"the same as the statistics estimate it: beginning, end, ms", estimated},
		{"beeps compared", func(s []sample) string { return number(sum(s, func(s sample) float64 { return float64(s.Beeps) })) }},
		{"sound, mouth to ear, ms", func(s []sample) string { return number(median(heard(s, func(s sample) float64 { return s.Sound }))) }},
		{"picture, drawn to shown, ms", func(s []sample) string { return number(median(heard(s, func(s sample) float64 { return s.Picture }))) }},
		{"frames decoded / dropped", func(s []sample) string {
			return grown(s, func(c counts) float64 { return c.Decoded }) + " / " + grown(s, func(c counts) float64 { return c.Dropped })
		}},
		{"freezes (s)", func(s []sample) string {
			return grown(s, func(c counts) float64 { return c.Freezes }) + " (" + grown(s, func(c counts) float64 { return c.Frozen }) + ")"
		}},
		{"packets lost: picture, sound", func(s []sample) string {
			return grown(s, func(c counts) float64 { return c.PicturesLost }) + ", " + grown(s, func(c counts) float64 { return c.SoundsLost })
		}},
		{"sound concealed, % (silence left out)", concealed},
	} {
		fmt.Printf("| %s | %s | %s |\n", row.name, orNone(all["near"], row.of), orNone(all["far"], row.of))
	}
}

func comma(unit string) string {
	if unit == "" {
		return ""
	}
	return ", " + unit
}

// flatness judges a slope, kB a minute.
func flatness(slope, sure float64) string {
	switch {
	case slope-sure > mostGrowth:
		return "missed: it grows"
	case math.Abs(slope) <= sure:
		return "ok: flat"
	case slope <= mostGrowth:
		return "ok"
	}
	return "open: it may grow"
}

// warm leaves out the beginning.
func warm(samples []sample) []sample {
	for i, s := range samples {
		if s.At > warming.Seconds() {
			return samples[i:]
		}
	}
	return nil
}

// series over minutes.
func series(samples []sample, of func(sample) float64) (x, y []float64) {
	for _, s := range samples {
		x, y = append(x, s.At/60), append(y, of(s))
	}
	return x, y
}

// share of a series that is its head, and its tail.
const ends = 12

func head(values []float64) []float64 { return values[:max(1, len(values)/ends)] }
func tail(values []float64) []float64 { return values[len(values)-max(1, len(values)/ends):] }

// heard is a series of the samples with beeps in them.
func heard(samples []sample, of func(sample) float64) (values []float64) {
	for _, s := range samples {
		if s.Beeps > 0 {
			values = append(values, of(s))
		}
	}
	return values
}

func apart(samples []sample) []float64 {
	return heard(samples, func(s sample) float64 { return s.Skew })
}

func drift(samples []sample) string {
	d := median(tail(apart(samples))) - median(head(apart(samples)))
	return number(d) + verdict(math.Abs(d) <= mostDrift)
}

// greatest distance of sound and picture, medians of a minute.
func greatest(samples []sample) string {
	values := apart(samples)
	size := max(1, int(60/every.Seconds()))
	worst := 0.0
	for i := 0; i < len(values); i += size {
		if m := median(values[i:min(i+size, len(values))]); math.Abs(m) > math.Abs(worst) {
			worst = m
		}
	}
	return number(worst) + verdict(math.Abs(worst) <= mostDrift)
}

func within(samples []sample) string {
	values := apart(samples)
	good := 0
	for _, v := range values {
		if math.Abs(v) <= mostDrift {
			good++
		}
	}
	return fmt.Sprintf("%.1f", 100*float64(good)/float64(len(values)))
}

func estimated(samples []sample) string {
	var values []float64
	for _, s := range samples {
		if s.Estimated != 0 {
			values = append(values, s.Estimated)
		}
	}
	if len(values) == 0 {
		return "not told"
	}
	return number(median(head(values))) + ", " + number(median(tail(values)))
}

// grown is what a counter counted after the beginning.
func grown(samples []sample, of func(counts) float64) string {
	return number(of(samples[len(samples)-1].counts) - of(samples[0].counts))
}

func concealed(samples []sample) string {
	first, last := samples[0].counts, samples[len(samples)-1].counts
	audible := (last.Concealed - last.Silent) - (first.Concealed - first.Silent)
	return fmt.Sprintf("%.3f", 100*audible/max(1, last.Samples-first.Samples))
}

func sum(samples []sample, of func(sample) float64) (total float64) {
	for _, s := range samples {
		total += of(s)
	}
	return total
}

func orNone(samples []sample, of func([]sample) string) string {
	if len(apart(samples)) == 0 {
		return "nothing heard"
	}
	return of(samples)
}

func number(v float64) string { return fmt.Sprintf("%.0f", v) }

func verdict(ok bool) string {
	if ok {
		return " ok"
	}
	return " missed"
}
