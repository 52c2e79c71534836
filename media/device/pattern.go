package device

import (
	"fmt"
	"strconv"
	"time"

	"parley/media/device/stamp"
	"parley/media/video"
)

// PatternOptions of a Pattern.
type PatternOptions struct {
	Width, Height int     // pixels; 0: 1280×720
	FPS           float64 // frames a second; 0: 30
	Label         string  // for people; "" is "Test picture"
	// Text is drawn with the frame's number behind it; "" draws no text.
	Text string
	// Stamp draws the moment of each frame (media/device/stamp).
	Stamp bool
	// Hue turns the colours, 0 to 255, so that participants can be told apart.
	Hue int
}

// Pattern is a moving test picture: colour bars, a ramp, and a ball that goes round.
type Pattern struct {
	options PatternOptions
	run     runner
	pool    video.Pool
	still   *video.Frame // what does not move
	text    *typewriter
	line    []byte
}

// NewPattern makes a test picture.
func NewPattern(o PatternOptions) (*Pattern, error) {
	if o.Width == 0 && o.Height == 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.FPS == 0 {
		o.FPS = 30
	}
	if o.Width < 16 || o.Height < 16 || o.Width > 7680 || o.Height > 7680 || !(o.FPS > 0 && o.FPS <= 240) {
		return nil, fmt.Errorf("test picture of %d×%d at %g frames a second", o.Width, o.Height, o.FPS)
	}
	if o.Label == "" {
		o.Label = "Test picture"
	}
	p := &Pattern{options: o, still: stillPattern(o)}
	if o.Text != "" {
		var err error
		if p.text, err = newTypewriter(max(12, o.Height/15) &^ 1); err != nil {
			return nil, fmt.Errorf("test picture: %w", err)
		}
	}
	return p, nil
}

// Label as given.
func (p *Pattern) Label() string { return p.options.Label }

// Start as VideoSource.
func (p *Pattern) Start(deliver func(*video.Frame), ended func(error)) error {
	return p.run.start(func(stop <-chan struct{}) error {
		return pace(stop, 1/p.options.FPS, func(n int64) error {
			f := p.pool.Get(p.options.Width, p.options.Height)
			f.Captured = video.Now()
			p.draw(f, n)
			deliver(f)
			f.Release()
			return nil
		})
	}, ended)
}

// Close as VideoSource.
func (p *Pattern) Close() error {
	p.run.close()
	return nil
}

func (p *Pattern) draw(f *video.Frame, n int64) {
	copy(f.Y, p.still.Y)
	copy(f.U, p.still.U)
	copy(f.V, p.still.V)
	p.ball(f, n)
	if p.text != nil {
		p.line = append(append(p.line[:0], p.options.Text...), ' ', '#')
		p.line = strconv.AppendInt(p.line, n, 10)
		p.text.write(f, 16, (f.Height*4/5)&^1, string(p.line))
	}
	if p.options.Stamp {
		stamp.Draw(f, time.Now())
	}
}

// ball crosses the picture in four seconds, bouncing: smooth motion with a sharp edge.
func (p *Pattern) ball(f *video.Frame, n int64) {
	radius := max(4, f.Height/10)
	t := float64(n) / p.options.FPS
	cx := radius + int(bounce(t/4)*float64(f.Width-2*radius))
	top := stamp.Height(f.Height) + radius
	cy := top + int(bounce(t/2.6)*float64(max(0, f.Height*4/5-radius-top)))
	for y := max(0, cy-radius); y < min(f.Height, cy+radius); y++ {
		for x := max(0, cx-radius); x < min(f.Width, cx+radius); x++ {
			if dx, dy := x-cx, y-cy; dx*dx+dy*dy < radius*radius {
				f.Y[y*f.StrideY+x] = 235
				f.U[y/2*f.StrideUV+x/2], f.V[y/2*f.StrideUV+x/2] = byte(p.options.Hue), byte(255-p.options.Hue)
			}
		}
	}
}

// bounce goes 0, 1, 0 over one unit of t.
func bounce(t float64) float64 {
	t -= float64(int64(t))
	return 2 * min(t, 1-t)
}

// stillPattern paints bars over a ramp.
func stillPattern(o PatternOptions) *video.Frame {
	f := video.NewFrame(o.Width, o.Height)
	// 75 % bars: white, yellow, cyan, green, magenta, red, blue (BT.601).
	bars := [7][3]byte{{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {35, 212, 114}}
	bar := func(x, width int) [3]byte { return bars[(x*7/width+o.Hue*7/256)%7] }
	split := f.Height * 2 / 3
	for y := range f.Height {
		for x := range f.Width {
			if y < split {
				f.Y[y*f.StrideY+x] = bar(x, f.Width)[0]
			} else {
				f.Y[y*f.StrideY+x] = byte(16 + x*219/f.Width)
			}
		}
	}
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	for y := range ch {
		for x := range cw {
			u, v := byte(128), byte(128)
			if y < split/2 {
				b := bar(min(2*x, f.Width-1), f.Width)
				u, v = b[1], b[2]
			}
			f.U[y*f.StrideUV+x], f.V[y*f.StrideUV+x] = u, v
		}
	}
	return f
}
