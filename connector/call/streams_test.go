package call_test

import (
	"fmt"
	"testing"

	"parley/connector/call"
	"parley/connector/internal/fake"
	"parley/connector/internal/vectors"
	"parley/connector/rtc"
)

func tracksOf(c vectors.Case) map[string]*fake.Track {
	tracks := map[string]*fake.Track{}
	for id, d := range vectors.Decode[map[string]struct{ Kind, Label string }](c["tracks"]) {
		tracks[id] = fake.NewTrack(id, rtc.Kind(d.Kind))
		tracks[id].TrackLabel = d.Label
	}
	return tracks
}

func ids(g *call.Group) any {
	if g == nil {
		return nil
	}
	return idsOf(g)
}

func idsOf(g *call.Group) []string {
	out := []string{}
	for _, t := range g.Tracks {
		out = append(out, t.ID())
	}
	return out
}

func groups(s *call.Streams) [][]string {
	out := [][]string{}
	for _, g := range s.Groups() {
		out = append(out, idsOf(g))
	}
	return out
}

func pairOf(p call.Pair) map[string]any {
	return map[string]any{"main": ids(p.Main), "contented": ids(p.Contented)}
}

func selections(main, recv *call.Streams) map[string]any {
	out := map[string]any{}
	for name, content := range map[string]call.Content{"no-content": {}, "content": {Available: true},
		"content:VP9": {Available: true, Codec: "VP9"}, "content:H264": {Available: true, Codec: "H264"}} {
		out["participant/"+name] = pairOf(main.AsParticipant(content))
		out["spectator/"+name] = pairOf(recv.AsSpectator(content))
	}
	return out
}

func hint(step []any, i int) *string {
	if len(step) <= i {
		return nil
	}
	if s, ok := step[i].(string); ok {
		return &s
	}
	return nil
}

func replayStreams(_ *testing.T, c vectors.Case) string {
	tracks := tracksOf(c)
	var main, recv call.Streams
	for i, value := range c["steps"].([]any) {
		s := value.(map[string]any)
		step := s["step"].([]any)
		at := &main
		if step[len(step)-1] == "recv" {
			at = &recv
		}
		var result any
		removed := []any{}
		switch step[0] {
		case "add":
			a := at.Add(tracks[step[1].(string)], hint(step, 2))
			r := map[string]any{"isAddedTrack": a.Track, "isAddedStream": a.Stream}
			if a.Participant != "" {
				r["participantId"] = a.Participant
			}
			result = r
		case "remove":
			r := at.Remove(step[1].(string))
			result = map[string]any{"isRemovedTrack": r.Track, "isRemovedStream": r.Stream}
		case "ended":
			id := step[1].(string)
			for _, streams := range []*call.Streams{&main, &recv} {
				if r := streams.Remove(id); r.Track {
					removed = append(removed, map[string]any{"participantId": r.Participant, "trackId": id,
						"isRemovedStream": r.Stream})
				}
			}
			if d := vectors.Diff("removed", removed, s["removedEvents"]); d != "" {
				return fmt.Sprintf("step %d: %s", i, d)
			}
		case "removeStale":
			r := at.RemoveStale(step[1].(string), vectors.Decode[[]string](step[2]))
			switch want := s["result"].(type) {
			case bool:
				result = len(r) > 0
			case float64:
				result = len(r)
			case map[string]any:
				stream := len(r) > 0 && r[len(r)-1].Stream
				result = map[string]any{"isRemovedTrack": len(r) > 0, "isRemovedStream": stream}
				for name := range want {
					if name != "isRemovedTrack" && name != "isRemovedStream" {
						return "unknown result " + name
					}
				}
			}
		case "reset":
			at.Reset()
		default:
			return fmt.Sprint("unknown step ", step)
		}
		if d := vectors.First(vectors.Diff("result", result, s["result"]), vectors.Diff("main", groups(&main), s["mainStreams"]),
			vectors.Diff("recv", groups(&recv), s["recvStreams"]),
			vectors.Diff("selection", selections(&main, &recv), s["selection"])); d != "" {
			return fmt.Sprintf("step %d: %s", i, d)
		}
	}
	return ""
}

func replayBoard(_ *testing.T, c vectors.Case) string {
	tracks := tracksOf(c)
	emitted := []any{}
	content := call.NewContentMachine(nil)
	spectator := false
	streams := func(d call.StreamsData) map[string]any {
		out := map[string]any{}
		if d.Main != nil {
			out["main"] = d.Main
		}
		if d.Contented != nil {
			out["contented"] = d.Contented
		}
		return out
	}
	b := call.Board{Content: content.Content, Receiving: func() bool { return spectator }, Emit: func(name string, data any) {
		event := map[string]any{"event": name}
		switch d := data.(type) {
		case call.TracksData:
			event["changeType"], event["trackId"], event["participantId"] = d.Change, d.TrackID, d.Participant
			event["streams"] = streams(d.Streams)
		case map[string]call.StreamsData:
			event["streams"] = streams(d["streams"])
		}
		emitted = append(emitted, event)
	}}
	for _, value := range c["steps"].([]any) {
		s := value.(map[string]any)
		step := s["step"].([]any)
		emitted = []any{}
		switch step[0] {
		case "start-call", "synthetic":
		case "track":
			b.Add(false, tracks[step[1].(string)], hint(step, 2))
		case "ended":
			b.Remove(false, step[1].(string))
		case "content", "noContent":
			name := "api:contented-stream:available"
			if step[0] == "noContent" {
				name = "api:contented-stream:not-available"
			}
			codec := ""
			if h := hint(step, 1); h != nil {
				codec = *h
			}
			content.HandleEvent(name, codec)
			b.Update()
		case "spectator", "participant":
			spectator = step[0] == "spectator"
			b.Update()
		case "call-ended":
			b.Reset(false)
		default:
			return fmt.Sprint("unknown step ", step)
		}
		if d := vectors.First(vectors.Diff("emitted", emitted, s["emitted"]),
			vectors.Diff("streams", pairOf(b.Pair()), s["remoteStreams"])); d != "" {
			return d
		}
	}
	return ""
}

// The facts about grouping remote tracks and choosing the two streams.
func TestRemoteStreamsVectors(t *testing.T) {
	stream := map[string]*call.Group{"1": {ID: "1"}, "2": {ID: "2"}}
	pair := func(value any) *call.Pair {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		m, _ := object["m"].(string)
		content, _ := object["c"].(string)
		return &call.Pair{Main: stream[m], Contented: stream[content]}
	}
	vectors.Run(t, "remote-streams", map[string]func(*testing.T, vectors.Case) string{
		"remote-streams": replayStreams,
		"has-streams-equal": func(_ *testing.T, c vectors.Case) string {
			a, b := pair(c["a"]), pair(c["b"])
			equal := a == nil && b == nil || a != nil && b != nil && *a == *b
			return vectors.Diff("equal", equal, c["result"])
		},
		"call-manager-streams": replayBoard,
	})
}

// Tracks of a participant that are not kept go, in any number, and with the last of them the stream; others stay.
func TestRemoveStale(t *testing.T) {
	var s call.Streams
	stream, other := "s1", "s2"
	for _, id := range []string{"a", "b", "c", "d"} {
		s.Add(fake.NewTrack(id, rtc.Video), &stream)
	}
	s.Add(fake.NewTrack("x", rtc.Video), &other)
	if removed := s.RemoveStale(stream, []string{"c"}); len(removed) != 3 || removed[2].Stream || len(s.Groups()) != 2 {
		t.Errorf("%+v", removed)
	}
	if g := s.Groups()[0]; len(g.Tracks) != 1 || g.Tracks[0].ID() != "c" {
		t.Errorf("left %+v", g)
	}
	if removed := s.RemoveStale(stream, nil); len(removed) != 1 || !removed[0].Stream || removed[0].Participant != stream {
		t.Errorf("%+v", removed)
	}
	if removed := s.RemoveStale(stream, nil); removed != nil || len(s.Groups()) != 1 {
		t.Errorf("%+v", removed)
	}
}
