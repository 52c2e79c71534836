package roomserver

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/media/video"
)

// reinvite sends an offer in the dialog and returns the final response; a 2xx is acknowledged.
func (c *caller) reinvite(offer string) *sip.Response {
	c.t.Helper()
	req := c.d.request(sip.INVITE)
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(offer))
	res := c.do(req)
	if res.IsSuccess() {
		must(c.t, c.layer.Write(c.d.request(sip.ACK)))
	}
	return res
}

func TestICERestart(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	c := join(t, s, "ann", "2001", "VP8")
	restarted := make(chan struct{}, 10)
	c.pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		if state == webrtc.ICEConnectionStateConnected {
			restarted <- struct{}{}
		}
	})
	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	must(t, err)
	gathered := webrtc.GatheringCompletePromise(c.pc)
	must(t, c.pc.SetLocalDescription(offer))
	<-gathered
	res := c.reinvite(c.pc.LocalDescription().SDP)
	if res.StatusCode != 200 {
		t.Fatalf("re-INVITE: %d", res.StatusCode)
	}
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
	select {
	case <-restarted:
	case <-time.After(patience):
		t.Fatal("not connected after the restart")
	}
	n := 0
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(*video.Frame) bool { n++; return n > 20 })
}

func TestBadOfferLeavesTheCallAsItWas(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	c := join(t, s, "ann", "2001", "VP8")
	for _, offer := range []string{"garbage", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"} {
		if res := c.reinvite(offer); res.StatusCode != 488 {
			t.Errorf("%q: %d", offer, res.StatusCode)
		}
	}
	if res := c.reinvite(offerOf(t, c.pc)); res.StatusCode != 200 {
		t.Errorf("a good offer afterwards: %d", res.StatusCode)
	}
	n := 0
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(*video.Frame) bool { n++; return n > 10 })
}

// TestGlare lets the server's offer cross the client's.
func TestGlare(t *testing.T) {
	s, _ := startServer(t, Config{})
	a, b := join(t, s, "ann", "2300", "VP8"), join(t, s, "ben", "2300", "VP8")
	b.infoFrom("notify")
	b.infoFrom("notify")
	if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
		t.Fatalf("permission: %d", code)
	}
	screen, err := webrtc.NewTrackLocalStaticSample(a.video.Codec(), "screen", "local-screen")
	must(t, err)
	if code := a.share(screen); code != 200 {
		t.Fatalf("re-INVITE: %d", code)
	}
	a.filmOn(screen, 210, a.pc.GetSenders()[2])
	theirs := b.next(sip.INVITE)
	if res := b.reinvite(offerOf(t, b.pc)); res.StatusCode != 491 {
		t.Errorf("our offer while theirs is pending: %d", res.StatusCode)
	}
	// We had one pending too, so theirs is refused; ours is tried again and goes first or second, as it happens.
	must(t, theirs.tx.Respond(sip.NewResponseFromRequest(theirs.req, 491, "Request Pending", nil)))
	res := b.reinvite(b.pc.LocalDescription().SDP)
	for res.StatusCode == 491 { // the server was first again
		theirs = b.next(sip.INVITE)
		must(t, theirs.tx.Respond(sip.NewResponseFromRequest(theirs.req, 491, "Request Pending", nil)))
		res = b.reinvite(b.pc.LocalDescription().SDP)
	}
	if res.StatusCode != 200 {
		t.Fatalf("our offer again: %d", res.StatusCode)
	}
	must(t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
	b.answerOffer()
	b.watch(b.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return near(f, 210) })
}
