package device

import "bytes"

// shooter takes pictures of a screen without knowing whether anything changed.
type shooter interface {
	// Grab gives 4 bytes a pixel, valid until the next call; nil when there is no picture now.
	Grab() (pixels []byte, width, height int, err error)
	Relocate() error
	Rest()
	Close()
}

// comparer is a capturer for systems that do not tell what was drawn: it takes pictures and compares them, which costs
// less than to encode a picture that says nothing new.
type comparer struct {
	shooter
	last          []byte // the newest picture, kept from the system's memory
	width, height int
	fresh         bool // last was not given out yet
	current       bool // last is what the screen showed at the newest look, which nobody has taken yet
}

// Changed takes a picture and tells whether it differs from the last one.
func (c *comparer) Changed() (bool, error) {
	if c.fresh {
		return true, nil
	}
	c.current = false
	pixels, width, height, err := c.shooter.Grab()
	if err != nil || pixels == nil {
		return false, err
	}
	if width == c.width && height == c.height && bytes.Equal(pixels, c.last) {
		c.current = true
		return false, nil
	}
	c.keep(pixels, width, height)
	c.fresh = true
	return true, nil
}

func (c *comparer) keep(pixels []byte, width, height int) {
	c.last, c.width, c.height = append(c.last[:0], pixels...), width, height
}

// Grab gives the picture that Changed took, be it a new one or not, or takes one.
func (c *comparer) Grab() ([]byte, int, int, error) {
	if c.fresh || c.current {
		c.fresh, c.current = false, false
		return c.last, c.width, c.height, nil
	}
	pixels, width, height, err := c.shooter.Grab()
	if err != nil || pixels == nil {
		return nil, 0, 0, err
	}
	c.keep(pixels, width, height)
	return c.last, width, height, nil
}

// Rest gives the memory back; the next picture is new.
func (c *comparer) Rest() {
	c.last, c.width, c.height, c.fresh, c.current = nil, 0, 0, false, false
	c.shooter.Rest()
}
