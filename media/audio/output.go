package audio

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/media/audio/sound"
)

// An Output without the device it wants looks for it after retryDevice, then less and less often.
const (
	retryDevice = 3 * time.Second
	retrySeldom = 20 * time.Second
)

// OutputOptions of an Output.
type OutputOptions struct {
	// Device by name or ID; "" or "default" follows the system.
	Device string
	// Null plays into nothing, paced by a clock, and never touches a sound card (headless runs, tests).
	Null   bool
	Logger *slog.Logger // nil: slog.Default
	// Changed, when not nil, is told what plays now: the device's name, "" while there is none and a clock plays.
	// Called on the output's goroutine; must not call the output.
	Changed func(device string)
	// Known tells whether a device is there; nil: whether it opens. A sound server moves a stream whose device went to
	// another one without a word: only the list of devices tells.
	Known func(device string) bool
}

// Output plays an Input. When the wanted device is missing it takes the system's default, and where there is no sound
// card at all a clock pulls the input, so that calls work, record and count without one; it keeps looking and moves to
// the wanted device when it comes.
type Output struct {
	input   Input
	options OutputOptions
	open    opener

	requests chan string
	looks    chan struct{}
	lost     chan *lostStream
	done     chan struct{}
	stop     chan struct{}
	once     sync.Once

	mu     sync.Mutex
	wanted string
	actual string
	null   bool
}

// stream is what plays now: a device, or the clock.
type stream interface{ Close() }

type lostStream struct{ _ int }

type opener func(device string, transfer func([]int16), lost func()) (stream, error)

func openSpeaker(device string, transfer func([]int16), lost func()) (stream, error) {
	return sound.Open(sound.Playback, device, 2, transfer, lost)
}

// NewOutput begins to play. It does not fail: see Output.
func NewOutput(in Input, o OutputOptions) *Output {
	open := opener(openSpeaker)
	if o.Null {
		open = nil
	}
	return newOutput(in, o, open)
}

func newOutput(in Input, o OutputOptions, open opener) *Output {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	out := &Output{
		input: in, options: o, open: open, wanted: o.Device, null: true,
		requests: make(chan string, 1), looks: make(chan struct{}, 1), lost: make(chan *lostStream, 4),
		done: make(chan struct{}), stop: make(chan struct{}),
	}
	go out.run()
	return out
}

// SetDevice moves to another device; the sound goes on. It returns at once.
func (o *Output) SetDevice(device string) {
	o.mu.Lock()
	o.wanted = device
	o.mu.Unlock()
	select { // a request that was not served yet is replaced: only the newest counts
	case <-o.requests:
	default:
	}
	select {
	case o.requests <- device:
	default:
	}
}

// Look says that devices came or went: the wanted one is taken back, or given up, now. It returns at once.
func (o *Output) Look() {
	select {
	case o.looks <- struct{}{}:
	default: // one waits already
	}
}

// Device that is wanted, and the one that plays: "default", or a name; null means that a clock plays and nothing is
// heard.
func (o *Output) Device() (wanted, actual string, null bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.wanted, o.actual, o.null
}

// Close stops and waits until the input will not be pulled again. Idempotent.
func (o *Output) Close() {
	o.once.Do(func() { close(o.stop) })
	<-o.done
}

// sleeper is an input that is not needed all the time: Mixer. While it is not, the output opens no device and keeps no
// clock: an application that waits for a call should use neither.
type sleeper interface {
	Needed() bool
	Changes() <-chan struct{}
}

// restAfter is how long an output plays on that nobody needs: between the ringing and the call, say.
const restAfter = 3 * time.Second

func (o *Output) run() {
	defer close(o.done)
	p := &player{o: o, retry: time.NewTimer(retryDevice), wait: retryDevice, rest: time.NewTimer(restAfter)}
	defer p.retry.Stop()
	defer p.rest.Stop()
	var changes <-chan struct{}
	if s, ok := o.input.(sleeper); ok {
		changes = s.Changes()
	}
	p.play()
	for {
		select {
		case <-o.stop:
			p.pause()
			return
		case <-changes:
			p.play()
		case <-p.rest.C:
			if !o.needed() {
				p.pause()
			}
		case <-o.requests:
			p.again()
		case <-o.looks:
			p.look()
		case t := <-o.lost:
			if t == p.token && p.current != nil {
				o.options.Logger.Warn("sound device is gone", "device", o.playing())
				p.again()
			}
		case <-p.retry.C:
			p.better()
			p.wait = min(2*p.wait, retrySeldom)
			p.retry.Reset(p.wait)
		}
	}
}

// needed tells whether the input is to be played now.
func (o *Output) needed() bool {
	s, sleeps := o.input.(sleeper)
	return !sleeps || s.Needed()
}

// player is what the output's goroutine holds: the stream that plays, nil while nothing does, and its timers.
type player struct {
	o       *Output
	current stream
	token   *lostStream
	retry   *time.Timer // until a better device is looked for
	wait    time.Duration
	rest    *time.Timer // until a pause
}

// play begins when the input is needed, and lets a pause follow when it is not.
func (p *player) play() {
	switch {
	case !p.o.needed():
		p.rest.Reset(restAfter)
	case p.current == nil:
		p.current, p.token = p.o.start()
		p.soon()
	}
}

func (p *player) pause() {
	if p.current != nil {
		p.current.Close()
		p.current, p.token = nil, nil
	}
}

// again opens the device anew; one that pauses is opened when it is needed.
func (p *player) again() {
	if p.current == nil {
		return
	}
	p.pause()
	p.current, p.token = p.o.start()
	p.soon()
}

func (p *player) soon() {
	p.wait = retryDevice
	p.retry.Reset(p.wait)
}

// look: devices came or went.
func (p *player) look() {
	if p.current == nil {
		return
	}
	if p.o.missing() {
		p.o.options.Logger.Warn("sound device is gone", "device", p.o.playing())
		p.again()
		return
	}
	p.better()
	p.soon()
}

func (p *player) better() {
	if p.current != nil {
		p.current, p.token = p.o.better(p.current, p.token)
	}
}

// missing tells whether the device that plays is not there any more.
func (o *Output) missing() bool {
	wanted, actual, null := o.Device()
	return !null && nameOf(wanted) != "default" && actual == wanted && o.options.Known != nil && !o.options.Known(wanted)
}

// start opens the wanted device, else the default one, else the clock.
func (o *Output) start() (stream, *lostStream) {
	wanted, _, _ := o.Device()
	s, token, err := o.try(wanted)
	if err == nil {
		o.now(nameOf(wanted), false)
		return s, token
	}
	if o.open != nil {
		o.options.Logger.Warn("sound device cannot be opened", "device", wanted, "error", err)
	}
	if nameOf(wanted) != "default" {
		if s, token, err = o.try(""); err == nil {
			o.now("default", false)
			return s, token
		}
	}
	o.now("", true)
	return newClock(o.pull), nil
}

// better moves back to the wanted device when another one, or the clock, stands in for it.
func (o *Output) better(current stream, token *lostStream) (stream, *lostStream) {
	wanted, actual, null := o.Device()
	if o.open == nil || !null && actual == nameOf(wanted) {
		return current, token
	}
	s, t, err := o.try(wanted)
	if err != nil && null && nameOf(wanted) != "default" {
		wanted = ""
		s, t, err = o.try(wanted)
	}
	if err != nil {
		return current, token
	}
	current.Close()
	o.now(nameOf(wanted), false)
	return s, t
}

var errNoDevices = errors.New("plays into nothing")

func (o *Output) try(device string) (stream, *lostStream, error) {
	if o.open == nil {
		return nil, nil, errNoDevices
	}
	token := &lostStream{}
	s, err := o.open(device, o.pull, func() {
		select {
		case o.lost <- token:
		default: // four notices wait: of streams that are closed already
		}
	})
	return s, token, err
}

func (o *Output) pull(pcm []int16) { o.input.Read(pcm) }

func (o *Output) now(device string, null bool) {
	o.mu.Lock()
	changed := o.actual != device || o.null != null
	o.actual, o.null = device, null
	o.mu.Unlock()
	if changed && o.options.Changed != nil {
		o.options.Changed(device)
	}
}

func (o *Output) playing() string {
	_, actual, _ := o.Device()
	return actual
}

func nameOf(device string) string {
	if device == "" {
		return "default"
	}
	return device
}
