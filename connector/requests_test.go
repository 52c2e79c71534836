package connector_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/signal"
)

func callOf(number string) connector.CallParameters {
	return connector.CallParameters{Number: number, Stream: camera()}
}

// sent are the INFOs of a session by their content types' ends and headers.
func (w *world) sent() (lines []string) {
	for _, line := range w.session().Log() {
		if line, is := strings.CutPrefix(line, "info application/vinteo.webrtc."); is {
			lines = append(lines, line)
		}
	}
	return lines
}

// What a person refuses or asks for goes to the server; only its 603 to a wish for the camera is an error there.
func TestRequestsToTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		if err := w.c.RefuseCamera(t.Context()); !errors.Is(err, call.ErrNone) {
			t.Errorf("without a call: %v", err)
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), callOf("2001")))
		synctest.Wait() // the room has been announced
		before := len(w.sent())
		w.must(w.c.RefuseMicrophone(t.Context()))
		w.must(w.c.RefuseCamera(t.Context()))
		w.must(w.c.AskForCamera(t.Context()))
		want := []string{"refusal | x-vinteo-media-type: 0", "refusal | x-vinteo-media-type: 1",
			"maincam | x-webrtc-request-enable-media-device: LETMESTARTMAINCAM"}
		if got := w.sent()[before:]; !slices.Equal(got, want) {
			t.Errorf("sent %q", got)
		}
		for code, refused := range map[int]bool{603: true, 488: false, 500: false} {
			w.session().AnswerInfo(func(string, []signal.Header) error {
				return &signal.ResponseError{Method: "INFO", StatusCode: code}
			})
			if err := w.c.AskForCamera(t.Context()); (err != nil) != refused {
				t.Errorf("%d: %v", code, err)
			}
		}
	})
}

// Waiting for the server's channels and for its media state ends with its word, or with the caller's patience.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		got := make(chan any, 2)
		go func() {
			channels, err := w.c.WaitChannels(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- channels.Input + channels.Output
		}()
		go func() {
			sync, err := w.c.WaitSyncMediaState(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- sync.Forced
		}()
		synctest.Wait()
		w.info("roomname", "x-webrtc-input-channels", "a", "x-webrtc-output-channels", "b")
		if v := <-got; v != "ab" {
			t.Errorf("channels %v", v)
		}
		w.info("maincam", "x-webrtc-maincam", "PAUSEMAINCAM", "x-webrtc-sync", "1")
		if v := <-got; v != true {
			t.Errorf("forced %v", v)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.c.WaitChannels(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// A re-INVITE without a description gets our offer; the answer comes in the ACK. One that cannot be used changes nothing.
func TestReinviteWithoutDescription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		peer := w.media.Last()
		ask := func() (offer string, answer func(string), refused int) {
			w.session().Handler().OnOffer(signal.InDialogOffer{Method: "INVITE", Accept: func(sdp string) { offer = sdp },
				Reject: func(code int, _ string) { refused = code }, OnAnswer: func(fn func(string)) { answer = fn }})
			synctest.Wait()
			return offer, answer, refused
		}
		offer, answer, refused := ask()
		if !strings.HasPrefix(offer, "v=0 offer") || refused != 0 {
			t.Fatalf("offer %q, refused %d", offer, refused)
		}
		if _, _, refused := ask(); refused != 491 {
			t.Errorf("a second one meanwhile: %d", refused)
		}
		answer("v=0 late answer")
		w.expect("answered", "call:reinvite", "call:sdp", "call:sdp")

		peer.ApplyErr = errors.New("no use")
		_, answer, _ = ask()
		answer("v=0 bad answer")
		w.expect("bad answer", "call:reinvite", "call:sdp", "call:sdp", "call:peerconnection:setremotedescriptionfailed")
		if log := peer.Log(); log[len(log)-1] != "rollback" {
			t.Errorf("log %q", log)
		}

		peer.ApplyErr = nil
		_, answer, _ = ask()
		answer("")
		w.expect("no answer will come", "call:reinvite", "call:sdp", "call:peerconnection:setremotedescriptionfailed")
		if log := peer.Log(); log[len(log)-1] != "rollback" {
			t.Errorf("log %q", log)
		}

		peer.OfferErr = errors.New("no offer")
		if _, _, refused := ask(); refused != 488 {
			t.Errorf("without an offer of ours: %d", refused)
		}
		w.take()
		peer.OfferErr = nil
		w.must(w.c.Renegotiate(t.Context()))
		w.expect("the call is as it was", "call:sdp", "call:sdp")
	})
}

// Point 9: the room of a direct call that the other side does not take ends the call; in a conference it does not matter.
func TestRoomIsNotTaken(t *testing.T) {
	for _, direct := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			w.media.Prepare = remoteTracks
			w.must(w.c.Connect(t.Context(), user()))
			refuse := make(chan struct{})
			w.net.Last().SetAnswer(func(s *fake.Session) {
				s.AnswerInfo(func(kind string, _ []signal.Header) error {
					if strings.HasSuffix(kind, "roomname") {
						<-refuse
						return &signal.ResponseError{Method: "INFO", StatusCode: 488}
					}
					return nil
				})
				s.AnswerCall()
			})
			w.must(w.c.Call(t.Context(), callOf("1002")))
			if direct {
				w.info("roomname", "x-webrtc-enter-room", "p2p1001to1002", "x-webrtc-participant-name", "1001", "x-webrtc-is-direct-p2p", "1")
			} else {
				w.room("2001", "JwtCase")
			}
			w.take()
			close(refuse)
			names := w.take()
			if failed := slices.Contains(names, "api:failed-send-room-direct-p2p"); failed != direct {
				t.Errorf("direct %v: %q", direct, names)
			}
			if active := w.c.Snapshot().Call.State.Active(); active == direct {
				t.Errorf("direct %v: %s", direct, w.c.Snapshot().Call.State)
			}
		})
	}
}

// The states of all machines can be read at one moment, and a running auto-connect can be begun anew.
func TestMachineStatesAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		w.must(w.c.AutoConnect(t.Context(), user()))
		states, err := w.c.MachineStates(t.Context())
		w.must(err)
		if states["auto-connector"] != "connectedMonitoring" || states["connection"] != "connection:established" || len(states) < 8 {
			t.Errorf("states %v", states)
		}
		before := len(w.net.Agents())
		time.Sleep(time.Second)
		w.must(w.c.RestartAutoConnect(t.Context()))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(w.net.Agents()); n != before+1 {
			t.Errorf("%d user agents, want %d", n, before+1)
		}
		w.must(w.c.CancelRedialAttempt(t.Context())) // nothing to cancel
		w.must(w.c.StopAutoConnect(t.Context()))
	})
}

// A peer that never answers an offer of ours holds up what is negotiated after it for a minute, not for the rest of the call.
func TestOfferThatIsNeverAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		begin := time.Now()
		w.session().HoldReinvite = make(chan struct{})
		if err := w.c.Renegotiate(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("renegotiation: %v", err)
		}
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		if log := w.media.Last().Log(); log[len(log)-1] != "rollback" {
			t.Errorf("log %q", log)
		}
		w.session().HoldReinvite = nil
		w.must(w.c.Renegotiate(t.Context()))
	})
}
