package device

import (
	"sync"
	"time"

	"parley/media/audio/sound"
	"parley/media/video"
)

// A wanted device that is missing is looked for after followRetry, then less and less often, beside each time that a
// device comes.
const (
	followRetry  = 3 * time.Second
	followSeldom = 30 * time.Second
)

// FollowEvent tells what a source that follows a device did by itself.
type FollowEvent struct {
	Gone   string // the device that is lost, by name; "" when it is back
	Uses   string // the device in use now, by name; "" while there is none
	Wanted bool   // it is the one that is wanted
}

// FollowOptions of a source that follows a device.
type FollowOptions struct {
	// Wanted is a device's name; "" follows the system's choice.
	Wanted string
	// Plugs tells when devices come and go; nil: only time does.
	Plugs *Plugs
	// Told, when not nil, hears of each change, on the source's goroutine. It must not call the source.
	Told func(FollowEvent)
}

// known tells whether a device is there, for those whose system moves their streams without a word.
type known func(name string) bool

// source is what VideoSource and AudioSource share.
type source[T any] interface {
	Label() string
	Start(deliver func(T), ended func(error)) error
	Close() error
}

// follower is a source that stays with the device a person wants: unplugged, it takes the system's default; plugged in
// again, the device is taken back. Without any device it delivers nothing and waits for one.
type follower[T any] struct {
	options FollowOptions
	open    func(name string) (source[T], error)
	known   known // nil: a device that goes says so

	mu      sync.Mutex // held while something is delivered, so that Close is exact
	deliver func(T)
	using   *followed[T] // whose frames count
	label   string

	run   runner
	wake  chan struct{}
	ended chan *followed[T]
}

// followed is one opened device.
type followed[T any] struct {
	source source[T]
	name   string // what it was opened as: the wanted one, or "" for the system's
	reason error
}

func newFollower[T any](o FollowOptions, open func(string) (source[T], error), known known) *follower[T] {
	return &follower[T]{options: o, open: open, known: known, label: o.Wanted, wake: make(chan struct{}, 1), ended: make(chan *followed[T], 4)}
}

// Label names the device in use, or the one that is wanted.
func (f *follower[T]) Label() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.label
}

// Start as VideoSource and AudioSource. It fails only when neither the wanted device nor another one opens.
func (f *follower[T]) Start(deliver func(T), _ func(error)) error {
	f.deliver = deliver
	first, err := f.begin(f.options.Wanted)
	if err != nil && f.options.Wanted != "" {
		var other error
		if first, other = f.begin(""); other == nil {
			f.tell(FollowEvent{Gone: f.options.Wanted, Uses: first.source.Label()})
			err = nil
		}
	}
	if err != nil {
		return err
	}
	if err := f.run.start(func(stop <-chan struct{}) error { f.follow(stop, first); return nil }, nil); err != nil {
		f.end(first)
		return err
	}
	return nil
}

// begin opens and starts a device and makes it the one whose frames count.
func (f *follower[T]) begin(name string) (*followed[T], error) {
	s, err := f.open(name)
	if err != nil {
		return nil, err
	}
	d := &followed[T]{source: s, name: name}
	err = s.Start(func(v T) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.using == d {
			f.deliver(v)
		}
	}, func(reason error) {
		d.reason = reason
		select {
		case f.ended <- d:
		default: // four ends wait: of devices that are closed already
		}
	})
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	f.mu.Lock()
	f.using, f.label = d, s.Label()
	f.mu.Unlock()
	return d, nil
}

func (f *follower[T]) end(d *followed[T]) {
	if d == nil {
		return
	}
	f.mu.Lock()
	if f.using == d {
		f.using = nil
	}
	f.mu.Unlock()
	_ = d.source.Close()
}

func (f *follower[T]) tell(e FollowEvent) {
	if f.options.Told != nil {
		f.options.Told(e)
	}
}

// follow is the source's goroutine.
func (f *follower[T]) follow(stop <-chan struct{}, now *followed[T]) {
	if f.options.Plugs != nil {
		cancel := f.options.Plugs.Listen(func() {
			select {
			case f.wake <- struct{}{}:
			default:
			}
		})
		defer cancel()
	}
	defer func() { f.end(now) }()
	wait := followRetry
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		missing := now == nil || now.name != f.options.Wanted
		select {
		case <-stop:
			return
		case d := <-f.ended:
			if d != now {
				continue
			}
			now = f.replace(d)
			wait = followRetry
		case <-f.wake:
			switch {
			case missing:
				now = f.better(now)
			case now.name != "" && f.known != nil && !f.known(now.name):
				now = f.replace(now)
			}
			wait = followRetry
		case <-timer.C:
			if missing {
				now = f.better(now)
				wait = min(2*wait, followSeldom)
			}
		}
		timer.Reset(wait)
	}
}

// replace finds another device for one that is lost.
func (f *follower[T]) replace(lost *followed[T]) *followed[T] {
	name := lost.source.Label()
	f.end(lost)
	if f.options.Wanted != lost.name { // a stand-in went: the wanted one first
		if d, err := f.begin(f.options.Wanted); err == nil {
			f.tell(FollowEvent{Uses: d.source.Label(), Wanted: true})
			return d
		}
	}
	d, err := f.begin("")
	if err != nil {
		f.tell(FollowEvent{Gone: name})
		return nil
	}
	f.tell(FollowEvent{Gone: name, Uses: d.source.Label(), Wanted: f.options.Wanted == ""})
	return d
}

// better takes the wanted device back, or any while there is none.
func (f *follower[T]) better(now *followed[T]) *followed[T] {
	d, err := f.begin(f.options.Wanted)
	if err == nil {
		f.end(now)
		f.tell(FollowEvent{Uses: d.source.Label(), Wanted: true})
		return d
	}
	if now != nil || f.options.Wanted == "" {
		return now
	}
	if d, err = f.begin(""); err != nil {
		return nil
	}
	f.tell(FollowEvent{Gone: f.options.Wanted, Uses: d.source.Label()})
	return d
}

// Close as VideoSource and AudioSource.
func (f *follower[T]) Close() error {
	f.run.close()
	return nil
}

// FollowCamera is a camera that follows the wanted one.
func FollowCamera(f FollowOptions, v VideoOptions) VideoSource {
	return newFollower(f, func(name string) (source[*video.Frame], error) { return NewCamera(name, v) }, nil)
}

// FollowMicrophone is a microphone that follows the wanted one.
func FollowMicrophone(f FollowOptions) AudioSource {
	return microphoneFollower{newFollower(f, func(name string) (source[[]int16], error) { return NewMicrophone(name), nil },
		func(name string) bool { return sound.Known(sound.Capture, name) })}
}

type microphoneFollower struct{ *follower[[]int16] }

// Channels as AudioSource.
func (microphoneFollower) Channels() int { return 1 }

// OpenVideoFollowing is OpenVideo, with cameras that follow the wanted one.
func OpenVideoFollowing(word string, v VideoOptions, f FollowOptions) (VideoSource, error) {
	if !isCameraWord(word) {
		return OpenVideo(word, v)
	}
	if f.Wanted = word; word == "default" {
		f.Wanted = ""
	}
	return FollowCamera(f, v), nil
}

// OpenAudioFollowing is OpenAudio, with microphones that follow the wanted one.
func OpenAudioFollowing(word string, f FollowOptions) (AudioSource, error) {
	s, err := OpenAudio(word)
	if _, ok := s.(*Microphone); err != nil || !ok {
		return s, err
	}
	if f.Wanted = word; word == "default" {
		f.Wanted = ""
	}
	return FollowMicrophone(f), nil
}
