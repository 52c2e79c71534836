package roomserver

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/media/video"
)

func brightness(f *video.Frame) int {
	sum := 0
	for x := range f.Width {
		sum += int(f.Y[f.Height/2*f.StrideY+x])
	}
	return sum / f.Width
}

func near(f *video.Frame, luma int) bool {
	d := brightness(f) - luma
	return d > -12 && d < 12
}

func TestMixLeavesOutTheOwnVoice(t *testing.T) {
	s, _ := startServer(t, Config{})
	a, b := join(t, s, "ann", "2100", "VP8"), join(t, s, "ben", "2100", "VP8")
	c := join(t, s, "cleo", "2100", "VP8")
	a.speak(440, nil)
	b.speak(1000, nil)
	c.speak(1700, nil)
	for _, want := range []struct {
		who  *caller
		gone int
	}{{a, 0}, {b, 1}, {c, 2}} {
		heard := want.who.hear(want.who.track(webrtc.RTPCodecTypeAudio, ""), 440, 1000, 1700)
		for i, level := range heard {
			switch {
			case i == want.gone && level > 0.02:
				t.Errorf("%s hears himself: %.3f", want.who.user, level)
			case i != want.gone && level < 0.05:
				t.Errorf("%s does not hear tone %d: %.3f", want.who.user, i, level)
			}
		}
	}
}

func TestMainVideoFollowsTheSpeaker(t *testing.T) {
	for _, codecName := range []string{"VP8", "H264"} {
		t.Run(codecName, func(t *testing.T) {
			s, _ := startServer(t, Config{Codec: codecName})
			viewer := join(t, s, "viewer", "2101", codecName)
			dark, light := join(t, s, "dark", "2101", codecName), join(t, s, "light", "2101", codecName)
			dark.film(60)
			light.film(190)
			quiet := make(chan struct{})
			dark.speak(440, quiet)
			stage, switched := 0, time.Time{}
			viewer.watch(viewer.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool {
				switch stage {
				case 0:
					if near(f, 60) {
						close(quiet)
						light.speak(1000, nil)
						stage++
					}
				case 1:
					if near(f, 190) {
						stage, switched = 2, time.Now()
					}
				case 2: // a silent room keeps the last speaker
					if !near(f, 190) {
						t.Error("the picture changed though nobody else spoke")
						return true
					}
					return time.Since(switched) > time.Second
				}
				return false
			})
			// The speaker himself sees the one who spoke before him.
			light.watch(light.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 60) })
		})
	}
}

func TestTwoSeeEachOther(t *testing.T) {
	s, _ := startServer(t, Config{})
	a, b := join(t, s, "ann", "2102", "VP8"), join(t, s, "ben", "2102", "VP8")
	a.film(80)
	b.film(170)
	a.watch(a.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 170) })
	b.watch(b.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool { return near(f, 80) })
}

func TestCameraOffIsNotShown(t *testing.T) {
	s, events := startServer(t, Config{})
	viewer := join(t, s, "viewer", "2103", "VP8")
	a, b := join(t, s, "ann", "2103", "VP8"), join(t, s, "ben", "2103", "VP8")
	a.film(80)
	b.film(170)
	stage := 0
	viewer.watch(viewer.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool {
		if stage == 0 {
			stage = 1
			off, other := a, 170
			if near(f, 170) {
				off, other = b, 80
			}
			stage = other
			go off.d.info("mediastate", sip.NewHeader("x-webrtc-media-state", "currentstate"),
				sip.NewHeader("x-vinteo-maincam-state", "0"), sip.NewHeader("x-vinteo-mic-state", "1"))
		}
		return stage != 0 && near(f, stage)
	})
	events.wait(t, "media-state", nil)
}

// share makes a caller's third m-line and offers it.
func (c *caller) share(track *webrtc.TrackLocalStaticSample) int {
	c.t.Helper()
	_, err := c.pc.AddTrack(track)
	must(c.t, err)
	req := c.d.request(sip.INVITE)
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(offerOf(c.t, c.pc)))
	res := c.do(req)
	if res.IsSuccess() {
		ack := c.d.request(sip.ACK)
		must(c.t, c.layer.Write(ack))
		must(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
	}
	return res.StatusCode
}

// answerOffer answers the server's next re-INVITE.
func (c *caller) answerOffer() {
	c.t.Helper()
	in := c.next(sip.INVITE)
	answer := answerTo(c.t, c.pc, string(in.req.Body()))
	res := sip.NewResponseFromRequest(in.req, 200, "OK", nil)
	res.AppendHeader(&sip.ContactHeader{Address: c.contact})
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte(answer))
	must(c.t, in.tx.Respond(res))
}

func shareState(state string) sip.Header { return sip.NewHeader("x-webrtc-share-state", state) }

func TestPresentation(t *testing.T) {
	s, events := startServer(t, Config{})
	a, b := join(t, s, "ann", "2104", "VP8"), join(t, s, "ben", "2104", "VP8")
	a.infoFrom("notify")
	b.infoFrom("notify")
	if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
		t.Fatalf("permission: %d", code)
	}
	if code := b.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 603 {
		t.Errorf("permission while another presents: %d", code)
	}
	a.film(100)
	screen, err := webrtc.NewTrackLocalStaticSample(a.video.Codec(), "screen", "local-screen")
	must(t, err)
	if code := a.share(screen); code != 200 {
		t.Fatalf("re-INVITE: %d", code)
	}
	a.filmOn(screen, 210, a.pc.GetSenders()[2])
	b.answerOffer()
	announced := b.infoFrom("sharedesktop")
	if value(announced, "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" || value(announced, "x-webrtc-share-codec") != "VP8" {
		t.Errorf("announcement: %s", announced)
	}
	b.watch(b.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return near(f, 210) })

	// One who comes later gets it too.
	c := join(t, s, "cleo", "2104", "VP8")
	c.answerOffer()
	if late := c.infoFrom("sharedesktop"); value(late, "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" {
		t.Errorf("announcement to the late one: %s", late)
	}
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return near(f, 210) })

	if code := a.d.info("sharedesktop", shareState("STOPPRESENTATION")); code != 200 {
		t.Errorf("stop: %d", code)
	}
	if end := b.infoFrom("sharedesktop"); value(end, "x-webrtc-share-state") != "CONTENTEND" {
		t.Errorf("end: %s", end)
	}
	// The m-line is used again, without a re-INVITE to the one who has it.
	if code := a.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
		t.Errorf("second permission: %d", code)
	}
	if again := b.infoFrom("sharedesktop"); value(again, "x-webrtc-share-state") != "YOUCANRECEIVECONTENT" {
		t.Errorf("second announcement: %s", again)
	}
	if err := s.Moderate().StopPresentation("2104"); err != nil {
		t.Error(err)
	}
	if stop := a.infoFrom("sharedesktop"); value(stop, "x-webrtc-share-state") != "YOUMUSTSTOPSENDCONTENT" {
		t.Errorf("must stop: %s", stop)
	}
	// Now the one who watched presents, on the m-line that the server offered him.
	if code := b.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
		t.Fatalf("b's permission: %d", code)
	}
	own, err := webrtc.NewTrackLocalStaticSample(b.video.Codec(), "screen", "local-screen")
	must(t, err)
	if code := b.share(own); code != 200 {
		t.Fatalf("b's re-INVITE: %d", code)
	}
	if n := len(b.pc.GetTransceivers()); n != 3 {
		t.Errorf("%d m-lines", n)
	}
	b.filmOn(own, 40, b.pc.GetSenders()[2])
	events.wait(t, "presentation", func(d map[string]any) bool { return d["name"] == "ben" })
	a.answerOffer()
	a.watch(a.track(webrtc.RTPCodecTypeVideo, "dual"), func(f *video.Frame) bool { return near(f, 40) })
	// He leaves without a word: the others are told.
	if code := b.d.bye(); code != 200 {
		t.Errorf("BYE: %d", code)
	}
	for value(a.infoFrom("sharedesktop"), "x-webrtc-share-state") != "CONTENTEND" {
	}
}

func TestTakeOver(t *testing.T) {
	s, _ := startServer(t, Config{TakeOver: true})
	a, b := join(t, s, "ann", "2105", "VP8"), join(t, s, "ben", "2105", "VP8")
	for _, c := range []*caller{a, b} {
		if code := c.d.info("sharedesktop", shareState("LETMESTARTPRESENTATION")); code != 200 {
			t.Fatalf("%s: %d", c.user, code)
		}
	}
	if stop := a.infoFrom("sharedesktop"); value(stop, "x-webrtc-share-state") != "YOUMUSTSTOPSENDCONTENT" {
		t.Errorf("must stop: %s", stop)
	}
}

func TestWhoCannotDoTheCodecGetsSound(t *testing.T) {
	s, _ := startServer(t, Config{Codec: "H264"})
	a, b := join(t, s, "ann", "2106", "H264"), join(t, s, "ben", "2106", "VP8?")
	if licence := b.infoFrom("uselic"); value(licence, "x-webrtc-use-license") != "AUDIO" {
		t.Errorf("uselic: %s", licence)
	}
	a.speak(700, nil)
	if heard := b.hear(b.track(webrtc.RTPCodecTypeAudio, ""), 700); heard[0] < 0.05 {
		t.Errorf("hears %.3f", heard)
	}
}

func TestModeratorMutes(t *testing.T) {
	s, _ := startServer(t, Config{})
	a, b := join(t, s, "ann", "2107", "VP8"), join(t, s, "ben", "2107", "VP8")
	a.speak(700, nil)
	track := b.track(webrtc.RTPCodecTypeAudio, "")
	if heard := b.hear(track, 700); heard[0] < 0.05 {
		t.Fatalf("hears %.3f", heard)
	}
	must(t, s.Moderate().Microphone("ann", false, true))
	command := a.infoFrom("mic")
	if value(command, "x-webrtc-mic") != "ADMINSTOPMIC" || value(command, "x-webrtc-sync") != "1" {
		t.Errorf("command: %s", command)
	}
	// Silence is sent sparsely (DTX): unmuting after a while must bring the tone back, and nothing before it.
	must(t, s.Moderate().Microphone("ann", true, true))
	if command := a.infoFrom("mic"); value(command, "x-webrtc-mic") != "ADMINSTARTMIC" {
		t.Errorf("command: %s", command)
	}
	if heard := b.hear(track, 700); heard[0] < 0.05 {
		t.Errorf("after unmuting hears %.3f", heard)
	}
	must(t, s.Moderate().Camera("ben", false, false))
	if command := b.infoFrom("maincam"); value(command, "x-webrtc-maincam") != "ADMINSTOPMAINCAM" ||
		value(command, "x-webrtc-sync") != "0" {
		t.Errorf("command: %s", command)
	}
	if n := len(s.Moderate().List()); n != 2 {
		t.Errorf("%d participants", n)
	}
	must(t, s.Moderate().EndCall("ben", 0))
	respondOK(b.next(sip.BYE))
	must(t, s.Moderate().EndRoom("2107"))
	respondOK(a.next(sip.BYE))
}

func TestCallOutlivesItsSocket(t *testing.T) {
	s, events := startServer(t, Config{Users: map[string]string{"ann": "secret"}})
	a := &caller{client: dial(t, s, "ann", "secret"), codec: "VP8", tracks: make(chan *webrtc.TrackRemote, 4), stop: make(chan struct{})}
	a.register("MD5")
	a.pc, a.audio, a.video = newPC(t, "VP8")
	connected := make(chan struct{})
	a.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	res, d := a.invite("2108", offerOf(t, a.pc))
	if d == nil {
		t.Fatalf("INVITE: %d", res.StatusCode)
	}
	must(t, a.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
	<-connected
	a.infoFrom("notify")
	must(t, s.Moderate().DropSocket("ann"))
	<-a.done
	events.wait(t, "disconnected", nil)
	if list := s.Moderate().List(); len(list) != 1 || list[0].Connected {
		t.Fatalf("after the drop: %+v", list)
	}
	back := dial(t, s, "ann", "secret")
	back.register("SHA-256")
	must(t, s.Moderate().Microphone("ann", false, false))
	back.infoFrom("mic")
	// A stranger who knows the dialog gets nothing: the name is ann's.
	stranger := dial(t, s, "eve", "")
	d.c = stranger
	if code := d.bye(); code != 481 {
		t.Errorf("a stranger's BYE: %d", code)
	}
	d.c = back
	if code := d.bye(); code != 200 {
		t.Errorf("BYE over the new socket: %d", code)
	}
	events.wait(t, "left", nil)
}

func TestCloseSaysGoodbye(t *testing.T) {
	s, _ := startServer(t, Config{})
	a := join(t, s, "ann", "2109", "VP8")
	go func() { _ = s.Close(t.Context()) }()
	respondOK(a.next(sip.BYE))
	<-a.done
}
