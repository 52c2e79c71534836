package examples_test

import (
	"context"
	"fmt"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
	"parley/connector/balancer"
	"parley/connector/health"
	"parley/connector/internal/fake"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/signal"
	"parley/connector/stats"
)

// receives lets the newest call's statistics tell of so many packets.
func receives(packets uint64) func(*fake.Peer) {
	return func(p *fake.Peer) {
		p.StatsFunc = func() (rtc.Stats, error) {
			return rtc.Stats{Inbound: rtc.InboundStats{
				Video: &rtc.StreamStats{PacketsReceived: packets, BytesReceived: packets * 1000}}}, nil
		}
	}
}

func Example_statistics() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)
	c.media.Prepare = receives(120)
	check(c.Connect(ctx, account()))
	collected := expect(c.Connector, "stats:collected") // each second while a call is confirmed
	check(c.Call(ctx, connector.CallParameters{Number: "2001", Stream: devices()}))
	s := collected().Data.(rtc.Stats)
	fmt.Println("packets:", s.Inbound.Video.PacketsReceived)

	s, err := c.Stats(ctx) // or once, now
	check(err)
	fmt.Println("bytes:", s.Inbound.Video.BytesReceived)
	// Output:
	// packets: 120
	// bytes: 120000
}

func Example_adaptivePolling() {
	// A machine that is slow to collect is asked less often. The call's statistics do this by themselves.
	for _, took := range []int{5, 17, 33, 49} {
		fmt.Printf("%d ms: next in %s\n", took, stats.NextInterval(time.Duration(took)*time.Millisecond))
	}
	// Output:
	// 5 ms: next in 1s
	// 17 ms: next in 2s
	// 33 ms: next in 3s
	// 49 ms: next in 4s
}

func Example_videoBalancing() {
	ctx := context.Background()
	c := newStage(connector.Config{Balancer: connector.BalancerConfig{Delay: time.Millisecond}}) // 10 s by default
	defer c.Close(ctx)
	p := account()
	p.MaxWidth, p.MaxHeight = 640, 360 // never send more than this
	check(c.Connect(ctx, p))
	updated := expect(c.Connector, "video-balancer:parameters-updated")
	check(c.Call(ctx, connector.CallParameters{Number: "2001", Stream: devices()})) // a camera of 1280x720
	e := updated().Data.([]balancer.Encoding)[0]
	fmt.Printf("scaled down by %g, at most %g bit/s\n", *e.ScaleDown, *e.MaxBitrate)

	updated = expect(c.Connector, "video-balancer:parameters-updated")
	c.server("maincam", "x-webrtc-maincam", "PAUSEMAINCAM") // nobody looks at us
	e = updated().Data.([]balancer.Encoding)[0]
	fmt.Printf("paused: scaled down by %g, at most %g bit/s\n", *e.ScaleDown, *e.MaxBitrate)
	// Output:
	// scaled down by 2, at most 500000 bit/s
	// paused: scaled down by 200, at most 60000 bit/s
}

func Example_recovery() {
	ctx := context.Background()
	c := newStage(connector.Config{Recovery: connector.RecoveryConfig{Samples: 1}}) // 3 samples by default
	defer c.Close(ctx)
	c.media.Prepare = receives(0)
	check(c.Connect(ctx, account()))
	problem, offered := false, make(chan struct{})
	c.Subscribe(func(e connector.Event) { // on the loop: problem needs no lock
		switch e.Name {
		case "main-stream-health:inbound-video-problem-detected":
			fmt.Println(e.Data.(health.Detected).Reason)
			problem = true
		case "call:sdp":
			if problem {
				problem = false
				close(offered)
			}
		}
	})
	check(c.Call(ctx, connector.CallParameters{Number: "2001", Stream: devices()}))
	<-offered
	fmt.Println("offered again, still in the call:", c.Snapshot().Call.Number)
	// Output:
	// no-inbound-video-traffic
	// offered again, still in the call: 2001
}

func Example_autoReconnection() {
	ctx := context.Background()
	c := newStage(connector.Config{
		Network:     autoconnect.SystemNetwork(), // reacts to cables and Wi-Fi; nil leaves that out
		AutoConnect: autoconnect.Options{RetryDelay: 10 * time.Millisecond, OnChange: autoconnect.Reconnect},
	})
	defer c.Close(ctx)
	c.network.Script = func(n int, a *fake.Agent) {
		if n < 2 {
			a.Lose(1001) // a server that is not up yet
			return
		}
		a.Connect()
	}
	check(c.AutoConnect(ctx, account())) // returns when the connection is up, or will not be
	fmt.Println(c.Snapshot().AutoConnector, "at attempt", len(c.network.Agents()))

	check(c.StopAutoConnect(ctx))
	fmt.Println(c.Snapshot().AutoConnector)
	// Output:
	// connectedMonitoring at attempt 3
	// idle
}

func Example_redial() {
	ctx := context.Background()
	c := inCall(ctx, connector.Config{Redial: redial.Options{ // the defaults: 5 attempts, from 1 s to 30 s
		Delays: &redial.Delays{Base: 20, Max: 1000, Factor: 2, Jitter: redial.JitterNone}}})
	defer c.Close(ctx)

	restored := expect(c.Connector, "call-reconnect:attempt-succeeded")
	c.network.Last().Sessions()[0].End(signal.End{Originator: signal.System, Cause: signal.CauseRTPTimeout})
	restored()
	fmt.Println("calls made:", len(c.network.Last().Sessions()))

	check(c.HangUp(ctx)) // a person's wish: nothing is restored
	fmt.Println("redial:", c.Snapshot().Redial.State)
	// Output:
	// calls made: 2
	// redial: idle
}

func Example_connectAndCall() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)

	check(c.ConnectAndCall(ctx, account(), connector.CallParameters{Number: "2001", Stream: devices()}))
	fmt.Println(c.Snapshot().Call.Number, c.Snapshot().AutoConnector)
	check(c.HangUp(ctx)) // ends the call and the connection
	fmt.Println(c.Snapshot().Connection)
	// Output:
	// 2001 connectedMonitoring
	// connection:idle
}
