package api_test

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/api"
	"parley/connector/internal/vectors"
	"parley/connector/signal"
)

func headersOf(c vectors.Case) (headers []signal.Header) {
	for name, value := range c["headers"].(map[string]any) {
		if text, ok := value.(string); ok {
			headers = append(headers, signal.Header{Name: name, Value: text})
		}
	}
	sort.Slice(headers, func(i, j int) bool { return headers[i].Name < headers[j].Name })
	return headers
}

func contentType(headers []signal.Header) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, "content-type") {
			return h.Value
		}
	}
	return ""
}

type emitted struct {
	Event   string `json:"event"`
	Payload any    `json:"payload"`
}

// shown writes events as the vectors do; secrets are revealed.
func shown(events []api.Event) []emitted {
	out := []emitted{}
	for _, e := range events {
		payload := vectors.Plain(e.Data)
		switch d := e.Data.(type) {
		case api.EnterRoom:
			if d.Token != "" {
				payload.(map[string]any)["bearerToken"] = string(d.Token)
			}
		case api.TokenIssued:
			payload.(map[string]any)["jwt"] = string(d.JWT)
		}
		out = append(out, emitted{e.Name, payload})
	}
	return out
}

// withoutCase are the fields that the reference lower-cases (point 8).
var withoutCase = map[string]bool{"room": true, "participantName": true, "audioId": true, "inputChannels": true,
	"outputChannels": true, "resolutionMainCam": true}

func lower(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = lower(v[i])
		}
	case map[string]any:
		for k, e := range v {
			if s, ok := e.(string); ok && withoutCase[k] {
				v[k] = strings.ToLower(s)
			} else {
				v[k] = lower(e)
			}
		}
	}
	return value
}

func same(got []api.Event, c vectors.Case) string {
	return vectors.Diff("emitted", lower(vectors.Plain(shown(got))), lower(vectors.Plain(c["emitted"])))
}

// sender answers every INFO alike and keeps what was sent.
type sender struct {
	err  error
	sent []any
	tone []any
	gate chan struct{}
	mu   sync.Mutex
}

func (s *sender) Info(ctx context.Context, contentType string, body []byte, headers []signal.Header, keep bool) error {
	if contentType == api.TypeDTMF {
		s.mu.Lock()
		s.tone = append(s.tone, string(body))
		s.mu.Unlock()
		select {
		case <-s.gate:
			return s.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	lines := []string{}
	for _, h := range headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	options := map[string]any{"extraHeaders": lines}
	if keep {
		options["noTerminateWhenError"] = true
	}
	s.sent = append(s.sent, map[string]any{"contentType": contentType, "options": options})
	return s.err
}

func requestOf(c vectors.Case) (api.Request, bool) {
	args := c["args"].([]any)
	first := map[string]any{}
	if len(args) > 0 {
		first, _ = args[0].(map[string]any)
	}
	var r api.Request
	switch c["method"] {
	case "sendMediaState":
		r = api.MediaState(first["cam"] == true, first["mic"] == true)
	case "sendStats":
		n, _ := first["availableIncomingBitrate"].(float64)
		r = api.Bitrate(n)
	case "sendRefusalToTurnOn":
		r = api.RefuseCamera()
		if args[0] == "mic" {
			r = api.RefuseMicrophone()
		}
	case "sendRefusalToTurnOnMic":
		r = api.RefuseMicrophone()
	case "sendRefusalToTurnOnCam":
		r = api.RefuseCamera()
	case "askPermissionToStartPresentation":
		r = api.AskToPresent()
	case "sendStoppedPresentation":
		r = api.PresentationStopped()
	case "sendAvailableContentedStream":
		r = api.ContentAvailable()
	case "sendNotAvailableContentedStream":
		r = api.ContentEnded()
	case "askPermissionToEnableCam":
		r = api.AskForCamera()
	case "sendChannels":
		r = api.SendChannels(api.Channels{Input: first["inputChannels"].(string), Output: first["outputChannels"].(string)})
	case "sendEnterRoom":
		r = api.Request{ContentType: api.TypeRoomName}
		for _, line := range args[0].([]any) {
			name, value, _ := strings.Cut(line.(string), ": ")
			r.Headers = append(r.Headers, signal.Header{Name: name, Value: value})
		}
	default:
		return r, false
	}
	for _, arg := range args {
		if options, ok := arg.(map[string]any); ok {
			if keep, ok := options["noTerminateWhenError"].(bool); ok {
				r.Keep = keep
			}
		}
	}
	return r, true
}

// failure makes the error of a sender; the reference knows a 603 by this text.
func failure(text any) error {
	switch text {
	case nil:
		return nil
	case "Error decline with 603":
		return &signal.ResponseError{Method: "INFO", StatusCode: 603}
	}
	return errors.New(text.(string))
}

func outgoing(t *testing.T, c vectors.Case) (diff string) {
	if c["method"] == "sendDTMF" {
		synctest.Test(t, func(t *testing.T) { diff = tones(t, c) })
		return diff
	}
	request, known := requestOf(c)
	if !known {
		return fmt.Sprint("unknown method ", c["method"])
	}
	s := &sender{err: failure(c["sendInfoError"]), sent: []any{}}
	err := errors.New("No rtcSession established")
	if c["established"] == true {
		err = request.Send(t.Context(), s)
	}
	want := vectors.Plain(c["sent"])
	for _, item := range want.([]any) { // an option that is false says no more than one that is absent
		if options, ok := item.(map[string]any)["options"].(map[string]any); ok && options["noTerminateWhenError"] == false {
			delete(options, "noTerminateWhenError")
		}
	}
	diffs := []string{vectors.Diff("sent", s.sent, want)}
	if result, ok := c["result"].(map[string]any); ok {
		_, rejected := result["rejected"]
		diffs = append(diffs, vectors.Diff("rejected", err != nil, rejected))
	} else {
		events := []api.Event{}
		if err != nil {
			events = append(events, api.RoomFailed(err))
		}
		want := c["emitted"].([]any)
		diffs = append(diffs, vectors.Diff("number of events", len(events), len(want)))
		if len(events) == 1 && len(want) == 1 {
			diffs = append(diffs, vectors.Diff("event", events[0].Name, want[0].(map[string]any)["event"]))
		}
	}
	return vectors.First(diffs...)
}

// tones replays one or two sends; a local event of the reference is the answer to our INFO.
func tones(t *testing.T, c vectors.Case) string {
	s := &sender{gate: make(chan struct{})}
	mode := c["mode"].(string)
	tone := fmt.Sprint(c["args"].([]any)[0])
	log, events := []any{}, []api.Event{}
	var mu sync.Mutex // of log: two sends may end at the same moment
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	report := func(originator string) {
		events = append(events, api.Event{Name: "new-dtmf", Data: map[string]string{"originator": originator}})
	}
	send := func(done string) {
		go func() {
			if api.SendTones(ctx, s, tone, func(string) {}) == nil {
				mu.Lock()
				defer mu.Unlock()
				log = append(log, done)
			}
		}()
		synctest.Wait()
	}
	remote := func() { report("remote"); log = append(log, "after remote") }
	local := func() { report("local"); close(s.gate) }
	afterLocal := func() { log = append(log, "after local") }
	want := c["sent"].([]any)
	switch mode {
	case "no session":
		log = append(log, map[string]any{"rejected": map[string]any{"$error": "No rtcSession established"}})
	case "remote":
		send("resolved")
		remote()
	case "remote then local":
		send("resolved")
		remote()
		local()
		waitTones(tone)
		afterLocal()
	case "local":
		send("resolved")
		local()
		waitTones(tone)
		afterLocal()
	case "local immediately":
		local()
		send("resolved")
		waitTones(tone)
	case "two sends one local event":
		send("resolved")
		send("resolved second")
		local()
		waitTones(tone)
		sort.Slice(log, func(i, j int) bool { return log[i].(string) < log[j].(string) }) // both at the same moment
		afterLocal()
	default:
		return "unknown mode " + mode
	}
	cancel()
	synctest.Wait()
	sent := 0
	for _, body := range s.tone {
		sent += strings.Count(body.(string), "Signal=")
		if !strings.Contains(body.(string), "Duration=120") {
			return "duration"
		}
	}
	wantTones := len(want) * len(tone)
	if mode == "remote" && len(tone) > 1 {
		wantTones = 1 // the second tone waits for the first
	}
	return vectors.First(vectors.Diff("tones", sent, wantTones), vectors.Diff("emitted", shown(events), c["emitted"]),
		vectors.Diff("log", log, c["log"]))
}

// The facts about the server's messages, both ways.
func TestAPIManagerVectors(t *testing.T) {
	vectors.Run(t, "api-manager", map[string]func(*testing.T, vectors.Case) string{
		"incoming-info": func(_ *testing.T, c vectors.Case) string {
			headers := headersOf(c)
			var events []api.Event
			if c["originator"] == "remote" { // our own INFOs never come here
				events = api.ParseInfo(contentType(headers), headers)
			}
			return same(events, c)
		},
		"sip-event-notify": func(_ *testing.T, c vectors.Case) string {
			return same(api.ParseInfo(api.TypeNotify, headersOf(c)), c)
		},
		"get-header": func(_ *testing.T, c vectors.Case) string {
			var headers []signal.Header
			name := c["header"].(string)
			if value, ok := c["value"].(string); ok {
				headers = []signal.Header{{Name: strings.ToUpper(name), Value: value}}
			}
			got, want := api.Value(headers, name), c["result"]
			if s, ok := got.(string); ok && name != "x-bearer-token" {
				if w, ok := want.(string); ok && strings.EqualFold(s, w) {
					return "" // point 8
				}
			}
			return vectors.Diff(name, got, want)
		},
		"new-dtmf": func(_ *testing.T, c vectors.Case) string {
			if api.ParseTone("application/dtmf-relay", []byte("Signal=5\r\nDuration=120")) != "5" {
				return "tone not read"
			}
			return ""
		},
		"outgoing": outgoing,
		"waits": func(_ *testing.T, c vectors.Case) string {
			log := []any{}
			w := api.Waits{}
			w.Next("channels:all", func(data any) { log = append(log, map[string]any{"waitChannels": data}) })
			w.Next("admin:force-sync-media-state", func(data any) { log = append(log, map[string]any{"waitSyncMediaState": data}) })
			w.Deliver(api.Event{Name: "channels:notify", Data: map[string]any{}})
			log = append(log, "pending")
			w.Deliver(api.Event{Name: "channels:all", Data: api.Channels{Input: "1", Output: "2"}})
			w.Deliver(api.Event{Name: "channels:all", Data: api.Channels{Input: "3", Output: "4"}})
			w.Deliver(api.Event{Name: "admin:force-sync-media-state", Data: api.Sync{Forced: true}})
			return vectors.Diff("log", log, c["log"])
		},
	})
}

// waitTones lets the time of the gaps between tones pass.
func waitTones(tones string) {
	time.Sleep(time.Duration(len(tones)) * (api.ToneDuration + api.ToneGap))
	synctest.Wait()
}
