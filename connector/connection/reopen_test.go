package connection_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/connection"
	"parley/connector/internal/fake"
	"parley/connector/loop"
	"parley/connector/signal"
)

// Resume waits for the next socket: what the old one still brings while it is being cut, the answer to a refresh of the
// registration, does not count, be it good or bad.
func TestResumeWaitsForTheNextSocket(t *testing.T) {
	for _, late := range []func(*fake.Agent){
		func(a *fake.Agent) { a.Handler.OnRegistered() },
		func(a *fake.Agent) {
			a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: 503})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := loop.New(nil)
			defer l.Close()
			net := &fake.Dialer{}
			m := connection.NewManager(connection.Deps{Loop: l, Dialer: net, Emit: func(string, any) {}})
			on := func(fn func()) {
				t.Helper()
				if err := l.Do(t.Context(), fn); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			var outcome []error
			ended := func(_ *connection.Configuration, err error) { outcome = append(outcome, err) }
			on(func() {
				m.Connect(connection.Parameters{SIPServerURL: "h", SIPServerIP: "h", User: "u", Password: "p", Register: true}, ended)
			})
			agent := net.Last()
			agent.StayAway()
			cut := make(chan struct{})
			agent.BeforeCut(func(a *fake.Agent) {
				late(a)
				<-cut
			})
			on(func() { m.Reopen(func() {}) })
			on(func() { m.Resume(ended) })
			if len(outcome) != 1 || outcome[0] != nil {
				t.Fatalf("before the old socket was cut: %v", outcome)
			}
			close(cut)
			time.Sleep(time.Second)
			on(func() {})
			if len(outcome) != 1 {
				t.Fatalf("without a socket: %v", outcome)
			}
			agent.Connect()
			synctest.Wait()
			on(func() {})
			if len(outcome) != 2 || outcome[1] != nil {
				t.Errorf("with the next one: %v", outcome)
			}
			on(func() { m.Resume(ended) })
			if len(outcome) != 3 || outcome[2] != nil {
				t.Errorf("once it is there: %v", outcome)
			}
			agent.Lose(1006)
			synctest.Wait()
			on(func() { m.Resume(ended) })
			if len(outcome) != 3 {
				t.Errorf("after its loss: %v", outcome)
			}
			on(m.CancelConnect)
			if len(outcome) != 4 || !errors.Is(outcome[3], connection.ErrCanceled) {
				t.Errorf("cancelled: %v", outcome)
			}
			on(func() { m.Disconnect(nil) })
		})
	}
}
