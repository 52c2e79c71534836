package device

import (
	"errors"
	"testing"
)

// album is a screen that shows one picture after the other.
type album struct {
	pages  [][]byte // nil: no picture now
	rested bool
}

func (a *album) Grab() ([]byte, int, int, error) {
	if len(a.pages) == 0 {
		return nil, 0, 0, ErrClosed
	}
	page := a.pages[0]
	a.pages = a.pages[1:]
	if page == nil {
		return nil, 0, 0, nil
	}
	return page, len(page) / 4, 1, nil
}

func (a *album) Relocate() error { return nil }
func (a *album) Rest()           { a.rested = true }
func (a *album) Close()          {}

func TestAScreenThatDoesNotTellIsCompared(t *testing.T) {
	red, blue, wide := []byte{0, 0, 255, 0}, []byte{255, 0, 0, 0}, []byte{0, 0, 255, 0, 0, 0, 255, 0}
	screen := &album{pages: [][]byte{red, red, blue, nil, blue, wide, red, red}}
	c := &comparer{shooter: screen}
	look := func(want bool) {
		t.Helper()
		if changed, err := c.Changed(); err != nil || changed != want {
			t.Fatalf("changed %v, %v", changed, err)
		}
	}
	take := func(want []byte, width int) {
		t.Helper()
		if pixels, w, h, err := c.Grab(); err != nil || string(pixels) != string(want) || w != width || h != min(width, 1) {
			t.Fatalf("%v of %d×%d, %v", pixels, w, h, err)
		}
	}
	look(true)
	look(true) // nobody took it yet: the screen is not asked again
	take(red, 1)
	look(false)  // red again
	take(red, 1) // a picture that settles is told again, and taken once a look
	look(true)
	take(blue, 1)
	look(false) // minimised
	look(false) // blue again, which nobody wants
	look(true)
	take(wide, 2)
	take(red, 1) // nobody asked before
	c.Rest()
	look(true) // after a rest everything is new
	take(red, 1)
	if !screen.rested {
		t.Error("the screen's own memory is kept")
	}
	if _, err := c.Changed(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}
