package presentation_test

import (
	"encoding/json"
	"errors"
	"testing"

	"parley/connector/internal/fake"
	"parley/connector/internal/vectors"
	"parley/connector/presentation"
	"parley/connector/rtc"
)

type event struct {
	Type, Bus      string
	VideoTrack     string
	Error, Payload any
}

// errorOf makes an error of what the reference was given: an Error's message, else the value's JSON.
func errorOf(value any) error {
	if value == nil {
		return nil
	}
	if object, ok := value.(map[string]any); ok {
		if text, ok := object["$error"].(string); ok {
			return errors.New(text)
		}
	}
	raw, _ := json.Marshal(value)
	return errors.New(string(raw))
}

func input(e event) presentation.Event {
	out := presentation.Event{Err: errorOf(e.Error)}
	if e.Bus == "call:failed" {
		out.Err = errorOf(e.Payload)
	}
	if e.VideoTrack != "" {
		out.Track = fake.NewTrack(e.VideoTrack, rtc.Video)
	}
	return out
}

func send(m *presentation.Machine, e event) {
	switch e.Bus {
	case "":
		m.Send(e.Type, input(e))
	case "call:reset":
		m.Send(presentation.EventReset, presentation.Event{})
	default:
		m.HandleEvent(e.Bus, input(e))
	}
}

func track(t rtc.LocalTrack) any {
	if t == nil {
		return nil
	}
	return map[string]string{"$track": t.ID()}
}

// readable turns an error whose text is JSON into the value, so that the order of members does not matter.
func readable(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	text, _ := object["$error"].(string)
	var decoded any
	if json.Unmarshal([]byte(text), &decoded) == nil {
		return decoded
	}
	return text
}

func replay(_ *testing.T, c vectors.Case) string {
	m := presentation.NewMachine(nil)
	for _, e := range vectors.Decode[[]event](c["path"]) {
		send(m, e)
	}
	e := vectors.Decode[event](c["event"])
	diffs := []string{vectors.Diff("from", m.State(), c["from"])}
	if want, ok := c["accepted"]; ok {
		diffs = append(diffs, vectors.Diff("accepted", m.Can(e.Type, input(e)), want))
	}
	notified := []string{}
	m.OnChange(func(_, to presentation.State) { notified = append(notified, string(to)) })
	send(m, e)
	known := m.Context()
	var failure any
	if known.LastErr != nil {
		failure = map[string]any{"$error": known.LastErr.Error()}
	}
	after := c["contextAfter"].(map[string]any)
	derived := c["derivedAfter"].(map[string]any)
	return vectors.First(append(diffs, vectors.Diff("to", m.State(), c["to"]), vectors.Diff("notified", notified, c["notified"]),
		vectors.Diff("track", track(known.Track), after["videoTrack"]),
		vectors.Diff("error", readable(failure), readable(after["lastError"])),
		vectors.Diff("pending", m.State().Pending(), derived["isPending"]),
		vectors.Diff("active or pending", m.State().ActiveOrPending(), derived["isActiveOrPending"]),
		vectors.Diff("active track", track(m.ActiveTrack()), derived["activeVideoTrack"]),
		vectors.Diff("pending track", track(m.PendingTrack()), derived["pendingVideoTrack"]))...)
}

// The facts about the presentation's machine.
func TestMachineVectors(t *testing.T) {
	vectors.Run(t, "machine-presentation", map[string]func(*testing.T, vectors.Case) string{
		"transition": replay, "bus-event": replay,
	})
}
