package sip

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/connector/signal"
)

// FuzzDialog lets a server say anything within a call and while one is set up. {CALL}, {TAG}, {BRANCH} and {SEQ} stand for
// the call's own. Whatever was said: the client is still there, and answers.
func FuzzDialog(f *testing.F) {
	request := func(method, headers, body string) string {
		return method + " sip:alice@example.org SIP/2.0\r\nVia: SIP/2.0/WSS server.example;branch=z9hG4bK" + method +
			"\r\nFrom: <sip:2001@example.org>;tag=remote\r\nTo: <sip:alice@example.org>;tag={TAG}\r\nCall-ID: {CALL}\r\n" +
			"CSeq: 7 " + method + "\r\nContact: <sip:2001@192.0.2.9>\r\n" + headers + "\r\n" + body
	}
	response := func(status, headers, body string) string {
		return "SIP/2.0 " + status + "\r\nVia: SIP/2.0/WSS x.invalid;branch={BRANCH}\r\nFrom: <sip:alice@example.org>;tag={TAG}\r\n" +
			"To: <sip:2001@example.org>;tag=remote\r\nCall-ID: {CALL}\r\nCSeq: {SEQ} INVITE\r\n" + headers + "\r\n" + body
	}
	for _, established := range []bool{false, true} {
		f.Add(established, request("INFO", "Content-Type: application/vinteo.webrtc.roomname\r\n", ""))
		f.Add(established, request("INVITE", "Content-Type: application/sdp\r\nSession-Expires: 90;refresher=uac\r\n", offerSDP))
		f.Add(established, request("INVITE", "", ""))
		f.Add(established, request("UPDATE", "Content-Type: application/sdp\r\n", offerSDP))
		f.Add(established, request("REFER", "Refer-To: <sip:x@y?Replaces=1>\r\n", ""))
		f.Add(established, request("NOTIFY", "Event: refer\r\n", "SIP/2.0 200 OK"))
		f.Add(established, request("BYE", "Reason: SIP;cause=408;text=\"RTP Timeout\"\r\n", ""))
		f.Add(established, request("ACK", "", ""))
		f.Add(established, request("CANCEL", "", ""))
		f.Add(established, request("OPTIONS", "Require: x\r\n", ""))
		f.Add(established, response("183 Session Progress", "Content-Type: application/sdp\r\nRSeq: 1\r\nRequire: 100rel\r\n", offerSDP))
		f.Add(established, response("200 OK", "Contact: <sip:a@b>\r\nContent-Type: application/sdp\r\nRecord-Route: <sip:p;lr>,<sip:q>\r\n", offerSDP))
		f.Add(established, response("401 Unauthorized", "WWW-Authenticate: Digest realm=\"a\",nonce=\"b\",algorithm=SHA-256,qop=\"auth\"\r\n", ""))
		f.Add(established, response("302 Moved", "Contact: <sip:b@c>\r\n", ""))
		f.Add(established, response("422 Session Interval Too Small", "Min-SE: 99999999999\r\n", ""))
		f.Add(established, response("491 Request Pending", "Retry-After: -1\r\n", ""))
	}
	value := func(text, pattern string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	f.Fuzz(func(t *testing.T, established bool, raw string) {
		onWire(t, signal.Handler{}, func(t *testing.T, w *wire, agent signal.UserAgent) {
			send := func(text string) {
				if err := w.conn.Write(t.Context(), []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := agent.Invite("2001", signal.InviteOptions{Offer: offerSDP}, signal.SessionHandler{
				OnAnswer: func(string) error { return nil },
				OnOffer:  func(o signal.InDialogOffer) { o.Accept(answerSDP) },
				OnRefer:  func(string) bool { return true },
			}); err != nil {
				t.Fatal(err)
			}
			w.words()
			invite := w.came[0]
			fill := strings.NewReplacer("{CALL}", value(invite, `Call-ID: (\S+)`), "{TAG}", value(invite, `From: .*;tag=(\w+)`),
				"{BRANCH}", value(invite, `branch=([^;\s]+)`), "{SEQ}", value(invite, `CSeq: (\d+)`))
			if established {
				send(fill.Replace(response("200 OK", "Contact: <sip:2001@192.0.2.9>\r\nContent-Type: application/sdp\r\n", answerSDP)))
			}
			w.words()
			send(fill.Replace(raw))
			w.words()
			w.came = nil
			send(ping)
			if got := w.words(); !slices.Contains(got, "200") || !agent.Connected() {
				t.Fatalf("the client says %v", got)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel() // nobody answers a BYE here
			_ = agent.Stop(ctx)
		})
	})
}
