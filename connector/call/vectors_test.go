package call_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/call"
	"parley/connector/internal/vectors"
)

type rawEvent struct {
	Type, Bus                                 string
	Number, Room, ParticipantName, Token      string
	Answer                                    bool
	ExtraHeaders                              []string
	IsDirectPeerToPeer                        *bool
	ConferenceForToken                        string
	Payload                                   *rawEvent
	BearerToken, JWT, Conference, Participant string
}

func send(m *call.Machine, e rawEvent) {
	if e.Type != "" {
		m.Send(e.Type, event(e))
		return
	}
	p := rawEvent{}
	if e.Payload != nil {
		p = *e.Payload
	}
	if e.Bus == "api:enter-room" {
		p.Token = p.BearerToken
	}
	if e.Bus == "api:conference:participant-token-issued" {
		p.Token, p.ConferenceForToken, p.ParticipantName = p.JWT, p.Conference, p.Participant
	}
	m.HandleEvent(e.Bus, event(p))
}

func event(e rawEvent) call.Event {
	return call.Event{Number: e.Number, Answer: e.Answer, ExtraHeaders: call.ParseHeaders(e.ExtraHeaders), Room: e.Room,
		ParticipantName: e.ParticipantName, Token: e.Token, DirectP2P: e.IsDirectPeerToPeer,
		ConferenceOfToken: e.ConferenceForToken}
}

// raw writes a context as the vectors do; unknown members are left out.
func raw(m *call.Machine) map[string]any {
	c := m.Context()
	out := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	set("number", c.Number)
	set("room", c.Room)
	set("participantName", c.ParticipantName)
	set("token", c.Token)
	set("conferenceForToken", c.ConferenceOfToken)
	for name, value := range map[string]bool{"answer": c.Answer, "isDirectPeerToPeer": c.DirectP2P,
		"isConfirmed": c.Confirmed, "pendingDisconnect": c.PendingDisconnect} {
		if value {
			out[name] = true
		}
	}
	var lines []string
	for _, h := range c.ExtraHeaders {
		lines = append(lines, h.Name+": "+h.Value)
	}
	if lines != nil {
		out["extraHeaders"] = lines
	}
	return out
}

func malformed(lines []string) bool {
	for _, line := range lines {
		if !strings.Contains(line, ": ") {
			return true
		}
	}
	return false
}

// truthy drops what means "unknown" in the reference: null, false and empty text.
func truthy(v any) map[string]any {
	out := map[string]any{}
	for k, e := range v.(map[string]any) {
		if e == nil || e == false || e == "" || k == "startedTimestamp" {
			continue
		}
		out[k] = e
	}
	return out
}

func replay(c vectors.Case, path []rawEvent, e rawEvent) string {
	m := call.NewMachine(nil)
	start := time.Now()
	for _, step := range path {
		time.Sleep(time.Second)
		send(m, step)
	}
	if d := vectors.Diff("from", m.State(), c["from"]); d != "" {
		return d
	}
	accepted := e.Type != "" && m.Can(e.Type, event(e))
	notified := []string{}
	m.OnChange(func(_, to call.State) { notified = append(notified, string(to)) })
	time.Sleep(time.Second)
	send(m, e)
	diffs := []string{vectors.Diff("to", m.State(), c["to"])}
	if want, ok := c["accepted"]; ok {
		diffs = append(diffs, vectors.Diff("accepted", accepted, want))
	}
	after := truthy(c["contextAfter"].(map[string]any)["raw"])
	got := raw(m)
	if lines, ok := after["extraHeaders"]; ok && malformed(vectors.Decode[[]string](lines)) {
		delete(after, "extraHeaders") // lines that are no headers are not kept as text
		delete(got, "extraHeaders")
	}
	diffs = append(diffs, vectors.Diff("context", got, after))
	derived := c["derivedAfter"].(map[string]any)
	var started any
	if !m.Started().IsZero() {
		started = 1_700_000_000_000 + m.Started().Sub(start).Milliseconds()
	}
	diffs = append(diffs, vectors.Diff("started", started, derived["startedTimestamp"]),
		vectors.Diff("active", m.State().Active(), derived["isActive"]))
	var token any
	if m.Token() != "" {
		token = m.Token()
	}
	diffs = append(diffs, vectors.Diff("token", token, derived["token"]))
	diffs = append(diffs, vectors.Diff("initiator", m.Initiator(), derived["isCallInitiator"]))
	if then, ok := c["thenPresentationCall"]; ok {
		m.Send(call.EventPresentationCall, call.Event{})
		diffs = append(diffs, vectors.Diff("then presentation call", m.State(), then))
	}
	diffs = append([]string{vectors.Diff("notified", notified, c["notified"])}, diffs...)
	return vectors.First(diffs...)
}

// The facts about the call's machine: every state and context with every event.
func TestMachineVectors(t *testing.T) {
	file := vectors.Load(t, "machine-call")
	events := vectors.Decode[[]rawEvent](file.Meta["events"])
	byCase := func(_ *testing.T, c vectors.Case) (diff string) {
		synctest.Test(t, func(*testing.T) {
			diff = replay(c, vectors.Decode[[]rawEvent](c["path"]), vectors.Decode[rawEvent](c["event"]))
		})
		return diff
	}
	vectors.Run(t, "machine-call", map[string]func(*testing.T, vectors.Case) string{
		"transition": func(_ *testing.T, c vectors.Case) (diff string) {
			synctest.Test(t, func(*testing.T) {
				var path []rawEvent
				for _, i := range vectors.Decode[[]int](c["path"]) {
					path = append(path, events[i])
				}
				diff = replay(c, path, events[vectors.Decode[int](c["event"])])
			})
			return diff
		},
		"transition-edge":       byCase,
		"bus-event":             byCase,
		"credentials-listeners": credentials,
	})
}

func credentials(t *testing.T, c vectors.Case) string {
	type step struct {
		Event         rawEvent
		State         call.State
		Notifications []any
	}
	m := call.NewMachine(nil)
	var got []any
	m.OnCredentials(func(token, conference string) {
		got = append(got, map[string]any{"credentials": map[string]string{"token": token, "conferenceForToken": conference}})
	})
	m.OnConference(func(conference string) {
		got = append(got, map[string]any{"conference": map[string]string{"conferenceForToken": conference}})
	})
	for i, s := range vectors.Decode[[]step](c["steps"]) {
		got = []any{}
		send(m, s.Event)
		if d := vectors.First(vectors.Diff("state", m.State(), s.State), vectors.Diff("notifications", got, s.Notifications)); d != "" {
			return strings.Join([]string{"step", string(rune('0' + i)), d}, " ")
		}
	}
	return ""
}
