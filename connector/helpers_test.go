package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"parley/connector/api"
	"parley/connector/call"
	"parley/connector/connection"
	"parley/connector/internal/vectors"
	"parley/connector/rtc"
	"parley/connector/signal"
)

func capabilities(v any) []rtc.Capability {
	var out []rtc.Capability
	for _, c := range vectors.Decode[[]struct{ MimeType, SdpFmtpLine string }](v) {
		out = append(out, rtc.Capability{MIMEType: c.MimeType, FMTP: c.SdpFmtpLine})
	}
	return out
}

// codecPreferences: the reference leaves a transceiver alone that has no method for it, no track, or nothing to order.
func codecPreferences(_ *testing.T, c vectors.Case) string {
	preferred, excluded := vectors.Decode[[]string](c["preferred"]), vectors.Decode[[]string](c["exclude"])
	if c["setTo"] == nil && (len(preferred)+len(excluded) == 0 || c["trackKind"] != "video" || c["name"] == "no method") {
		return ""
	}
	got := rtc.Preferences(capabilities(c["senderCodecs"]), capabilities(c["receiverCodecs"]), preferred, excluded)
	return vectors.Diff("codecs", got, capabilities2(c["setTo"]))
}

func capabilities2(v any) []rtc.Capability {
	out := capabilities(v)
	if out == nil && v != nil {
		return []rtc.Capability{}
	}
	return out
}

// recorder answers every HTTP request alike.
type recorder struct {
	status  int
	request map[string]any
}

func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(q.Body)
	r.request = map[string]any{"url": q.URL.String(), "method": q.Method, "body": string(body),
		"headers": map[string]string{"Content-Type": q.Header.Get("Content-Type"), "Authorization": q.Header.Get("Authorization")}}
	return &http.Response{StatusCode: r.status, Body: io.NopCloser(strings.NewReader(`{"type":"answer","sdp":"v=0","extra":1}`))}, nil
}

func postOffer(t *testing.T, c vectors.Case) string {
	args := c["args"].(map[string]any)
	r := &recorder{status: int(numberOf(c["responseStatus"]))}
	answer, err := call.PostOffer(t.Context(), &http.Client{Transport: r}, call.OfferTarget{Server: textOf(args["serverUrl"]),
		Conference: textOf(args["conferenceNumber"]), Quality: call.Quality(textOf(args["quality"])),
		AudioID: fmt.Sprint(args["audio"]), Token: textOf(args["token"])}, "v=0 o")
	want := c["request"].(map[string]any)
	delete(want, "credentials") // a browser's notion
	result := c["result"].(map[string]any)
	diffs := []string{vectors.Diff("request", r.request, want)}
	if resolved, ok := result["resolved"].(map[string]any); ok {
		diffs = append(diffs, vectors.Diff("answer", answer, resolved["sdp"]))
	} else {
		got := any(nil)
		if err != nil {
			got = map[string]any{"$error": err.Error()}
		}
		diffs = append(diffs, vectors.Diff("error", got, result["rejected"]))
	}
	return vectors.First(diffs...)
}

func inviteHeaders(_ *testing.T, c vectors.Case) string {
	args := c["args"].(map[string]any)
	state := call.InviteState{SessionID: textOf(args["sessionId"]), RemoteAddress: textOf(args["remoteAddress"]),
		Registered: args["isRegistered"] == true, PresentationCall: args["isPresentationCall"] == true}
	on := func(name string) *bool {
		if muted, ok := args[name].(bool); ok {
			on := !muted
			return &on
		}
		return nil
	}
	state.MicrophoneOn, state.CameraOn = on("isMutedAudio"), on("isMutedVideo")
	lines := []string{}
	for _, h := range call.InviteHeaders(state) {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return vectors.Diff("headers", lines, c["result"])
}

// facts reads the shapes of a browser's errors.
func facts(value any) connection.Facts {
	object, ok := value.(map[string]any)
	if !ok {
		return connection.FactsOf(nil)
	}
	f := connection.Facts{Code: textOf(object["code"]), Cause: textOf(object["cause"]), Link: textOf(object["url"])}
	switch m := object["message"].(type) {
	case nil:
	case string:
		f.Message = m
	default:
		raw, _ := json.Marshal(m)
		f.Message = string(raw)
	}
	if message, ok := object["message"].(map[string]any); ok {
		to, _ := message["to"].(map[string]any)
		if uri, ok := to["uri"].(map[string]any); ok && f.Link == "" {
			f.Link = textOf(uri["user"]) + "@" + textOf(uri["host"])
		}
	}
	socket, _ := object["socket"].(map[string]any)
	ws, _ := socket["_ws"].(map[string]any)
	f.SocketClosed = numberOf(ws["readyState"]) == 3
	return f
}

func canceled(_ *testing.T, c vectors.Case) string {
	e := c["error"].(map[string]any)
	var err error = errors.New("plain")
	switch e["kind"] {
	case "Error":
		err = &call.Error{Cause: signal.Cause(textOf(e["cause"])), Originator: signal.Originator(textOf(e["originator"]))}
	case "cancelled request error":
		err = context.Canceled
	}
	return vectors.Diff("cancelled", call.Canceled(err), c["result"])
}

// version compares as the reference compares browsers: an unknown part decides nothing.
func versions(_ *testing.T, c vectors.Case) string {
	type version struct{ Major, Minor, Patch *int }
	a, b := vectors.Decode[version](c["current"]), vectors.Decode[version](c["compare"])
	older, same := false, a.Major != nil && a.Minor != nil && a.Patch != nil
	if same {
		older = *a.Major < *b.Major || *a.Major == *b.Major && (*a.Minor < *b.Minor || *a.Minor == *b.Minor && *a.Patch < *b.Patch)
		same = *a.Major == *b.Major && *a.Minor == *b.Minor && *a.Patch == *b.Patch
	}
	atMost := older || same || a.Major != nil && a.Minor == nil && *a.Major <= *b.Major
	return vectors.First(vectors.Diff("greater", older, c["hasGreaterThanBrowserVersion"]),
		vectors.Diff("at most", atMost, c["hasLessOrEqualBrowserVersion"]))
}

func validators(_ *testing.T, c vectors.Case) string {
	v := c["value"]
	n, isNumber := v.(float64)
	object, isObject := v.(map[string]any)
	_, isBoolean := v.(bool)
	headers := false
	if list, ok := v.([]any); ok && len(list) > 0 {
		lines := []string{}
		for _, item := range list {
			if s, ok := item.(string); ok {
				lines = append(lines, s)
			}
		}
		headers = len(lines) == len(list) && call.ParseHeaders(lines) != nil
	}
	return vectors.First(vectors.Diff("string", strings.TrimSpace(textOf(v)) != "", c["isValidString"]),
		vectors.Diff("number", isNumber && !math.IsNaN(n), c["isValidNumber"]),
		vectors.Diff("object", isObject && object["$number"] == nil, c["isValidObject"]),
		vectors.Diff("boolean", isBoolean, c["isValidBoolean"]), vectors.Diff("headers", headers, c["hasValidExtraHeaders"]))
}

// keys sends keys of a pad one by one; a failed one does not end the others.
func keys(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		sent := []string{}
		failAt, most := int(numberOf(c["failAtIndex"])), int(numberOf(c["canRunTaskWhileSentLessThan"]))
		results := api.SendKeys(t.Context(), textOf(c["keys"]), func() bool { return len(sent) < most }, func(key string) error {
			sent = append(sent, key)
			if len(sent)-1 == failAt {
				return errors.New("fail")
			}
			return nil
		})
		resolved := c["result"].(map[string]any)["resolved"].(map[string]any)
		failures, successes := 0, 0
		var texts []string
		for _, err := range results {
			if err == nil {
				successes++
				texts = append(texts, "")
				continue
			}
			failures++
			texts = append(texts, err.Error())
		}
		var want []string
		for _, r := range resolved["results"].([]any) {
			object, _ := r.(map[string]any)
			want = append(want, textOf(object["$error"]))
		}
		diff = vectors.First(vectors.Diff("sent", sent, c["sent"]), vectors.Diff("results", texts, want),
			vectors.Diff("successes", successes, len(resolved["success"].([]any))),
			vectors.Diff("failures", failures, len(resolved["errors"].([]any))),
			vectors.Diff("successful", successes > 0 && successes >= failures, resolved["isSuccessful"]),
			vectors.Diff("error", failures > 0 && successes < failures, resolved["isError"]))
	})
	return diff
}

// The facts about the small functions: names, URIs, headers, errors, codec preferences, the HTTP offer.
func TestHelperVectors(t *testing.T) {
	vectors.Run(t, "helpers", map[string]func(*testing.T, vectors.Case) string{
		"resolveRecvQuality": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("quality", call.Quality(textOf(c["quality"])).Effective(), c["result"])
		},
		"setCodecPreferences": codecPreferences,
		"getUri": func(_ *testing.T, c vectors.Case) string {
			want := textOf(c["result"])
			user := want[len("sip:"):strings.LastIndex(want, "@")]
			return vectors.Diff("URI", connection.URI(user, textOf(c["server"])), want)
		},
		"parseDisplayName": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("name", connection.DisplayName(textOf(c["input"])), c["result"])
		},
		"generateUserId": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("user", connection.GuestID(numberOf(c["random"])), c["result"])
		},
		"hasPurgatory": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("purgatory", call.IsPurgatory(textOf(c["room"])), c["result"])
		},
		"hasPeerToPeer": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("peer to peer", call.IsPeerToPeer(textOf(c["room"])), c["result"])
		},
		"getExtraHeaders": inviteHeaders,
		"getUserAgent": func(_ *testing.T, c vectors.Case) string {
			// The browser's part is the reference's own; ours is what becomes of a product's name.
			args := c["args"].(map[string]any)
			if args["isUnifiedSdpSemantic"] != true {
				return vectors.Diff("user agent", "Chrome", c["result"])
			}
			got := "ChromeNew - "
			if browser := textOf(args["browserName"]); browser != "" {
				got += browser + " " + textOf(args["browserVersion"]) + ", "
			}
			return vectors.Diff("user agent", got+connection.Product(textOf(args["appName"]))+" "+fmt.Sprint(args["appVersion"]), c["result"])
		},
		"replaceForbiddenSymbolsWithUnderscore": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("product", connection.Product(textOf(c["input"])), c["result"])
		},
		"hasIncludesString": func(_ *testing.T, c vectors.Case) string {
			target, ok := c["target"].(string)
			got := ok && strings.Contains(strings.ToLower(textOf(c["source"])), strings.ToLower(target))
			return vectors.Diff("includes", got, c["result"])
		},
		"directPeerToPeerRoom": func(_ *testing.T, c vectors.Case) string {
			_, hasUser := c["user"].(string)
			number, hasNumber := c["number"].(string)
			rooms := [][]string{}
			if hasUser && hasNumber && c["trigger"] == "call confirmed" {
				lines := []string{}
				for _, h := range api.EnterRoomRequest(textOf(c["user"]), number, c["isCallInitiator"] == true).Headers {
					lines = append(lines, h.Name+": "+h.Value)
				}
				rooms = append(rooms, lines)
			}
			return vectors.Diff("rooms", rooms, c["sentEnterRoomHeaders"])
		},
		"hasCanceledCallError": canceled,
		"hasHandshakeWebsocketOpeningError": func(_ *testing.T, c vectors.Case) string {
			var err error = errors.New("plain")
			if object, ok := c["error"].(map[string]any); ok {
				if code, ok := object["code"].(float64); ok {
					err = &connection.DisconnectError{Disconnect: signal.Disconnect{Code: int(code)}}
				}
			}
			return vectors.Diff("handshake", connection.Handshake(err), c["result"])
		},
		"hasDeclineResponseFromServer": func(_ *testing.T, c vectors.Case) string {
			var err error = errors.New(textOf(c["message"]))
			if c["message"] == "Error decline with 603" { // how the reference's user agent says 603
				err = &signal.ResponseError{StatusCode: 603}
			}
			return vectors.Diff("declined", api.Declined(err), c["result"])
		},
		"getTypeFromError": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("type", connection.Classify(facts(c["error"])), c["result"])
		},
		"getLinkError": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("link", facts(c["error"]).Link, textOf(c["result"]))
		},
		"getValuesFromError": func(_ *testing.T, c vectors.Case) string {
			f := facts(c["error"])
			got := map[string]any{"code": f.Code, "cause": f.Cause, "message": f.Message}
			if f.Link != "" {
				got["link"] = f.Link
			}
			want := c["result"].(map[string]any)
			if want["link"] == "" {
				delete(want, "link")
			}
			var a, b any // the order of members in a message that is JSON does not matter
			if json.Unmarshal([]byte(f.Message), &a) == nil && json.Unmarshal([]byte(textOf(want["message"])), &b) == nil {
				got["message"], want["message"] = a, b
			}
			return vectors.Diff("values", got, want)
		},
		"validators":            validators,
		"compareBrowserVersion": versions,
		"sendOffer":             postOffer,
		"sendDtmfAccumulated":   keys,
	})
}
