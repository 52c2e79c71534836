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

func (o *Output) run() {
	defer close(o.done)
	retry, wait := time.NewTimer(retryDevice), retryDevice
	defer retry.Stop()
	soon := func() {
		wait = retryDevice
		retry.Reset(wait)
	}
	current, token := o.start()
	for {
		select {
		case <-o.stop:
			current.Close()
			return
		case <-o.requests:
			current.Close()
			current, token = o.start()
			soon()
		case <-o.looks:
			if o.missing() {
				o.options.Logger.Warn("sound device is gone", "device", o.playing())
				current.Close()
				current, token = o.start()
			} else {
				current, token = o.better(current, token)
			}
			soon()
		case t := <-o.lost:
			if t == token {
				o.options.Logger.Warn("sound device is gone", "device", o.playing())
				current.Close()
				current, token = o.start()
				soon()
			}
		case <-retry.C:
			current, token = o.better(current, token)
			wait = min(2*wait, retrySeldom)
			retry.Reset(wait)
		}
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
