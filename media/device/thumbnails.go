package device

import (
	"image"
	"sync"
	"time"

	"parley/media/video"
)

// Limits of thumbnails, so that a hundred windows cost no more than a few.
const (
	// thumbnailPause lies between two pictures, whosever they are; the first of each come without it.
	thumbnailPause = 200 * time.Millisecond
	// thumbnailEvery is the shortest time between two pictures of one source.
	thumbnailEvery = time.Second
	maxThumbnails  = 32
)

// Thumbnails are small live pictures of what can be shared. One goroutine takes them, one after the other.
type Thumbnails struct {
	width, height int // largest, pixels
	deliver       func(word string, picture *image.RGBA)
	open          func(word string) (grabber, error)

	mu    sync.Mutex
	words []string
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once

	pool video.Pool // the goroutine's own, as are the sources
	live map[string]*thumbnail
}

type thumbnail struct {
	grabber grabber // nil: it cannot be captured
	taken   time.Time
}

// NewThumbnails begins; nothing is captured before Show. deliver is called on a goroutine of its own with pictures of at
// most width × height pixels, which are the receiver's; nil: the source is gone.
func NewThumbnails(width, height int, deliver func(word string, picture *image.RGBA)) *Thumbnails {
	return newThumbnails(width, height, deliver, func(word string) (grabber, error) {
		o, err := screenOptions(word)
		if err != nil {
			return nil, err
		}
		o.HidePointer = true
		return newGrabber(o)
	})
}

func newThumbnails(width, height int, deliver func(string, *image.RGBA), open func(string) (grabber, error)) *Thumbnails {
	t := &Thumbnails{width: width, height: height, deliver: deliver, open: open, live: map[string]*thumbnail{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go t.run()
	return t
}

// Show these sources (their words), in this order, at most 32. What was shown and is not among them is let go.
func (t *Thumbnails) Show(words []string) {
	t.mu.Lock()
	t.words = words[:min(len(words), maxThumbnails)]
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Close ends; deliver is not called any more when it returns. Idempotent.
func (t *Thumbnails) Close() {
	t.once.Do(func() { close(t.stop) })
	<-t.done
}

func (t *Thumbnails) run() {
	defer close(t.done)
	defer t.drop(nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-t.wake:
		case <-timer.C:
		}
		t.mu.Lock()
		words := t.words
		t.mu.Unlock()
		t.drop(words)
		if first := t.step(words); first {
			timer.Reset(0) // those that have no picture yet come without a pause
		} else if len(words) > 0 {
			timer.Reset(thumbnailPause)
		}
	}
}

// step takes the picture that is due most; it reports whether it was that source's first.
func (t *Thumbnails) step(words []string) (first bool) {
	now := time.Now()
	var due string
	oldest := now.Add(-thumbnailEvery)
	for _, word := range words {
		l := t.live[word]
		if l == nil {
			due, first = word, true
			break
		}
		if l.grabber != nil && l.taken.Before(oldest) {
			due, oldest = word, l.taken
		}
	}
	if due == "" {
		return false
	}
	l := t.live[due]
	if l == nil {
		l = &thumbnail{}
		t.live[due] = l
		l.grabber, _ = t.open(due) // one that cannot be captured is told as gone
	}
	l.taken = now
	t.take(due, l, first)
	return first
}

func (t *Thumbnails) take(word string, l *thumbnail, first bool) {
	if l.grabber == nil {
		t.deliver(word, nil)
		return
	}
	changed, err := l.grabber.changed()
	if err == nil && !changed && !first {
		return
	}
	var picture *image.RGBA
	if err == nil {
		picture, err = t.picture(l.grabber)
	}
	if err != nil {
		l.grabber.close()
		l.grabber = nil
		t.deliver(word, nil)
		return
	}
	if picture != nil {
		t.deliver(word, picture)
	}
}

func (t *Thumbnails) picture(g grabber) (*image.RGBA, error) {
	f, err := g.grab(&t.pool)
	if err != nil || f == nil {
		return nil, err
	}
	defer f.Release()
	g.rest()
	w, h := within(f.Width, f.Height, t.width, t.height)
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	if err := video.ScaleToRGBA(picture, f); err != nil {
		return nil, err
	}
	return picture, nil
}

// within is the largest size of the same ratio inside of another.
func within(w, h, maxW, maxH int) (int, int) {
	switch {
	case w <= maxW && h <= maxH:
		return w, h
	case w*maxH > h*maxW:
		return maxW, max(1, h*maxW/w)
	}
	return max(1, w*maxH/h), maxH
}

// drop lets go of the sources that are not among words.
func (t *Thumbnails) drop(words []string) {
	keep := map[string]bool{}
	for _, word := range words {
		keep[word] = true
	}
	for word, l := range t.live {
		if !keep[word] {
			if l.grabber != nil {
				l.grabber.close()
			}
			delete(t.live, word)
		}
	}
}
