package window

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
	"parley/views/widget"
)

// frameTime is the shortest time between two redraws: 30 a second.
const frameTime = time.Second / 30

// framed is what has pictures: remote tracks, the camera's track, a shared screen.
type framed interface{ Frames() *video.Outlet }

// Pump brings the newest frames into the tiles: at most 30 times a second, all changed tiles in one go, and not at all
// while the last go has not been run. It sleeps while no frame comes.
type Pump struct {
	do      func(func()) // crosses to the window's goroutine
	drawing atomic.Int32

	mu    sync.Mutex
	feeds []*feed

	wake    chan struct{} // a frame came; holds one
	pending atomic.Bool   // a swap is on its way to the window
	swapped func()        // swap, made once: no allocation a frame
	ready   []*feed       // to be swapped; the pump's while pending is false, else the window's
	stop    chan struct{}
	stopped sync.WaitGroup
	draws   atomic.Uint64
}

// feed connects one tile with one outlet.
type feed struct {
	tile   *widget.Tile
	track  rtc.Track
	outlet *video.Outlet
	cancel func()
	count  uint64    // of the outlet's frames when last drawn
	drawn  time.Time // when last drawn
	gone   atomic.Bool
}

// NewPump starts a pump; do runs a function on the window's goroutine.
func NewPump(do func(func()), drawing widget.Drawing) *Pump {
	p := &Pump{do: do, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	p.drawing.Store(int32(drawing))
	p.swapped = p.swap
	p.stopped.Add(1)
	go p.run()
	return p
}

// Drawing implements views.Pictures.
func (p *Pump) Drawing() widget.Drawing { return widget.Drawing(p.drawing.Load()) }

// SetDrawing changes how tiles made from now on draw, and those that are shown.
func (p *Pump) SetDrawing(d widget.Drawing) {
	p.drawing.Store(int32(d))
	p.mu.Lock()
	feeds := append([]*feed(nil), p.feeds...)
	p.mu.Unlock()
	for _, f := range feeds {
		f.tile.SetDrawing(d)
	}
}

// Draws counts the swaps so far.
func (p *Pump) Draws() uint64 { return p.draws.Load() }

// Show implements views.Pictures. It belongs to the window's goroutine.
func (p *Pump) Show(tile *widget.Tile, track rtc.Track) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := -1
	for i, f := range p.feeds {
		if f.tile == tile {
			if f.track == track {
				return
			}
			at = i
		}
	}
	if at >= 0 {
		p.drop(at)
		tile.Clear()
	}
	source, ok := track.(framed)
	if !ok || source == nil {
		return
	}
	f := &feed{tile: tile, track: track, outlet: source.Frames()}
	f.cancel = f.outlet.Tap(func(*video.Frame) { p.poke() })
	p.feeds = append(p.feeds, f)
	p.poke() // a still picture may be there already
}

func (p *Pump) drop(i int) {
	p.feeds[i].gone.Store(true)
	p.feeds[i].cancel()
	p.feeds = append(p.feeds[:i], p.feeds[i+1:]...)
}

func (p *Pump) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Close ends the pump and lets go of all frames.
func (p *Pump) Close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.feeds) > 0 {
		p.drop(0)
	}
}

func (p *Pump) run() {
	defer p.stopped.Done()
	timer := time.NewTimer(0)
	<-timer.C
	var last time.Time
	for {
		select {
		case <-p.stop:
			return
		case <-p.wake:
		}
		if wait := frameTime - time.Since(last); wait > 0 {
			timer.Reset(wait)
			select {
			case <-p.stop:
				return
			case <-timer.C:
			}
		}
		last = time.Now()
		p.step(last)
	}
}

// step prepares what has changed and sends it to the window.
func (p *Pump) step(now time.Time) {
	if p.pending.Load() {
		return // the window is behind; swap wakes us again
	}
	p.mu.Lock()
	p.ready = p.ready[:0]
	late := false
	for _, f := range p.feeds {
		if f.tile.Thumbnail && now.Sub(f.drawn) < 2*frameTime-5*time.Millisecond {
			late = true
			continue
		}
		frame, count := f.outlet.Newest()
		if frame == nil {
			continue
		}
		if count != f.count && f.tile.Prepare(frame) {
			f.count, f.drawn = count, now
			p.ready = append(p.ready, f)
		}
		frame.Release()
	}
	p.mu.Unlock()
	if len(p.ready) > 0 {
		p.pending.Store(true)
		p.do(p.swapped)
	}
	if late {
		p.poke() // a thumbnail was held back: look again after a frame's time
	}
}

// swap runs on the window's goroutine.
func (p *Pump) swap() {
	for _, f := range p.ready {
		if !f.gone.Load() {
			f.tile.Swap()
		}
	}
	p.draws.Add(1)
	p.pending.Store(false)
	p.poke() // frames that came meanwhile
}
