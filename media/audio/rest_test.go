package audio

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// card counts how often it is opened and closed.
type card struct{ opened, closed int }

func (c *card) open(string, func([]int16), func()) (stream, error) {
	c.opened++
	return (*playing)(c), nil
}

type playing card

func (p *playing) Close() { p.closed++ }

type silence struct{}

func (silence) Read(pcm []int16) { clear(pcm) }

func TestNoDeviceIsOpenWhileNothingPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := &card{}, NewMixer()
		o := newOutput(m, OutputOptions{Logger: slog.New(slog.DiscardHandler)}, c.open)
		check := func(what string, opened, closed int) {
			t.Helper()
			synctest.Wait()
			if c.opened != opened || c.closed != closed {
				t.Errorf("%s: opened %d times, closed %d times; want %d and %d", what, c.opened, c.closed, opened, closed)
			}
		}
		time.Sleep(time.Minute)
		o.SetDevice("headset")
		o.Look()
		m.Overhear(func([]int16) {}) // would hear what plays, and nothing does
		check("nothing plays", 0, 0)

		call := silence{}
		m.Add(call)
		check("a call begins", 1, 0)
		o.SetDevice("speakers")
		check("another device", 2, 1)
		m.Remove(call)
		time.Sleep(restAfter / 2)
		cancel := m.Tap(func([]int16) {}) // something listens: the same call goes on
		time.Sleep(time.Minute)
		check("a short pause", 2, 1)
		cancel()
		time.Sleep(restAfter + time.Second)
		check("the call is over", 2, 2)

		m.Add(call)
		check("the next call", 3, 2)
		o.Close()
		check("the end", 3, 3)
	})
}

func TestAnInputThatDoesNotSayPlaysAlways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &card{}
		o := newOutput(silence{}, OutputOptions{Logger: slog.New(slog.DiscardHandler)}, c.open)
		time.Sleep(time.Minute)
		synctest.Wait()
		if c.opened != 1 || c.closed != 0 {
			t.Errorf("opened %d times, closed %d times", c.opened, c.closed)
		}
		o.Close()
	})
}
