package window

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/call"
	"parley/connector/redial"
	"parley/connector/session"
	"parley/views"
)

func TestTheScreenStaysOnInACall(t *testing.T) {
	var asked []bool
	a := &awake{set: func(on bool) { asked = append(asked, on) }}
	m := views.Model{Snapshot: session.Initial()}
	a.follow(m)
	m.Snapshot.Call.State = call.InRoom
	a.follow(m)
	a.follow(m)
	m.Snapshot.Call.State, m.Snapshot.Redial.State = call.Idle, redial.Backoff // it is being restored
	a.follow(m)
	m.Snapshot.Redial.State = redial.Idle
	a.follow(m)
	if !slices.Equal(asked, []bool{true, false}) {
		t.Errorf("asked for %v", asked)
	}
}

// A desktop that hangs gets the newest wish when it comes back, holds nobody up meanwhile, and is let go of at the end.
func TestADesktopThatHangsGetsTheNewestWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan struct{})
		var got []int
		n := makeNewest[int]()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			n.run(ctx, func(_ context.Context, v int) {
				got = append(got, v)
				<-answers
			}, -1)
			close(ended)
		}()
		for v := range 5 {
			n.put(v)
			synctest.Wait()
		}
		answers <- struct{}{}
		answers <- struct{}{}
		synctest.Wait()
		if !slices.Equal(got, []int{0, 4}) {
			t.Errorf("got %v", got)
		}
		cancel()
		<-ended // after the time that the end may take
		if !slices.Equal(got, []int{0, 4, -1}) {
			t.Errorf("got %v at the end", got)
		}
		close(answers)
	})
}

// What keeps to its context has its time and no more: the wish after it, which is the newest, has its turn.
func TestADesktopThatHangsHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []int
		n := makeNewest[int]()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			n.run(ctx, func(own context.Context, v int) {
				got = append(got, v)
				if v == 1 {
					<-own.Done()
				}
			}, -1)
			close(ended)
		}()
		n.put(1)
		synctest.Wait()
		n.put(2)
		time.Sleep(deliverTime - time.Millisecond)
		synctest.Wait()
		if !slices.Equal(got, []int{1}) {
			t.Errorf("got %v while the desktop has time", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if !slices.Equal(got, []int{1, 2}) {
			t.Errorf("got %v after the desktop's time", got)
		}
		cancel()
		<-ended
	})
}
