package roomserver

import (
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/media/device/stamp"
	"parley/media/video"
)

func stamped(f *video.Frame) bool {
	_, ok := stamp.Read(f)
	return ok
}

func TestBotPresents(t *testing.T) {
	s, events := startServer(t, Config{Bots: 2, BotPresents: true})
	a := join(t, s, "guest", "2001", "VP8")
	a.answerOffer()
	if info := a.infoFrom("sharedesktop"); value(info, "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" {
		t.Errorf("%s", info)
	}
	a.watch(a.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return f.Width == 1280 && stamped(f) })
	if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 603 {
		t.Errorf("permission: %d", code)
	}
	if out := console(t, s, "bot-stop bot-1"); out != "done\n" {
		t.Error(out)
	}
	if info := a.infoFrom("sharedesktop"); value(info, "x-webrtc-share-state") != "CONTENTEND" {
		t.Errorf("%s", info)
	}
	if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
		t.Errorf("permission: %d", code)
	}
	if err := s.Moderate().BotPresents("Boris", true); err == nil {
		t.Error("a bot presents while somebody else does")
	}
	must(t, s.Moderate().StopPresentation("2001"))
	a.infoFrom("sharedesktop")
	must(t, s.Moderate().BotPresents("Boris", true))
	for value(a.infoFrom("sharedesktop"), "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" {
	}
	must(t, s.Moderate().StopPresentation("2001"))
	events.wait(t, "presenter-stopped", func(d map[string]any) bool { return d["name"] == "Boris" })
	if err := s.Moderate().BotPresents("nobody", true); err == nil {
		t.Error("a bot that is none presents")
	}
}

// answer answers an INVITE of the server and returns the dialog.
func (c *caller) answer(in inbound) {
	c.t.Helper()
	c.pc, c.audio, c.video = newPC(c.t, c.codec)
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- track })
	res := sip.NewResponseFromRequest(in.req, 200, "OK", nil)
	res.To().Params.Add("tag", sip.GenerateTagN(8))
	res.AppendHeader(&sip.ContactHeader{Address: c.contact})
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte(answerTo(c.t, c.pc, string(in.req.Body()))))
	must(c.t, in.tx.Respond(res))
	from, to := in.req.From(), res.To()
	c.d = &clientDialog{
		c: c.client, local: sip.FromHeader{Address: to.Address, Params: to.Params},
		remote: sip.ToHeader{Address: from.Address, Params: from.Params}, target: *in.req.Contact().Address.Clone(),
		callID: in.req.CallID().Value(), cseq: 1,
	}
}

func registered(t *testing.T, s *Server, user string) *caller {
	t.Helper()
	c := &caller{
		client: dial(t, s, user, users[user]), codec: "VP8", tracks: make(chan *webrtc.TrackRemote, 10), stop: make(chan struct{}),
	}
	c.register("MD5")
	t.Cleanup(func() {
		close(c.stop)
		c.work.Wait()
	})
	return c
}

func TestBotCallsAUser(t *testing.T) {
	s, events := startServer(t, Config{Users: users, BotCalls: []string{"ben"}})
	a := registered(t, s, "ann")
	if out := console(t, s, "bot-call ann"); out != "done\n" {
		t.Fatal(out)
	}
	in := a.next(sip.INVITE)
	if in.req.From().DisplayName != "Anna" || in.req.From().Address.User != "bot" {
		t.Errorf("%s", in.req)
	}
	a.answer(in)
	info := a.infoFrom("roomname")
	if value(info, "x-webrtc-enter-room") != "p2pbottoann" || value(info, "x-webrtc-is-direct-p2p") != "true" ||
		value(info, "x-webrtc-participant-name") != "ann" {
		t.Errorf("%s", info)
	}
	if code := a.d.info("roomname", sip.NewHeader("x-webrtc-enter-room", "p2pbottoann")); code != 200 {
		t.Errorf("roomname: %d", code)
	}
	a.watch(a.track(webrtc.RTPCodecTypeVideo, "main"), stamped)
	track := a.track(webrtc.RTPCodecTypeAudio, "")
	if _, _, err := track.ReadRTP(); err != nil {
		t.Error(err)
	}
	// In a direct call a presentation is announced, not asked for.
	if code := a.d.info("sharedesktop", shareState("YOUCANRECEIVECONTENT")); code != 200 {
		t.Errorf("announcement: %d", code)
	}
	screen, err := webrtc.NewTrackLocalStaticSample(a.video.Codec(), "screen", "local-screen")
	must(t, err)
	if code := a.share(screen); code != 200 {
		t.Errorf("re-INVITE: %d", code)
	}
	if code := a.d.bye(); code != 200 {
		t.Errorf("BYE: %d", code)
	}
	events.wait(t, "room-closed", nil)

	// One who is called when he registers, and refuses.
	b := registered(t, s, "ben")
	in = b.next(sip.INVITE)
	must(t, in.tx.Respond(sip.NewResponseFromRequest(in.req, 486, "Busy Here", nil)))
	events.wait(t, "unanswered", func(d map[string]any) bool { return d["user"] == "ben" })
	if err := s.Moderate().BotCalls("nobody"); err == nil {
		t.Error("nobody was called")
	}
}

func TestInviteIntoARoomAndGiveUp(t *testing.T) {
	s, events := startServer(t, Config{Users: users})
	a := registered(t, s, "ann")
	must(t, s.Moderate().Invite("ann", "2320"))
	in := a.next(sip.INVITE)
	canceled := make(chan struct{})
	in.tx.OnCancel(func() {
		_ = in.tx.Respond(sip.NewResponseFromRequest(in.req, 487, "Request Terminated", nil))
		close(canceled)
	})
	must(t, in.tx.Respond(sip.NewResponseFromRequest(in.req, 180, "Ringing", nil)))
	must(t, s.Moderate().EndCall("ann", 0))
	<-canceled
	events.wait(t, "unanswered", nil)

	must(t, s.Moderate().Invite("ann", "2320"))
	a.answer(a.next(sip.INVITE))
	if room := a.infoFrom("roomname"); value(room, "x-webrtc-enter-room") != "2320" {
		t.Errorf("%s", room)
	}
	b := join(t, s, "guest", "2320", "VP8")
	a.film(80)
	b.watch(b.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 80) })
	must(t, s.Moderate().EndRoom("2320"))
	respondOK(a.next(sip.BYE))
	if err := s.Moderate().Invite("ann", "none"); err == nil {
		t.Error("no room was taken")
	}
}
