package examples_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/signal"
)

// stage is a connector whose network and media engine the examples steer by hand. In a program Dialer is sip.Dialer and
// Peers a media engine (media/peer); see the first steps. Everything else is the same.
type stage struct {
	*connector.Connector
	network *fake.Dialer
	media   *fake.Factory
}

// newStage makes a connector; every call brings a picture and a sound of one participant.
func newStage(config connector.Config) *stage {
	s := &stage{network: &fake.Dialer{}, media: &fake.Factory{Prepare: func(p *fake.Peer) {
		p.Connects = true
		for _, kind := range []rtc.Kind{rtc.Audio, rtc.Video} {
			track := fake.NewTrack("remote-"+string(kind), kind)
			track.Stream = "them"
			p.Tracks = append(p.Tracks, track)
		}
	}}}
	config.Dialer, config.Peers = s.network, s.media
	var err error
	if s.Connector, err = connector.New(config); err != nil {
		panic(err)
	}
	return s
}

// inCall is a stage in a call to 2001.
func inCall(ctx context.Context, config connector.Config) *stage {
	s := newStage(config)
	check(s.Connect(ctx, account()))
	check(s.Call(ctx, connector.CallParameters{Number: "2001", Stream: devices()}))
	return s
}

// account is whom the examples connect as.
func account() connector.ConnectParameters {
	return connector.ConnectParameters{SIPServerURL: "conf.example.com", SIPServerIP: "conf.example.com",
		DisplayName: "Bob", Register: true, User: "1001", Password: "secret"}
}

// devices stand for a microphone and a camera.
func devices() rtc.LocalStream {
	return rtc.LocalStream{Audio: fake.NewTrack("microphone", rtc.Audio), Video: fake.NewTrack("camera", rtc.Video)}
}

// server lets the server of the newest call send an INFO.
func (s *stage) server(kind string, headers ...string) {
	sessions := s.network.Last().Sessions()
	var list []signal.Header
	for i := 0; i+1 < len(headers); i += 2 {
		list = append(list, signal.Header{Name: headers[i], Value: headers[i+1]})
	}
	sessions[len(sessions)-1].Handler().OnInfo("application/vinteo.webrtc."+kind, list, nil)
}

// check ends an example that can not go on.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// expect begins to wait for an event whose name starts so. A subscriber must not block: what does not fit is left out.
func expect(c *connector.Connector, name string) (wait func() connector.Event) {
	found := make(chan connector.Event, 1)
	cancel := c.Subscribe(func(e connector.Event) {
		if strings.HasPrefix(e.Name, name) {
			select {
			case found <- e:
			default:
			}
		}
	})
	return func() connector.Event {
		defer cancel()
		select {
		case e := <-found:
			return e
		case <-time.After(10 * time.Second):
			panic(fmt.Sprintf("no event %s", name))
		}
	}
}

// until waits for a state.
func until(c *connector.Connector, holds func(session.Snapshot) bool) session.Snapshot {
	found := make(chan session.Snapshot, 1)
	cancel := c.Watch(func(s session.Snapshot) {
		if holds(s) {
			select {
			case found <- s:
			default:
			}
		}
	})
	defer cancel()
	select {
	case s := <-found:
		return s
	case <-time.After(10 * time.Second):
		panic("that state did not come")
	}
}
