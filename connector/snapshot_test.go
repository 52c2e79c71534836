package connector_test

import (
	"testing"
	"testing/synctest"

	"parley/connector/session"
)

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
