package device

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bench is a computer with devices that can be plugged and unplugged.
type bench struct {
	mu    sync.Mutex
	there map[string]bool
	first string // the system's default
	open  map[string]*benchDevice
	opens int
}

type benchDevice struct {
	bench   *bench
	name    string
	deliver func(string)
	ended   func(error)
}

func newBench(names ...string) *bench {
	b := &bench{there: map[string]bool{}, open: map[string]*benchDevice{}}
	for _, name := range names {
		b.there[name] = true
	}
	if len(names) > 0 {
		b.first = names[0]
	}
	return b
}

func (b *bench) source(name string) (source[string], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opens++
	if name == "" {
		name = b.first
	}
	if !b.there[name] {
		return nil, fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	return &benchDevice{bench: b, name: name}, nil
}

func (d *benchDevice) Label() string { return d.name }

func (d *benchDevice) Start(deliver func(string), ended func(error)) error {
	d.bench.mu.Lock()
	defer d.bench.mu.Unlock()
	d.deliver, d.ended = deliver, ended
	d.bench.open[d.name] = d
	return nil
}

func (d *benchDevice) Close() error {
	d.bench.mu.Lock()
	defer d.bench.mu.Unlock()
	if d.bench.open[d.name] == d {
		delete(d.bench.open, d.name)
	}
	return nil
}

func (b *bench) plug(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.there[name] = true
	if b.first == "" {
		b.first = name
	}
}

// unplug a device; silent: nobody is told, as by a sound server that moves streams.
func (b *bench) unplug(name, first string, silent bool) {
	b.mu.Lock()
	b.there[name] = false
	b.first = first
	d := b.open[name]
	b.mu.Unlock()
	if d != nil && !silent {
		d.ended(errUnplugged)
	}
}

func (b *bench) has(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.there[name]
}

func (b *bench) opened() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opens
}

func (b *bench) device(name string) *benchDevice {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[name]
}

// using names the devices that are open.
func (b *bench) using() (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.open {
		names = append(names, name)
	}
	return names
}

// follows is a follower under test with what it delivered and told.
type follows struct {
	t *testing.T
	*bench
	source *follower[string]
	plugs  *Plugs
	sign   func()

	mu   sync.Mutex
	got  []string
	told []FollowEvent
}

func follow(t *testing.T, b *bench, wanted string) (*follows, error) {
	f := &follows{t: t, bench: b}
	started := make(chan struct{})
	f.plugs = newPlugs(func(sign func(), stop <-chan struct{}) {
		f.sign = sign
		close(started)
		<-stop
	})
	<-started
	o := FollowOptions{Wanted: wanted, Plugs: f.plugs, Told: func(e FollowEvent) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.told = append(f.told, e)
	}}
	f.source = newFollower(o, b.source, b.has)
	err := f.source.Start(func(v string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.got = append(f.got, v)
	}, func(err error) { t.Errorf("ended: %v", err) })
	return f, err
}

// plugged tells the system's news and waits until they were acted on.
func (f *follows) plugged() {
	f.sign()
	time.Sleep(2 * plugsCalm)
	synctest.Wait()
}

// uses checks what is open, what it is called, and what was told since the last check.
func (f *follows) uses(what, name string, told ...FollowEvent) {
	f.t.Helper()
	synctest.Wait()
	want := []string{name}
	if name == "" {
		want = nil
	}
	if got := f.using(); !reflect.DeepEqual(got, want) {
		f.t.Errorf("%s: open are %v instead of %v", what, got, want)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !reflect.DeepEqual(f.told, told) {
		f.t.Errorf("%s: told %+v instead of %+v", what, f.told, told)
	}
	f.told = nil
	if name != "" && f.source.Label() != name {
		f.t.Errorf("%s: it calls itself %q", what, f.source.Label())
	}
}

func (f *follows) close() {
	if err := f.source.Close(); err != nil {
		f.t.Error(err)
	}
	f.plugs.Close()
	if open := f.using(); len(open) != 0 {
		f.t.Errorf("left open: %v", open)
	}
}

func TestTheWantedDeviceUnpluggedAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench("built-in", "headset")
		f, err := follow(t, b, "headset")
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		f.uses("at first", "headset")
		b.device("headset").deliver("a")
		old := b.device("headset")
		b.unplug("headset", "built-in", false)
		f.uses("unplugged", "built-in", FollowEvent{Gone: "headset", Uses: "built-in"})
		old.deliver("late") // of a device that is not used any more
		b.device("built-in").deliver("b")
		opens := b.opened()
		time.Sleep(time.Hour)
		if n := b.opened() - opens; n > 130 {
			t.Errorf("looked %d times in an hour", n)
		}
		f.uses("still away", "built-in")
		b.plug("headset")
		f.plugged()
		f.uses("back", "headset", FollowEvent{Uses: "headset", Wanted: true})
		b.device("headset").deliver("c")
		f.plugged()
		f.uses("news of other devices", "headset")
		if !reflect.DeepEqual(f.got, []string{"a", "b", "c"}) {
			t.Errorf("delivered %v", f.got)
		}
	})
}

func TestAStreamThatWasMovedSilentlyIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench("built-in", "headset")
		f, err := follow(t, b, "headset")
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		b.unplug("headset", "built-in", true)
		f.plugged()
		f.uses("gone without a word", "built-in", FollowEvent{Gone: "headset", Uses: "built-in"})
		b.plug("headset")
		f.plugged()
		f.uses("back", "headset", FollowEvent{Uses: "headset", Wanted: true})
	})
}

func TestNoDeviceLeftWaitsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench("webcam")
		f, err := follow(t, b, "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		b.unplug("webcam", "", false)
		f.uses("none left", "", FollowEvent{Gone: "webcam"})
		b.plug("other")
		f.plugged()
		f.uses("another one", "other", FollowEvent{Uses: "other", Wanted: true})
		b.unplug("other", "", false)
		f.uses("none left", "", FollowEvent{Gone: "other"})
		b.plug("third")
		time.Sleep(followSeldom + time.Second) // without news time does it
		f.uses("found by looking", "third", FollowEvent{Uses: "third", Wanted: true})
	})
}

func TestAMissingDeviceIsReplacedFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench("built-in")
		f, err := follow(t, b, "headset")
		if err != nil {
			t.Fatal(err)
		}
		f.uses("at first", "built-in", FollowEvent{Gone: "headset", Uses: "built-in"})
		b.unplug("built-in", "", false)
		f.uses("the stand-in went", "", FollowEvent{Gone: "built-in"})
		b.plug("usb")
		f.plugged()
		f.uses("another stand-in", "usb", FollowEvent{Gone: "headset", Uses: "usb"})
		b.plug("headset")
		b.unplug("usb", "headset", false)
		f.uses("the wanted one, for a stand-in that went", "headset", FollowEvent{Uses: "headset", Wanted: true})
		f.close()

		none, err := follow(t, newBench(), "headset")
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("without any device: %v", err)
		}
		none.plugs.Close()
	})
}

func TestPlugsTellOnceOfManySigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sign func()
		ready := make(chan struct{})
		p := newPlugs(func(s func(), stop <-chan struct{}) {
			sign = s
			close(ready)
			<-stop
		})
		<-ready
		told := 0
		var mu sync.Mutex
		cancel := p.Listen(func() { mu.Lock(); told++; mu.Unlock() })
		count := func(want int) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if told != want {
				t.Errorf("told %d times instead of %d", told, want)
			}
			told = 0
		}
		for range 50 {
			sign()
		}
		count(1)
		count(0)
		sign()
		count(1)
		cancel()
		sign()
		count(0)
		p.Close()
		p.Close()
	})
}
