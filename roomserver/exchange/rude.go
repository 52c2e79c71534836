package exchange

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// oversize is more than a client has to take, bytes.
const oversize = 1 << 20

// Oversize sends one message that is larger than a client has to take. It does not wait.
func (c *Client) Oversize() {
	text := "MESSAGE sip:x@x.invalid SIP/2.0\r\nSubject: " + strings.Repeat("x", oversize) + "\r\n\r\n"
	c.rudely([]byte(text))
}

// Garbage sends what no server should, outside and inside the calls of this socket. It does not wait.
func (c *Client) Garbage() {
	var messages [][]byte
	for _, text := range c.nonsense() {
		messages = append(messages, []byte(text))
	}
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	c.rudely(append(messages, nil, []byte{0}, noise, []byte("\r\n\r\n"), bytes.Repeat([]byte("\r\n"), 1000))...)
	c.x.mu.Lock()
	var calls []*Call
	for _, call := range c.x.calls {
		if call.Client() == c {
			calls = append(calls, call)
		}
	}
	c.x.mu.Unlock()
	for _, call := range calls {
		call.confuse()
	}
}

// rudely writes messages past the transactions.
func (c *Client) rudely(messages ...[]byte) {
	c.x.work.Go(func() {
		for _, m := range messages {
			if c.wire.Write(context.Background(), m) != nil { // bounded: 10 s, then the socket is closed
				return
			}
		}
	})
}

// nonsense outside any dialog: from what is no SIP to what is SIP and must be refused.
func (c *Client) nonsense() []string {
	via := fmt.Sprintf("Via: SIP/2.0/WSS %s;branch=%s\r\n", c.x.host, sip.GenerateBranch())
	request := func(method, more string) string {
		return method + " sip:nobody@nowhere.invalid SIP/2.0\r\nVia: SIP/2.0/WSS " + c.x.host + ";branch=" + sip.GenerateBranch() +
			"\r\nMax-Forwards: 70\r\nFrom: <sip:rude@x.invalid>;tag=" + sip.GenerateTagN(8) + "\r\nTo: <sip:nobody@nowhere.invalid>" +
			"\r\nCall-ID: " + sip.GenerateTagN(16) + "\r\nCSeq: 1 " + method + "\r\n" + more + "Content-Length: 0\r\n\r\n"
	}
	return []string{
		"SIP/2.0", "SIP/2.0 999999999999 \r\n\r\n", "INVITE\r\n\r\n", `{"json":true}`,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"SIP/2.0 200 OK\r\n" + via + "Content-Length: -5\r\n\r\n",
		"SIP/2.0 200 OK\r\n" + via + "From: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
		"INVITE sip:x@x.invalid SIP/2.0\r\n" + via + "CSeq: 1 BYE\r\nContent-Length: 99999999\r\n\r\n",
		"NOTIFY sip:x@x.invalid SIP/2.0\r\nVia: " + strings.Repeat("a", 60000) + "\r\n\r\n",
		request("DANCE", ""), request("INVITE", "Require: magic\r\n"), request("INVITE", "Content-Type: application/sdp\r\n"),
		strings.Replace(request("BYE", ""), "To: <sip:nobody@nowhere.invalid>", "To: <sip:nobody@nowhere.invalid>;tag=none", 1),
		request("NOTIFY", "Content-Type: application/vinteo.webrtc.notify\r\nx-vinteo-notify: {\"cmd\":\r\n"),
	}
}

// confuse sends a call what it must refuse or ignore.
func (c *Call) confuse() {
	infos := [][2]string{
		{"application/vinteo.webrtc.notify", "x-vinteo-notify: {"},
		{"application/vinteo.webrtc.notify", `x-vinteo-notify: {"cmd":42,"body":[1,2,3]}`},
		{"application/vinteo.webrtc.notify", `x-vinteo-notify: {"cmd":"ConferenceParticipantTokenIssued","body":{"jwt":{}}}`},
		{"application/vinteo.webrtc.notify", "x-vinteo-notify: " + strings.Repeat("[", 20000)},
		{"application/vinteo.webrtc.maincam", "x-webrtc-maincam: MAXMAINCAMRESOLUTION\r\nx-webrtc-maincam-resolution: 0xNaN"},
		{"application/vinteo.webrtc.maincam", "x-webrtc-maincam: EXPLODE"},
		{"application/vinteo.webrtc.partstate", "x-webrtc-partstate: GHOST"},
		{"application/vinteo.webrtc.sharedesktop", "x-webrtc-share-state: \x01"},
		{"application/vinteo.webrtc.nothing", "x-webrtc-nothing: 1"},
		{"application/x-foreign; a=b; c", "Subject: x"},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ignore := func(*sip.Response, error) {}
	for _, info := range infos {
		req := c.request(sip.INFO)
		req.AppendHeader(sip.NewHeader("Content-Type", info[0]))
		for line := range strings.SplitSeq(info[1], "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			req.AppendHeader(sip.NewHeader(name, value))
		}
		_ = c.send(req, ignore)
	}
	_ = c.send(c.request(sip.INFO), ignore) // without a type: 415
	for _, offer := range []string{"v=0", "nonsense\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 99999 RTP/AVP 0\r\n"} {
		req := c.request(sip.UPDATE)
		req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		req.SetBody([]byte(offer))
		_ = c.send(req, ignore)
	}
	foreign := c.request(sip.BYE)
	foreign.From().Params.Remove("tag")
	foreign.From().Params.Add("tag", sip.GenerateTagN(8))
	_ = c.send(foreign, ignore) // of a dialog that is none: 481, and nothing ends
}
