package gui

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/e2e/harness"
)

// lookAgain is how often the window is asked while something is waited for: it tells of nothing by itself.
const lookAgain = 60 * time.Millisecond

// patience is how long one thing may take to show, on a machine that does much else.
const patience = 30 * time.Second

// until looks at the windows until one shows an item as wanted.
func (s *session) until(what string, wanted func(harness.Pane, harness.Item) bool) (harness.Pane, harness.Item) {
	s.t.Helper()
	pane, item, err := s.find(what, wanted)
	s.must(err)
	return pane, item
}

func (s *session) find(what string, wanted func(harness.Pane, harness.Item) bool) (harness.Pane, harness.Item, error) {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	var last harness.Outline
	for looks := 1; ; looks++ {
		if looks%20 == 0 {
			s.wake() // what is looked for may be on a bar that hides
		}
		now, err := s.window.Outline(ctx)
		if err != nil {
			return harness.Pane{}, harness.Item{}, fmt.Errorf("%s: %w\n%s", what, err, described(last))
		}
		last = now
		for _, pane := range now.Windows {
			for _, item := range pane.Items {
				if wanted(pane, item) {
					return pane, item, nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return harness.Pane{}, harness.Item{}, fmt.Errorf("%s: %w; the windows show:\n%s", what, ctx.Err(), described(last))
		case <-time.After(lookAgain):
		}
	}
}

func described(o harness.Outline) string {
	var b strings.Builder
	for _, pane := range o.Windows {
		fmt.Fprintf(&b, "window %q\n", pane.Title)
		for _, i := range pane.Items {
			if i.Words+i.Value == "" || i.Kind == "container" {
				continue
			}
			fmt.Fprintf(&b, "  %s %q %q %v of which %v focused=%v disabled=%v covered=%v\n", i.Kind, i.Words, i.Value, i.Area, i.Seen, i.Focused, i.Disabled, i.Covered)
		}
	}
	return b.String()
}

// says tells whether an item that can be read says something; a part of it is enough.
func says(i harness.Item, said string) bool {
	return !i.Covered && !i.Seen.Empty() && (strings.Contains(i.Words, said) || i.Kind == "field" && strings.Contains(i.Value, said) || i.Kind == "select" && i.Value == said)
}

// sees waits until a window says something.
func (s *session) sees(said string) {
	s.t.Helper()
	s.until("see "+said, func(_ harness.Pane, i harness.Item) bool { return says(i, said) })
}

// missesNow tells whether no window says something now.
func (s *session) missesNow(said string) bool {
	s.t.Helper()
	now, err := s.window.Outline(s.ctx)
	s.must(err)
	for _, pane := range now.Windows {
		for _, i := range pane.Items {
			if says(i, said) {
				return false
			}
		}
	}
	return true
}

// gone waits until no window says something any more.
func (s *session) gone(said string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	for !s.missesNow(said) {
		select {
		case <-ctx.Done():
			s.t.Fatalf("%q is still to be seen", said)
		case <-time.After(lookAgain):
		}
	}
}

// usable tells whether an item can be clicked on, exactly by its words.
func usable(i harness.Item, said string) bool {
	return !i.Covered && !i.Disabled && (i.Words == said || i.Kind == "select" && i.Value == said) && i.Kind != "label"
}

// tap clicks on what has these words, scrolling to it first.
func (s *session) tap(said string) {
	s.t.Helper()
	s.tapThat(said, func(i harness.Item) bool { return usable(i, said) })
}

func (s *session) tapThat(what string, wanted func(harness.Item) bool) {
	s.t.Helper()
	s.tapWhere(what, func(_ harness.Pane, i harness.Item) bool { return wanted(i) })
}

// tapIn clicks on what has these words in the window with a title: another window may have the same words.
func (s *session) tapIn(title, said string) {
	s.t.Helper()
	s.tapWhere(said, func(p harness.Pane, i harness.Item) bool { return p.Title == title && usable(i, said) })
}

func (s *session) tapWhere(what string, wanted func(harness.Pane, harness.Item) bool) {
	s.t.Helper()
	before := image.Rectangle{}
	for range 80 {
		pane, item := s.until("use "+what, wanted)
		if item.Area != before { // it may be moving: a person would wait, too
			before = item.Area
			continue
		}
		window := s.number(pane)
		middle := center(item.Area)
		if item.Kind == "check" {
			middle.X = item.Area.Min.X + 20 // right of its words it hears nothing
		}
		if middle.In(item.Seen) {
			s.must(s.screen.FocusOn(s.ctx, window))
			s.must(s.screen.Click(s.ctx, window, middle, 1))
			return
		}
		wheel := 5
		if item.Area.Min.Y < 0 || item.Area.Max.Y < pane.Height/2 {
			wheel = 4
		}
		s.must(s.screen.Click(s.ctx, window, image.Pt(max(2, item.Area.Min.X-6), pane.Height/2), wheel)) // a field in the way would keep the wheel for itself
	}
	now, err := s.window.Outline(s.ctx)
	s.must(err)
	s.t.Fatalf("%s cannot be scrolled to; the windows show:\n%s", what, described(now))
}

func center(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// choose takes another option in a choice that shows something now.
func (s *session) choose(shows, option string) {
	s.t.Helper()
	s.tapThat(shows, func(i harness.Item) bool { return i.Kind == "select" && i.Value == shows && !i.Covered && !i.Disabled })
	s.tapThat(option, func(i harness.Item) bool { return i.Kind == "text" && i.Words == option && !i.Covered })
}

// fill types into the field with a hint, in place of what is there.
func (s *session) fill(hint, content string) {
	s.t.Helper()
	s.tapThat("the field "+hint, func(i harness.Item) bool { return i.Kind == "field" && i.Words == hint && !i.Covered && !i.Disabled })
	s.press("ctrl+a")
	s.typed(content)
	s.until("the field "+hint+" to hold what was typed", func(_ harness.Pane, i harness.Item) bool {
		return i.Kind == "field" && i.Words == hint && len([]rune(i.Value)) == len([]rune(content))
	})
}

// number is a window's X11 number. The main window's title changes, so it is not looked for by its title.
func (s *session) number(p harness.Pane) string {
	s.t.Helper()
	if p.Main {
		return s.main
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	window, err := s.screen.Window(ctx, p.Title)
	s.must(err)
	return window
}

// shot keeps a picture of a window for people, once it rests: in artefacts/, or where PARLEY_SCREENS says. A part of a
// window's title names the window, "" is the first.
func (s *session) shot(name, title string) {
	s.t.Helper()
	now, err := s.window.Outline(s.ctx)
	s.must(err)
	pane := now.Windows[0]
	for _, other := range now.Windows {
		if title != "" && strings.Contains(other.Title, title) {
			pane = other
		}
	}
	window := s.number(pane)
	place, err := s.screen.Place(s.ctx, window)
	s.must(err)
	picture := s.rests("the picture " + name)
	s.shots++
	folder := os.Getenv("PARLEY_SCREENS")
	if s.look == "" {
		folder = "" // not a tour
	}
	file := filepath.Join(folder, s.look, name+".png")
	if folder == "" {
		file = filepath.Join("..", "..", "artefacts", fmt.Sprintf("%s-%02d-%s.png", s.name, s.shots, name))
	}
	s.must(os.MkdirAll(filepath.Dir(file), 0o755))
	out, err := os.Create(file)
	s.must(err)
	defer out.Close()
	s.must(png.Encode(out, picture.SubImage(place)))
}

// rests waits until two pictures in a row are alike, or as alike as moving pictures let them be.
func (s *session) rests(what string) *image.NRGBA {
	s.t.Helper()
	looks := 0
	picture, err := s.screen.Until(s.ctx, what, func(before, now *image.NRGBA) bool {
		looks++
		return before != nil && !harness.Plain(now) && (harness.Different(before, now, now.Rect) < 0.001 || looks > 3)
	})
	s.must(err)
	return picture
}

// checked is the state of the tick with these words.
func (s *session) ticked(said string, on bool) {
	s.t.Helper()
	s.until(fmt.Sprintf("the tick %q to be %v", said, on), func(_ harness.Pane, i harness.Item) bool {
		return i.Kind == "check" && i.Words == said && i.On == on
	})
}

// password types into the field that hides what it holds.
func (s *session) password(secret string) {
	s.t.Helper()
	hidden := func(i harness.Item) bool { return i.Kind == "field" && i.Words == "" && !i.Covered && !i.Disabled }
	s.tapThat("the password", hidden)
	s.press("ctrl+a")
	s.typed(secret)
	s.until("the password to be typed", func(_ harness.Pane, i harness.Item) bool {
		return hidden(i) && i.Value == strings.Repeat("•", len(secret))
	})
}

// bar clicks on a button of the call's bar, which hides while the mouse rests.
func (s *session) bar(key string) {
	s.t.Helper()
	said := s.word(key)
	s.wake()
	s.tapThat(said, func(i harness.Item) bool { return i.Kind == "button" && usable(i, said) })
}

// wake moves the mouse over the pictures, so that the bar shows.
func (s *session) wake() {
	s.t.Helper()
	s.nudge = 8 - s.nudge
	s.must(s.screen.Point(s.ctx, s.main, image.Pt(500+s.nudge, 300)))
}

// fillIn types into the nth field that can be used now, in place of what is there.
func (s *session) fillIn(nth int, content string) {
	s.t.Helper()
	seen := 0
	pane, item := s.until("a field", func(_ harness.Pane, i harness.Item) bool {
		if i.Kind != "field" || i.Covered || i.Disabled {
			return false
		}
		seen++
		return seen == nth+1
	})
	window := s.number(pane)
	s.must(s.screen.Click(s.ctx, window, center(item.Area), 1))
	s.press("ctrl+a")
	s.typed(content)
	s.until("what was typed", func(_ harness.Pane, i harness.Item) bool { return i.Kind == "field" && i.Value == content })
}

// guest signs in as a guest who is remembered.
func (s *session) guest(name string) {
	s.t.Helper()
	s.tap(s.word("welcome.server.do"))
	s.fill(s.word("signin.server.hint"), s.address)
	s.fill(s.word("signin.name.hint"), name)
	s.tap(s.word("signin.remember"))
	s.tap(s.word("signin.do"))
	s.tap(s.word("certificate.trust"))
	s.sees(s.word("status.ready"))
}

// darker waits until the screen is much darker than a picture of it.
func (s *session) darker(what string, than *image.NRGBA) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	_, err := s.screen.Until(ctx, what, func(_, now *image.NRGBA) bool { return brightness(now) < brightness(than)/2 })
	s.must(err)
}

// brightness of a picture, 0 to 255.
func brightness(p *image.NRGBA) float64 {
	sum := 0
	for i := 0; i < len(p.Pix); i += 4 {
		sum += int(p.Pix[i]) + int(p.Pix[i+1]) + int(p.Pix[i+2])
	}
	return float64(sum) / float64(len(p.Pix)/4*3)
}

// alone waits until the main window is the only one.
func (s *session) alone() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	for {
		now, err := s.window.Outline(ctx)
		s.must(err)
		if len(now.Windows) == 1 {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("other windows stay:\n%s", described(now))
		case <-time.After(lookAgain):
		}
	}
}
