package window

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// A desktop that does not answer holds up one notification and a few that wait, neither the window nor its end.
func TestADesktopThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan struct{})
		var told []string
		p := newPost(func(_ context.Context, n note) {
			told = append(told, n.title)
			<-answers
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			p.run(ctx)
			close(ended)
		}()
		taken := 0
		for i := range 3 * maxPosted {
			if p.send(note{title: strconv.Itoa(i)}) {
				taken++
			}
			synctest.Wait()
		}
		if len(told) != 1 || taken != 1+maxPosted {
			t.Errorf("%d on their way, %d taken", len(told), taken)
		}
		answers <- struct{}{}
		synctest.Wait()
		if len(told) != 2 || told[1] != "1" {
			t.Errorf("after an answer: %q", told)
		}
		cancel()
		<-ended
		close(answers)
	})
}

// What rings on the desktop goes when the window ends.
func TestTheEndTakesTheRingingNoteAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []note
		p := newPost(func(_ context.Context, n note) { told = append(told, n) })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			p.run(ctx)
			close(ended)
		}()
		p.send(note{title: "Ann", rings: true})
		synctest.Wait()
		cancel()
		<-ended
		if len(told) != 2 || told[1] != (note{rings: true}) {
			t.Errorf("told %v", told)
		}
	})
}

// A desktop that never answers has its time for each notification; the next is delivered all the same.
func TestEachNotificationHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		p := newPost(func(own context.Context, n note) {
			told = append(told, n.title)
			<-own.Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			p.run(ctx)
			close(ended)
		}()
		p.send(note{title: "Ann"})
		p.send(note{title: "Bob"})
		time.Sleep(deliverTime - time.Millisecond)
		synctest.Wait()
		if len(told) != 1 {
			t.Errorf("told %q while the desktop has time", told)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if len(told) != 2 || told[1] != "Bob" {
			t.Errorf("told %q after the desktop's time", told)
		}
		cancel()
		<-ended
	})
}
