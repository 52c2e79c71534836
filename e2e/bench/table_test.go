package main

import "testing"

func TestVerdicts(t *testing.T) {
	both := goal{ofChromium: 0.6, ofBaresip: 1.25}
	for _, test := range []struct {
		goal                 goal
		ours, browser, phone float64
		want                 string
	}{
		{both, 0.5, 1, 0.45, "met"},
		{both, 0.7, 1, 0.9, "missed"},
		{both, 0.5, 1, 0.3, "missed"},
		{both, 0.5, 1, 0, "met"}, // no baresip here
		{both, 0.5, 0, 0, ""},
		{goal{most: 300}, 301, 100, 0, "missed"},
		{goal{most: 300}, 300, 0, 0, "met"},
		{goal{}, 30, 30, 0, ""},
		{goal{most: 300}, 0, 100, 0, ""}, // not measured
	} {
		if got := test.goal.verdict(test.ours, test.browser, test.phone); got != test.want {
			t.Errorf("%v of %v, %v and %v: %q instead of %q", test.goal, test.ours, test.browser, test.phone, got, test.want)
		}
	}
	if got := both.String(); got != "≤ 0.6 of Chromium's, ≤ 1.25 of baresip's" {
		t.Error(got)
	}
}

func TestAPhoneThatShowsLittleIsNotComparedWith(t *testing.T) {
	if !fairTo(result{decoded: 30}, result{decoded: 29}) || fairTo(result{decoded: 30}, result{decoded: 7.5}) {
		t.Error("a quarter of the frames costs a quarter")
	}
}
