package device

import (
	"sync"
	"time"
)

// plugsCalm is how long after the first sign of a change the others are told: one plug makes many signs, and a device is
// not ready at the first.
const plugsCalm = 300 * time.Millisecond

// Plugs tells that devices came, went, or that another one became the system's default. It does not say which: whoever
// is told looks anew.
type Plugs struct {
	mu        sync.Mutex
	next      int
	listeners map[int]func()

	signs chan struct{}
	stop  chan struct{}
	done  sync.WaitGroup
	once  sync.Once
}

// plugSource waits for changes until stop is closed and calls sign at each, from any goroutine.
type plugSource func(sign func(), stop <-chan struct{})

// NewPlugs begins to look, in the way this platform has.
func NewPlugs() *Plugs { return newPlugs(plugSources()...) }

func newPlugs(sources ...plugSource) *Plugs {
	p := &Plugs{listeners: map[int]func(){}, signs: make(chan struct{}, 1), stop: make(chan struct{})}
	for _, source := range sources {
		p.done.Go(func() { source(p.sign, p.stop) })
	}
	p.done.Go(p.run)
	return p
}

func (p *Plugs) sign() {
	select {
	case p.signs <- struct{}{}:
	default: // a change is waiting to be told anyway
	}
}

func (p *Plugs) run() {
	for {
		select {
		case <-p.stop:
			return
		case <-p.signs:
		}
		calm := time.NewTimer(plugsCalm)
		select {
		case <-p.stop:
			calm.Stop()
			return
		case <-calm.C:
		}
		select { // what came meanwhile is told with it
		case <-p.signs:
		default:
		}
		p.tell()
	}
}

func (p *Plugs) tell() {
	p.mu.Lock()
	listeners := make([]func(), 0, len(p.listeners))
	for _, fn := range p.listeners {
		listeners = append(listeners, fn)
	}
	p.mu.Unlock()
	for _, fn := range listeners {
		fn()
	}
}

// Listen calls changed, which must not block, after each change until it is cancelled. It may be called once more right
// after that.
func (p *Plugs) Listen(changed func()) (cancel func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.next
	p.next++
	p.listeners[id] = changed
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.listeners, id)
	}
}

// Close ends it. Idempotent.
func (p *Plugs) Close() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}
