package connector_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"parley/connector"
	"parley/connector/session"
)

// A slow watcher of the snapshot sees the newest one.
func TestWatchSeesTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var seen []session.Status
		release := make(chan struct{})
		cancel := w.c.Watch(func(s session.Snapshot) {
			<-release
			seen = append(seen, s.SystemStatus())
		})
		synctest.Wait() // the first snapshot is being looked at
		w.must(w.c.Connect(t.Context(), user()))
		synctest.Wait()
		close(release)
		synctest.Wait()
		if len(seen) != 2 || seen[1] != session.StatusReadyToCall {
			t.Errorf("seen %v", seen)
		}
		cancel()
		cancel()
	})
}

// A slice is told when it is another one by the caller's equality, and only then.
func TestWatchSlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var states, rounds []string
		defer connector.WatchSlice(w.c, func(s *session.Snapshot) string { return string(s.Call.State) }, session.Same,
			func(s string) { states = append(states, s) })()
		cancel := connector.WatchSlice(w.c, func(s *session.Snapshot) []string { return []string{s.Call.Number} }, slices.Equal,
			func(s []string) { rounds = append(rounds, s...) })
		synctest.Wait()
		w.must(w.c.Connect(t.Context(), user())) // neither slice changes
		for range 2 {
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
			synctest.Wait()
			w.must(w.c.SetMicrophone(t.Context(), false))
			w.must(w.c.SetMicrophone(t.Context(), true))
			synctest.Wait()
			w.must(w.c.HangUp(t.Context()))
			synctest.Wait()
		}
		cancel()
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2002"}))
		synctest.Wait()
		if got := strings.Join(rounds, ","); got != ",2001,,2001," {
			t.Errorf("numbers %q", got)
		}
		if len(states) == 0 || states[0] != "call:idle" || states[len(states)-1] != "call:connecting" ||
			len(slices.Compact(slices.Clone(states))) != len(states) {
			t.Errorf("states %v", states)
		}
	})
}
