package examples_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"

	"parley/connector"
	"parley/connector/discovery"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/sip"
	_ "parley/media/codec/all" // every codec of this build
	"parley/media/device"
	"parley/media/peer"
	"parley/roomserver"
)

// startRoom is a room server on this machine with the account 1001.
func startRoom(ctx context.Context) (*roomserver.Server, *tls.Config) {
	server, err := roomserver.New(roomserver.Config{Listen: "127.0.0.1:0", Loopback: true,
		Users: map[string]string{"1001": "secret"}})
	check(err)
	check(server.Start(ctx))
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	return server, &tls.Config{RootCAs: trusted}
}

func Example_firstSteps() {
	ctx := context.Background()
	room, trust := startRoom(ctx)
	defer room.Close(ctx)
	quiet := slog.New(slog.DiscardHandler)
	transport := &http.Transport{TLSClientConfig: trust}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	// A connector with a real user agent and a real media engine. Loopback is for servers on this machine only.
	c, err := connector.New(connector.Config{
		Dialer: sip.Dialer{Logger: quiet},
		Peers:  peer.New(peer.Config{Loopback: true, Logger: quiet}),
		HTTP:   client,
	})
	check(err)
	defer c.Close(ctx)

	// The server tells its parameters.
	address, err := discovery.Fetch(ctx, client, room.Addr(), false)
	check(err)
	check(c.Connect(ctx, connector.ConnectParameters{SIPServerURL: address.SIPServerURL, SIPServerIP: address.SIPServerIP,
		RemoteAddress: address.RemoteAddress, ICEServers: address.ICEServers, TLS: trust,
		DisplayName: "Bob", Register: true, User: "1001", Password: "secret"}))
	s := c.Snapshot()
	fmt.Println(s.SystemStatus())

	// A test picture and a test tone; a camera's name and a microphone's in a program.
	video, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 320, Height: 180, FPS: 15},
		device.TrackOptions{Logger: quiet})
	check(err)
	defer video.Stop()
	audio, err := device.OpenAudioTrack("tone", device.TrackOptions{Logger: quiet})
	check(err)
	defer audio.Stop()
	check(c.Call(ctx, connector.CallParameters{Number: "2001", Stream: rtc.LocalStream{Audio: audio, Video: video}}))

	s = until(c, func(s session.Snapshot) bool { return s.Call.Token != "" && s.Streams.Main.Video() != nil })
	fmt.Println("in room", s.Call.Room, "receiving", s.Streams.Main.Video().Kind())
	check(c.HangUp(ctx))
	check(c.Disconnect(ctx))
	// Output:
	// system:readyToCall
	// in room 2001 receiving video
}
