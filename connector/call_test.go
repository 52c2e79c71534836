package connector_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

// An outgoing call until the room with its token, with its events in order and what was sent.
func TestOutgoingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = remoteTracks
		w.must(w.c.Connect(t.Context(), user()))
		w.take()
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		w.expect("call", "call:start-call", "call:peerconnection", "call:connecting", "call:sdp", "call:sending", "call:progress",
			"call:sdp", "call:remote-streams-changed", "call:peerconnection:ontrack", "call:peerconnection:ontrack", "call:call-status-changed", "call:accepted", "call:confirmed",
			"call:peerconnection:confirmed")
		if log := w.session().Log(); len(log) != 1 || log[0] != "info application/vinteo.webrtc.roomname | "+
			"x-webrtc-enter-room: p2p1001to2001 | x-webrtc-participant-name: 2001 | x-webrtc-is-direct-p2p: true" {
			t.Errorf("log %q", log)
		}
		s := w.c.Snapshot()
		if s.Streams.Main == nil || len(s.Streams.Main.Tracks) != 2 || s.Streams.Contented != nil {
			t.Errorf("streams %+v", s.Streams)
		}
		w.session().Handler().OnInfo("application/vinteo.webrtc.roomname", []signal.Header{
			{Name: "X-WEBRTC-ENTER-ROOM", Value: "RoomABC"}, {Name: "X-WEBRTC-PARTICIPANT-NAME", Value: "Bob"}}, nil)
		w.expect("room", "api:enter-room", "call:newInfo")
		// Point 8: the room's name keeps its case for people, the token's room is compared without.
		w.net.Last().Handler.OnNotify([]signal.Header{{Name: "X-VINTEO-NOTIFY", Value: `{"cmd":"ConferenceParticipantTokenIssued",` +
			`"body":{"conference":"roomabc","participant":"Bob","jwt":"JwtCase"}}`}}, nil)
		w.expect("token", "connection:sipEvent", "api:conference:participant-token-issued")
		s = w.c.Snapshot()
		if s.Call.State != "call:inRoom" || s.Call.Room != "RoomABC" || s.Call.Token != "JwtCase" {
			t.Errorf("call %+v", s.Call)
		}
		w.must(w.c.HangUp(t.Context()))
		w.expect("hang up", endOfCall...)
		synctest.Wait()
		if !w.media.Last().Closed() {
			t.Error("peer connection left open")
		}
	})
}

// A call that is refused fails once, with its cause, and leaves nothing behind.
func TestCallFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.net.Last().Answer = func(s *fake.Session) {
			s.Handler().OnSending()
			s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseBusy, StatusCode: 486, Reason: "Busy Here"})
		}
		w.take()
		err := w.c.Call(t.Context(), connector.CallParameters{Number: "2001"})
		var failure *connector.CallError
		if !errors.As(err, &failure) || failure.Cause != signal.CauseBusy || failure.Originator != signal.Remote {
			t.Fatalf("error %v", err)
		}
		w.expect("busy", "call:start-call", "call:peerconnection", "call:connecting", "call:sdp", "call:sending",
			"call:ended:fromserver", "call:failed")
		if s := w.c.Snapshot(); s.LastError == nil || s.SystemStatus() != session.StatusReadyToCall {
			t.Errorf("snapshot %+v", s)
		}
	})
}

// A call that is hung up before its answer is cancelled, and the waiting call settles.
func TestCancelBeforeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.net.Last().Answer = func(s *fake.Session) { s.Handler().OnSending() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.c.Call(ctx, connector.CallParameters{Number: "2001"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		synctest.Wait()
		if log := w.session().Log(); !slices.Contains(log, "terminate 0 ") {
			t.Errorf("log %q", log)
		}
		if s := w.c.Snapshot(); s.Call.State != "call:idle" {
			t.Errorf("call %s", s.Call.State)
		}
	})
}

// Re-INVITEs from either side renegotiate; one that fails leaves the call as it was.
func TestReinviteBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.must(w.c.Renegotiate(t.Context()))
		w.expect("ours", "call:sdp", "call:sdp")

		offer := "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n"
		answered := make(chan string, 2)
		ask := func(sdp string) {
			w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Offer: sdp,
				Accept: func(sdp string) { answered <- sdp },
				Reject: func(code int, _ string) { t.Errorf("rejected %d", code) }})
			<-answered
		}
		ask(offer)
		w.expect("theirs", "call:reinvite", "call:sdp", "call:sdp", "call:hold")
		ask("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n")
		w.expect("theirs again", "call:reinvite", "call:sdp", "call:sdp", "call:unhold")

		// A failed renegotiation leaves the call as it was.
		w.session().ReinviteErr = &signal.ResponseError{Method: "INVITE", StatusCode: 488, Cause: signal.CauseIncompatibleSDP}
		if err := w.c.Renegotiate(t.Context()); err == nil {
			t.Error("no error")
		}
		w.expect("failed", "call:sdp")
		if log := w.media.Last().Log(); log[len(log)-1] != "rollback" {
			t.Errorf("peer %q", log)
		}
		if s := w.c.Snapshot(); !s.Call.State.Active() && s.Call.State != "call:connecting" {
			t.Errorf("call %s", s.Call.State)
		}
	})
}

// An offer that comes while ours is pending waits its turn or is refused.
func TestOfferWhileOursIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		hold := make(chan struct{})
		w.session().HoldReinvite = hold
		done := make(chan error)
		go func() { done <- w.c.Renegotiate(t.Context()) }()
		synctest.Wait()
		code := make(chan int, 1)
		w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Offer: "v=0",
			Accept: func(string) { t.Error("accepted") }, Reject: func(c int, _ string) { code <- c }})
		if got := <-code; got != 491 {
			t.Errorf("answered %d", got)
		}
		close(hold)
		w.must(<-done)
	})
}

// The call goes on while the socket is gone, and after it is back.
func TestSocketLostInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.net.Last().Lose(1006)
		w.expect("lost", "connection:disconnected")
		if s := w.c.Snapshot(); s.Connection != "connection:disconnected" || w.media.Last().Closed() {
			t.Errorf("connection %s", s.Connection)
		}
		w.net.Last().Connect()
		w.expect("back", "connection:connecting", "connection:connected", "connection:connected-with-configuration",
			"connection:registered")
		if s := w.c.Snapshot(); s.Connection != "connection:established" {
			t.Errorf("connection %s", s.Connection)
		}
		w.must(w.c.HangUp(t.Context()))
	})
}

// Media that is lost for good ends the call, with the reason in the BYE.
func TestMediaPathFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		w.media.Last().SetState(rtc.StateFailed)
		w.take()
		if log := w.session().Log(); log[len(log)-1] != `terminate 408 SIP ;cause=408 ;text="RTP Timeout"` {
			t.Errorf("log %q", log)
		}
		var failure *connector.CallError
		if s := w.c.Snapshot(); !errors.As(s.LastError, &failure) || failure.Cause != signal.CauseRTPTimeout {
			t.Errorf("last error %v", s.LastError)
		}
	})
}

// Our offer in a 200, their answer in the ACK: an answer that cannot be applied is no confirmed call.
func TestLateAnswerThatCannotBeApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.media.Prepare = func(p *fake.Peer) { p.ApplyErr = errors.New("no codec in common") }
		w.net.Last().Ring(signal.Identity{User: "1"}, "")
		w.take()
		if err := w.c.Accept(t.Context(), rtc.LocalStream{}); err == nil {
			t.Error("the call counts as confirmed")
		}
		if names := w.take(); slices.Contains(names, "call:confirmed") || !slices.Contains(names, "call:setremotedescriptionfailed") &&
			!slices.Contains(names, "call:peerconnection:setremotedescriptionfailed") {
			t.Errorf("events %v", names)
		}
	})
}

// A transfer is refused unless the application wants it; a refresh of the session timer becomes a re-INVITE.
func TestReferAndRefresh(t *testing.T) {
	for _, accept := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			asked := ""
			if accept {
				w.rebuild(connector.Config{AcceptRefer: func(to string) bool { asked = to; return true }})
			}
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
			w.take()
			const target = "sip:2002@sip.example"
			if got := w.session().Handler().OnRefer(target); got != accept || accept && asked != target {
				t.Errorf("accepted %v, asked %q", got, asked)
			}
			w.expect("refer", "call:refer")
			err := w.c.ReportRefer(t.Context(), 200, "OK")
			if log := w.session().Log(); accept && (err != nil || log[len(log)-1] != "notify refer 200 OK") ||
				!accept && !errors.Is(err, signal.ErrNoRefer) {
				t.Errorf("reported: %v, log %q", err, log)
			}
			w.session().Handler().OnRefresh()
			w.expect("refresh", "call:sdp", "call:sdp")
			if log := w.session().Log(); log[len(log)-1] != "reinvite" {
				t.Errorf("log %q", log)
			}
		})
	}
}

// Early media: a description in a provisional response is applied while it rings; the same one in the answer is not
// applied again, another one is.
func TestEarlyMedia(t *testing.T) {
	for _, c := range []struct {
		name   string
		ring   func(*world, *fake.Session)
		peer   string // what the peer connection was asked after the offer
		events []string
	}{
		{"the same answer", func(w *world, s *fake.Session) {
			s.Handler().OnProgress(183, "v=0 their answer")
			s.Handler().OnProgress(183, "v=0 their answer") // repeated
			s.PickUp()
		}, "apply", []string{"call:sdp", "call:progress", "call:progress", "call:sdp"}},
		{"another answer", func(w *world, s *fake.Session) {
			s.Handler().OnProgress(180, "")
			s.Handler().OnProgress(183, "v=0 an announcement")
			s.PickUp()
		}, "apply, offer false, apply", []string{"call:progress", "call:sdp", "call:progress", "call:sdp"}},
		{"that cannot be used", func(w *world, s *fake.Session) {
			w.media.Last().FailApply(errors.New("no codec in common"))
			s.Handler().OnProgress(183, "v=0 garbage")
			synctest.Wait()
			w.media.Last().FailApply(nil)
			s.PickUp()
		}, "apply, apply", []string{"call:sdp", "call:progress", "call:sdp"}},
		{"whose path fails", func(w *world, s *fake.Session) {
			s.Handler().OnProgress(183, "v=0 an announcement")
			synctest.Wait()
			w.media.Last().SetState(rtc.StateFailed)
			synctest.Wait()
			w.media.Last().SetState(rtc.StateConnecting)
			s.PickUp()
		}, "apply, offer false, apply", []string{"call:sdp", "call:progress", "call:sdp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				w.must(w.c.Connect(t.Context(), user()))
				w.net.Last().SetAnswer(func(s *fake.Session) {
					s.Handler().OnSending()
					c.ring(w, s)
				})
				w.take()
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
				events := append([]string{"call:start-call", "call:peerconnection", "call:connecting", "call:sdp", "call:sending"}, c.events...)
				w.expect("call", append(events, "call:call-status-changed", "call:accepted", "call:confirmed",
					"call:peerconnection:confirmed")...)
				if got := since(w.media.Last().Log(), 1); got != c.peer {
					t.Errorf("peer connection: %s", got)
				}
			})
		})
	}
}

// A path that failed while it rang, and is failed still when the call is answered, is no call.
func TestEarlyMediaThatStaysFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.Connect(t.Context(), user()))
		w.net.Last().SetAnswer(func(s *fake.Session) {
			s.Handler().OnProgress(183, "v=0 their answer")
			synctest.Wait()
			w.media.Last().SetState(rtc.StateFailed)
			s.PickUp()
		})
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", NoRedial: true}))
		synctest.Wait()
		var failure *connector.CallError
		if s := w.c.Snapshot(); s.Call.State != "call:idle" || !errors.As(s.LastError, &failure) || failure.Cause != signal.CauseRTPTimeout {
			t.Errorf("call %+v, error %v", s.Call, s.LastError)
		}
	})
}

// Another fork of the INVITE is picked up than the one that was heard: a fresh peer connection takes over by a re-INVITE.
func TestEarlyMediaOfAnotherFork(t *testing.T) {
	for name, refused := range map[string]error{"taken": nil, "refused": &signal.ResponseError{Method: "INVITE", StatusCode: 488}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.close()
				w.media.Prepare = remoteTracks
				w.must(w.c.Connect(t.Context(), user()))
				w.net.Last().SetAnswer(func(s *fake.Session) {
					s.ReinviteErr = refused
					s.Handler().OnSending()
					s.Handler().OnProgress(183, "v=0\r\na=ice-ufrag:gate\r\n")
					s.PickUp() // another ufrag: none
				})
				w.take()
				w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera(), NoRedial: true}))
				names := w.take()
				peers := w.media.Peers()
				if len(peers) != 2 || !peers[0].Closed() {
					t.Fatalf("%d peer connections", len(peers))
				}
				peers[0].SetState(rtc.StateFailed) // does not count any more
				if log := peers[1].Log(); !slices.Contains(log, "offer false") || !slices.Contains(log, "track 1 cam") {
					t.Errorf("second peer connection: %v", log)
				}
				synctest.Wait()
				s := w.c.Snapshot()
				if refused != nil {
					var failure *connector.CallError
					if s.Call.State != call.Idle || !slices.Contains(names, "call:ended") {
						t.Errorf("call %+v, error %v, %v", s.Call, failure, names)
					}
					return
				}
				if s.Call.Number != "2001" || s.Streams.Main == nil || len(s.Streams.Main.Tracks) != 2 || peers[1].Closed() {
					t.Errorf("call %+v, streams %+v", s.Call, s.Streams.Main)
				}
				w.must(w.c.HangUp(t.Context()))
			})
		})
	}
}
