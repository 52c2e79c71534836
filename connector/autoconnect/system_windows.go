package autoconnect

import (
	"sync"

	"golang.org/x/sys/windows"
)

// addressNews tells of changes of addresses (iphlpapi).
type addressNews struct{}

// SystemNetwork is this machine's network.
func SystemNetwork() Network { return addressNews{} }

// news hands what the system tells to everyone who listens. Go makes a few thousand callbacks in the life of a process and
// never takes one back: there is one.
var news struct {
	mu        sync.Mutex
	call      uintptr
	listeners map[chan<- struct{}]struct{}
}

// Subscribe asks the system to tell; when it does not, interfaces are looked at now and then.
func (addressNews) Subscribe(fn func(NetworkEvent)) (cancel func()) {
	signs := make(chan struct{}, 1)
	var handle windows.Handle
	if err := windows.NotifyUnicastIpAddressChange(windows.AF_UNSPEC, listen(signs), nil, false, &handle); err != nil {
		forget(signs)
		return polling{}.Subscribe(fn)
	}
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() { lookAfter(signs, quit, fn) })
	var once sync.Once
	return func() {
		once.Do(func() {
			_ = windows.CancelMibChangeNotify2(handle) // waits for a callback that runs
			forget(signs)
			close(quit)
		})
		done.Wait()
	}
}

// listen has signs told of news from now on and returns what the system is to call.
func listen(signs chan<- struct{}) uintptr {
	news.mu.Lock()
	defer news.mu.Unlock()
	if news.call == 0 {
		news.listeners = map[chan<- struct{}]struct{}{}
		news.call = windows.NewCallback(func(_, _ uintptr, _ uint32) uintptr {
			news.mu.Lock()
			defer news.mu.Unlock()
			for listener := range news.listeners {
				select {
				case listener <- struct{}{}:
				default: // a look is due anyway
				}
			}
			return 0
		})
	}
	news.listeners[signs] = struct{}{}
	return news.call
}

func forget(signs chan<- struct{}) {
	news.mu.Lock()
	defer news.mu.Unlock()
	delete(news.listeners, signs)
}

// lookAfter compares the addresses after each sign.
func lookAfter(signs, quit <-chan struct{}, fn func(NetworkEvent)) {
	state := newLookout(current)
	for {
		select {
		case <-quit:
			return
		case <-signs:
		}
		if event, told := state.again(); told {
			fn(event)
		}
	}
}
