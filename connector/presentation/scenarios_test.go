package presentation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/internal/fake"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
	"parley/connector/presentation"
	"parley/connector/rtc"
)

// stage plays one scenario of the reference with our presentation. It is its call.
type stage struct {
	t     *testing.T
	loop  *loop.Loop
	m     *presentation.Manager
	peer  *fake.Peer
	call  context.Context
	begin time.Time

	events, infos, ends []string
	tracks              map[string]*fake.Track
	infoMode            string
	infoAnswers         chan error
	reinviteMode        string
	renegotiating       func(error)
	idle                bool
}

func (s *stage) Confirmed() bool          { return !s.idle }
func (s *stage) Peer() rtc.PeerConnection { return s.peer }
func (s *stage) Context() context.Context { return s.call }
func (s *stage) Present(track rtc.LocalTrack, done func(bool, error)) {
	renegotiate, err := s.peer.SetTrack(rtc.SlotPresentation, track)
	s.loop.Later(func() { done(renegotiate, err) })
}

func (s *stage) Renegotiate(done func(error)) {
	switch s.reinviteMode {
	case "ok":
		s.loop.Later(func() { done(nil) })
	case "manual":
		s.renegotiating = done
	default:
		s.loop.Later(func() { done(errors.New(s.reinviteMode)) })
	}
}

// info answers a question to the server as the scenario says.
func (s *stage) info(what string) func() func(context.Context) error {
	return func() func(context.Context) error {
		s.infos = append(s.infos, what)
		mode := s.infoMode
		return func(ctx context.Context) error {
			switch mode {
			case "ok":
				return nil
			case "Error decline with 603":
				return presentation.ErrDeclined
			case "manual":
				select {
				case err := <-s.infoAnswers:
					return err
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return errors.New(mode)
		}
	}
}

func play(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		call, over := context.WithCancel(t.Context())
		defer over()
		o, _ := c["options"].(map[string]any)
		s := &stage{t: t, loop: loop.New(nil), peer: &fake.Peer{}, call: call, begin: time.Now(), infoMode: "ok", reinviteMode: "ok",
			infoAnswers: make(chan error, 4), idle: o["noCall"] == true, tracks: map[string]*fake.Track{}}
		defer s.loop.Close()
		s.m = presentation.NewManager(presentation.Deps{Loop: s.loop, Call: s, Permission: s.info("ask"), Announce: s.info("tell"),
			Emit: func(name string, data any) {
				word := name
				if d, ok := data.(presentation.TrackData); ok {
					word += " " + d.ID
				}
				s.events = append(s.events, word)
			}})
		for _, value := range c["steps"].([]any) {
			if unknown := s.step(value.([]any)); unknown != "" {
				diff = unknown
				break
			}
		}
		if diff == "" {
			diff = s.compare(c)
		}
		s.on(func() {
			s.infoMode = "ok"
			s.m.CallOver(nil)
		})
		over()
		synctest.Wait()
	})
	return diff
}

func (s *stage) on(fn func()) {
	if err := s.loop.Do(s.t.Context(), fn); err != nil {
		s.t.Error(err)
	}
	synctest.Wait()
}

func (s *stage) track(name string) *fake.Track {
	if t := s.tracks[name]; t == nil || t.Stopped() { // a track that was presented is over; a new one has the same name here
		s.tracks[name] = fake.NewTrack(name, rtc.Video)
	}
	return s.tracks[name]
}

func (s *stage) step(step []any) (unknown string) {
	arg := func(i int) string {
		if len(step) <= i || step[i] == nil {
			return ""
		}
		return fmt.Sprint(step[i])
	}
	end := func(what string) func(error) {
		return func(err error) {
			word := "resolved "
			if err != nil {
				word = "rejected "
			}
			s.ends = append(s.ends, word+what)
		}
	}
	var options presentation.Options
	if len(step) > 2 {
		given := step[2].(map[string]any)
		if limit, limited := given["callLimit"].(float64); limited {
			options.Attempts = int(limit)
		}
		options.NoReinvite = given["isNeedReinvite"] == false
		options.ContentHint, _ = given["contentHint"].(string)
		options.DegradationPreference, _ = given["degradationPreference"].(string)
	}
	switch step[0] {
	case "start":
		s.on(func() { s.m.Start(s.track(arg(1)), options, end("start "+arg(1))) })
	case "update":
		s.on(func() { s.m.Update(s.track(arg(1)), &options, end("update "+arg(1))) })
	case "stop":
		s.on(func() { s.m.Stop(end("stop")) })
	case "sendInfoMode":
		s.on(func() { s.infoMode = arg(1) })
	case "sendInfo.resolve":
		s.infoAnswers <- nil
		synctest.Wait()
	case "sendInfo.reject":
		s.infoAnswers <- errors.New(arg(1))
		synctest.Wait()
	case "renegotiateMode":
		s.on(func() { s.reinviteMode = arg(1) })
	case "renegotiate.resolve", "renegotiate.reject":
		var err error
		if step[0] == "renegotiate.reject" {
			err = errors.New(arg(1))
		}
		s.on(func() {
			if done := s.renegotiating; done != nil {
				s.renegotiating = nil
				done(err)
			}
		})
	case "trackMode":
		s.peer.SetTrackErr(func(track rtc.LocalTrack) error {
			if track == nil {
				return nil
			}
			return errors.New(arg(1))
		})
	case "call.ended", "call.failed":
		s.on(func() {
			var err error
			if step[0] == "call.failed" {
				err = errors.New("the call failed")
			}
			s.idle = true
			s.m.CallOver(err)
		})
	case "advance":
		time.Sleep(time.Duration(step[1].(float64)) * time.Millisecond)
		synctest.Wait()
	case "info": // the server's commands to stop: the connector stops the presentation
		headers := step[1].(map[string]any)
		if headers["x-webrtc-share-state"] == "YOUMUSTSTOPSENDCONTENT" || headers["x-webrtc-partstate"] == "SPECTATOR" {
			s.on(func() {
				if s.m.Running() {
					s.m.Stop(func(error) {})
				}
			})
		}
	default:
		return "step " + arg(0) + " has no counterpart"
	}
	return ""
}

// compare looks at the events and their order, at what went to the server, at the outcomes, and at the state at the end.
func (s *stage) compare(c vectors.Case) string {
	var events, infos, ends []string
	for _, value := range c["timeline"].([]any) {
		e := value.(map[string]any)
		if name, ok := e["event"].(string); ok {
			if name, is := strings.CutPrefix(name, "presentation:"); is {
				if payload, ok := e["payload"].(map[string]any); ok {
					if id, ok := payload["$track"].(string); ok {
						name += " " + id
					}
				}
				events = append(events, name)
			}
		}
		if e["sendInfo"] != nil {
			line := fmt.Sprint(e["options"])
			if strings.Contains(line, "LETMESTART") || strings.Contains(line, "YOUCANRECEIVE") {
				infos = append(infos, "ask")
			} else if strings.Contains(line, "STOPPRESENTATION") || strings.Contains(line, "CONTENTEND") {
				infos = append(infos, "tell")
			}
		}
		for _, word := range []string{"resolved", "rejected"} {
			if what, ok := e[word].(string); ok {
				ends = append(ends, word+" "+what)
			}
		}
	}
	own := slices.Clone(s.ends)
	slices.Sort(own)
	slices.Sort(ends)
	final := c["final"].(map[string]any)["state"]
	return vectors.First(vectors.Diff("events", s.events, events), vectors.Diff("INFO", s.infos, infos),
		vectors.Lines("outcomes", own, ends), vectors.Diff("final state", s.m.Machine().State(), final))
}

// What the reference does in whole scenarios of a presentation, ours does too; what differs is listed with its reason.
func TestPresentationScenarios(t *testing.T) {
	vectors.Learn(t, "presentation-flows", map[string]func(*testing.T, vectors.Case) string{"": play})
}
