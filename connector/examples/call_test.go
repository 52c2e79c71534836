package examples_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/connector"
	"parley/connector/api"
	"parley/connector/incoming"
	"parley/connector/internal/fake"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

func Example_incomingCalls() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)
	check(c.Connect(ctx, account()))

	ringing := expect(c.Connector, "incoming-call:ringing")
	c.network.Last().Ring(signal.Identity{DisplayName: "Alice", User: "1002", Host: "conf.example.com"}, "v=0")
	caller := ringing().Data.(incoming.Call)
	fmt.Printf("%s (%s) calls\n", caller.DisplayName, caller.Number)

	check(c.Accept(ctx, devices())) // or c.Decline(ctx, false); true says "busy"
	s := c.Snapshot()
	fmt.Println("answered:", s.Call.Answer, "from", s.Call.Number)

	// While a call runs, a second caller hears that we are busy ...
	second := c.network.Last().Ring(signal.Identity{User: "1003"}, "v=0")

	// ... unless call waiting is on (Config.CallWaiting says so from the beginning).
	check(c.SetCallWaiting(ctx, true))
	ringing = expect(c.Connector, "incoming-call:ringing")
	c.network.Last().Ring(signal.Identity{User: "1004"}, "v=0")
	third := ringing().Data.(incoming.Call)
	// Hang up and answer in one step: when the third caller has given up meanwhile, the running call goes on.
	check(c.Answer(ctx, connector.AnswerParameters{ID: third.ID, Stream: devices(), HangUp: true}))
	fmt.Println("now with", c.Snapshot().Call.Number)
	fmt.Println("second caller:", second.Log())
	// Output:
	// Alice (1002) calls
	// answered: true from 1002
	// now with 1004
	// second caller: [reject 486]
}

func Example_mediaStreams() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{})
	defer c.Close(ctx)

	check(c.SetMicrophone(ctx, false)) // mute: at once here, then told to the server
	check(c.SetCamera(ctx, true))      // on already: nothing happens
	m := c.Snapshot().Media
	fmt.Println("microphone on:", m.MicrophoneOn, "camera on:", m.CameraOn)

	// Another camera and another microphone, without a new negotiation; muted stays muted.
	other := rtc.LocalStream{Audio: fake.NewTrack("headset", rtc.Audio), Video: fake.NewTrack("webcam", rtc.Video)}
	check(c.ReplaceStream(ctx, other, connector.ReplaceOptions{}))
	m = c.Snapshot().Media
	fmt.Println("camera:", m.Camera.ID(), "microphone on:", m.MicrophoneOn)

	// What arrives: the track is a video.Outlet's with media/peer, which hands out frames.
	main := c.Snapshot().Streams.Main
	fmt.Println("receiving", main.Video().ID(), main.Video().Codec())
	// Output:
	// microphone on: false camera on: true
	// camera: webcam microphone on: false
	// receiving remote-video VP8
}

func Example_presentations() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{})
	defer c.Close(ctx)

	screen := fake.NewTrack("screen", rtc.Video)
	check(c.StartPresentation(ctx, screen, connector.PresentationOptions{}))
	fmt.Println("presentation:", c.Snapshot().Presentation)

	check(c.UpdatePresentation(ctx, fake.NewTrack("window", rtc.Video))) // another source in its place
	fmt.Println("showing", c.Snapshot().Media.Presentation.ID())

	check(c.StopPresentation(ctx))
	fmt.Println("presentation:", c.Snapshot().Presentation, "capture of the screen stopped:", screen.Stopped())

	// The server may say no.
	c.network.Last().Sessions()[0].AnswerInfo(func(string, []signal.Header) error {
		return &signal.ResponseError{Method: "INFO", StatusCode: 603}
	})
	err := c.StartPresentation(ctx, fake.NewTrack("screen", rtc.Video), connector.PresentationOptions{})
	fmt.Println("declined:", errors.Is(err, presentation.ErrDeclined))
	// Output:
	// presentation: active
	// showing window
	// presentation: idle capture of the screen stopped: true
	// declined: true
}

func Example_iceRestart() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{})
	defer c.Close(ctx)

	check(c.RestartICE(ctx, connector.RestartOptions{})) // new transport credentials and candidates: after a change of the network
	check(c.Renegotiate(ctx))
	for _, line := range c.media.Last().Log() {
		if line == "offer true" || line == "offer false" {
			fmt.Println(line)
		}
	}
	fmt.Println("still in the call:", c.Snapshot().Call.Number)
	// Output:
	// offer false
	// offer true
	// offer false
	// still in the call: 2001
}

func Example_conferenceParticipants() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{})
	defer c.Close(ctx)

	room := expect(c.Connector, "api:enter-room")
	c.server("roomname", "x-webrtc-enter-room", "Weekly", "x-webrtc-participant-name", "Bob", "x-bearer-token", "token")
	fmt.Println("in", room().Data.(api.EnterRoom).Room)

	// A moderator mutes us: no question, the microphone is off.
	c.server("mic", "x-webrtc-mic", "ADMINSTOPMIC")
	s := until(c.Connector, func(s session.Snapshot) bool { return s.Media.MicrophoneMutedByServer })
	fmt.Println("microphone on:", s.Media.MicrophoneOn)

	// A moderator makes us a spectator, and a participant again.
	c.server("partstate", "x-webrtc-partstate", "SPECTATOR")
	s = until(c.Connector, func(s session.Snapshot) bool { return s.CallSession.SpectatorAny() })
	fmt.Println("role:", s.CallSession.Role)
	c.server("partstate", "x-webrtc-partstate", "PARTICIPANT")
	s = until(c.Connector, func(s session.Snapshot) bool { return !s.CallSession.SpectatorAny() })
	fmt.Println("role:", s.CallSession.Role)
	// Output:
	// in Weekly
	// microphone on: false
	// role: spectator_synthetic
	// role: participant
}

func Example_dtmf() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{})
	defer c.Close(ctx)

	begin := time.Now()
	check(c.SendDTMF(ctx, "1#")) // one tone after another, at the pace that servers expect
	fmt.Println("paced:", time.Since(begin) >= 600*time.Millisecond)
	// Output:
	// paced: true
}
