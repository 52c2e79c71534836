package path_test

import (
	"testing"
	"testing/synctest"

	"parley/connector/autoconnect"
	"parley/connector/loop"
	"parley/connector/path"
	"parley/connector/rtc"
)

// flood is a network that never rests; cancel waits for the callback that runs, as the interface asks.
type flood struct{}

func (flood) Subscribe(fn func(autoconnect.NetworkEvent)) (cancel func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-quit:
				return
			default:
				fn(autoconnect.NetworkChange)
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// The end of a call in a flood of network events: the subscription's callback waits for the loop's full mailbox while the
// loop ends the subscription.
func TestTheEndOfACallInAFloodOfNetworkEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(nil)
		defer l.Close()
		k := path.NewKeeper(path.Deps{Loop: l, Network: flood{}, State: func() rtc.ConnectionState { return rtc.StateConnected },
			Ready: func() bool { return true }, Restart: func(func(error)) {}})
		full := make(chan struct{})
		l.Post(func() {
			k.HandleEvent("call:confirmed")
			<-full // the mailbox fills
			k.HandleEvent("call:ended")
		})
		synctest.Wait() // the callback waits, the loop waits
		close(full)
		if err := l.Do(t.Context(), func() {}); err != nil {
			t.Error(err)
		}
	})
}
