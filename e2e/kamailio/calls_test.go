package kamailio

import (
	"context"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// both runs a test with and without GRUU, and with both digests.
func both(t *testing.T, test func(t *testing.T, change func(*settings))) {
	t.Run("GRUU and SHA-256", func(t *testing.T) {
		test(t, func(s *settings) { s.GRUU, s.Algorithm = true, "SHA-256" })
	})
	t.Run("no GRUU and MD5", func(t *testing.T) { test(t, nil) })
}

// bothWithPage is both for JsSIP, whose digest knows MD5 only.
func bothWithPage(t *testing.T, test func(t *testing.T, change func(*settings))) {
	t.Run("GRUU", func(t *testing.T) { test(t, func(s *settings) { s.GRUU = true }) })
	t.Run("no GRUU", func(t *testing.T) { test(t, nil) })
}

// Users register with Kamailio, and wrong ones are refused, over wss and ws, with and without GRUU.
func TestRegistration(t *testing.T) {
	both(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		good := call(t, s, ours, password+ours, "--answer")
		until(ctx, t, good, "connection:registered")

		for user, secret := range map[string]string{theirs: "wrong", nobody: "any"} {
			refused := call(t, s, user, secret, "--answer")
			code, err := refused.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if code != 1 || !strings.Contains(refused.Stderr(), "the server refused user and password") {
				t.Errorf("user %s: exit code %d, said %q", user, code, refused.Stderr())
			}
			if strings.Contains(refused.Story(), secret) && secret == "wrong" {
				t.Errorf("user %s: the password is in the output", user)
			}
		}
	})
}

// A page and parley call each other; each side calls once and hangs up once.
func TestPage(t *testing.T) {
	bothWithPage(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		t.Run("the page calls and hangs up", func(t *testing.T) {
			page := openPage(ctx, t, s.socket("wss"), theirs)
			received := newContent(t)
			parley := call(t, s, ours, password+ours, received.flags("--answer")...)
			until(ctx, t, parley, "connection:registered")
			if err := page.Call(ctx, ours); err != nil {
				t.Fatal(err)
			}
			until(ctx, t, parley, "call:confirmed")
			if err := page.Until(ctx, "info"); err != nil { // our room, right after the confirmation
				t.Error(err)
			}
			pageSeesAndHears(ctx, t, page, harness.CameraWidth)
			if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
				t.Errorf("the page's end: %+v, %v", end, err)
			}
			ended(ctx, t, parley, "remote")
			received.check(t)
		})
		t.Run("parley calls and hangs up", func(t *testing.T) {
			page := openPage(ctx, t, s.socket("wss"), theirs)
			received := newContent(t)
			parley := call(t, s, ours, password+ours, received.flags("--to", theirs)...)
			if err := page.Answer(ctx); err != nil {
				t.Fatal(err)
			}
			until(ctx, t, parley, "call:confirmed")
			pageSeesAndHears(ctx, t, page, harness.CameraWidth)
			interrupt(ctx, t, parley)
			if end, err := page.Ended(ctx); err != nil || end.Originator != "remote" || end.Cause != "Terminated" {
				t.Errorf("the page's end: %+v, %v; want a BYE from us", end, err)
			}
			received.check(t)
		})
	})
}

// interrupt hangs up as Ctrl+C does.
func interrupt(ctx context.Context, t *testing.T, parley *harness.Process) {
	t.Helper()
	if err := parley.Interrupt(); err != nil {
		t.Fatal(err)
	}
	ended(ctx, t, parley, "local")
}

// Two parleys: each tells the other the room of the direct call (INFO), and either can hang up.
func TestTwoParleys(t *testing.T) {
	both(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		for name, calleeEnds := range map[string]bool{"caller hangs up": false, "callee hangs up": true} {
			t.Run(name, func(t *testing.T) {
				received := newContent(t)
				callee := call(t, s, theirs, password+theirs, "--answer")
				until(ctx, t, callee, "connection:registered")
				caller := call(t, s, ours, password+ours, received.flags("--to", theirs)...)
				for _, process := range []*harness.Process{caller, callee} {
					until(ctx, t, process, "call:confirmed")
					var room struct {
						Room   string
						Direct bool `json:"isDirectPeerToPeer"`
					}
					told := until(ctx, t, process, "api:enter-room")
					if err := told.Decode(&room); err != nil || room.Room != "p2p"+ours+"to"+theirs || !room.Direct {
						t.Errorf("told %s (%v), want the room of a direct call from %s to %s", told.Data, err, ours, theirs)
					}
				}
				until(ctx, t, caller, "stats:collected") // media runs for a moment
				if calleeEnds {
					interrupt(ctx, t, callee)
					ended(ctx, t, caller, "remote")
				} else {
					interrupt(ctx, t, caller)
					ended(ctx, t, callee, "remote")
				}
				received.check(t)
			})
		}
	})
}

// Whatever the answer to INFO roomname, the call goes on.
func TestRefusedRoom(t *testing.T) {
	for _, code := range []string{"488", "415", "603"} {
		t.Run(code, func(t *testing.T) {
			ctx := within(t)
			s := start(ctx, t, func(s *settings) { s.RefuseRoom = code })
			callee := call(t, s, theirs, password+theirs, "--answer")
			until(ctx, t, callee, "connection:registered")
			caller := call(t, s, ours, password+ours, "--to", theirs)
			until(ctx, t, callee, "call:confirmed")
			until(ctx, t, caller, "call:confirmed")
			for _, user := range []string{ours, theirs} {
				if err := s.log.until(ctx, "refused "+user); err != nil {
					t.Fatal(err)
				}
			}
			// Statistics come once a second: a call that the refusal ended would not reach these.
			for _, process := range []*harness.Process{caller, callee} {
				until(ctx, t, process, "stats:collected")
			}
			interrupt(ctx, t, caller)
			ended(ctx, t, callee, "remote")
		})
	}
}

// What a caller hears of a call that does not come about.
func TestFailures(t *testing.T) {
	both(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		callee := call(t, s, theirs, password+theirs, "--answer")
		until(ctx, t, callee, "connection:registered")
		caller := call(t, s, third, password+third, "--to", theirs)
		until(ctx, t, caller, "call:confirmed")

		refuser := newParty(ctx, t, s, offline, false)
		refused := make(chan error, 1)
		go func() {
			err := refuser.log.until(ctx, "incoming-call:ringing")
			if err == nil {
				err = refuser.connector.Decline(ctx, false)
			}
			refused <- err
		}()

		tests := []struct{ name, number, says string }{
			{"unknown", nobody, "there is no such number"},
			{"busy", theirs, "busy"},
			{"declined", offline, "could not call " + offline},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				failing := call(t, s, ours, password+ours, "--to", test.number)
				code, err := failing.Wait(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if code != 1 || !strings.Contains(failing.Stderr(), test.says) {
					t.Errorf("exit code %d, said %q; want 1 and %q", code, failing.Stderr(), test.says)
				}
				t.Log(failing.Stderr())
			})
		}
		if err := <-refused; err != nil {
			t.Error(err)
		}
		refuser.close(ctx)
		t.Run("not there", func(t *testing.T) {
			failing := call(t, s, ours, password+ours, "--to", offline)
			if code, err := failing.Wait(ctx); err != nil || code != 1 ||
				!strings.Contains(failing.Stderr(), "cannot be reached now") {
				t.Errorf("exit code %d (%v), said %q", code, err, failing.Stderr())
			}
		})
		// None of it disturbed the call that goes on.
		interrupt(ctx, t, caller)
		ended(ctx, t, callee, "remote")
	})
}

// A guest does not register; he can call, and the answer and the end come through.
func TestGuest(t *testing.T) {
	ctx := within(t)
	s := start(ctx, t, nil)
	callee := call(t, s, theirs, password+theirs, "--answer")
	until(ctx, t, callee, "connection:registered")
	guest := call(t, s, "", "", "--to", theirs)
	until(ctx, t, guest, "call:confirmed", "stats:collected")
	interrupt(ctx, t, callee)
	ended(ctx, t, guest, "remote")
}

// A client that dies (no goodbye, its socket just ends) cannot be called any more: handle_lost_tcp.
func TestLostClient(t *testing.T) {
	ctx := within(t)
	s := start(ctx, t, nil)
	callee := call(t, s, theirs, password+theirs, "--answer")
	until(ctx, t, callee, "connection:registered")
	if err := callee.Kill(); err != nil {
		t.Fatal(err)
	}
	caller := call(t, s, ours, password+ours, "--to", theirs)
	if code, err := caller.Wait(ctx); err != nil || code != 1 || !strings.Contains(caller.Stderr(), "cannot be reached now") {
		t.Errorf("exit code %d (%v), said %q", code, err, caller.Stderr())
	}
}
