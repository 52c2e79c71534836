package roomserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// console runs lines on a server's console and returns what it wrote.
func console(t *testing.T, s *Server, lines ...string) string {
	t.Helper()
	var out bytes.Buffer
	must(t, s.Console(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out))
	return out.String()
}

func TestCommandsOnTheWire(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a := join(t, s, "guest", "2300", "VP8")
	a.token()
	for _, c := range []struct {
		line, kind string
		want       map[string]string // headers
		notify     string            // JSON
	}{
		{line: "mute guest forced", kind: "mic", want: map[string]string{"x-webrtc-mic": "ADMINSTOPMIC", "x-webrtc-sync": "1"}},
		{line: "mute guest", kind: "mic", want: map[string]string{"x-webrtc-mic": "ADMINSTOPMIC", "x-webrtc-sync": "0"}},
		{line: "unmute guest asked", kind: "mic", want: map[string]string{"x-webrtc-mic": "ADMINSTARTMIC", "x-webrtc-sync": "0"}},
		{line: "camera-off guest forced", kind: "maincam", want: map[string]string{"x-webrtc-maincam": "ADMINSTOPMAINCAM", "x-webrtc-sync": "1"}},
		{line: "camera-on guest", kind: "maincam", want: map[string]string{"x-webrtc-maincam": "ADMINSTARTMAINCAM", "x-webrtc-sync": "0"}},
		{line: "camera-pause guest", kind: "maincam", want: map[string]string{"x-webrtc-maincam": "PAUSEMAINCAM"}},
		{line: "camera-resume guest", kind: "maincam", want: map[string]string{"x-webrtc-maincam": "RESUMEMAINCAM"}},
		{line: "camera-limit guest 640x360", kind: "maincam", want: map[string]string{
			"x-webrtc-maincam": "MAXMAINCAMRESOLUTION", "x-webrtc-maincam-resolution": "640x360"}},
		{line: "licence guest AUDIOPLUSPRESENTATION", kind: "uselic", want: map[string]string{"x-webrtc-use-license": "AUDIOPLUSPRESENTATION"}},
		{line: "spectator guest 2 mix-7", kind: "partstate", want: map[string]string{
			"x-webrtc-partstate": "SPECTATOR", "x-webrtc-spectator-mode": "2", "x-webrtc-audioid": "mix-7"}},
		{line: "spectator-synthetic guest 1", kind: "partstate", want: map[string]string{
			"x-webrtc-partstate": "SPECTATOR", "x-webrtc-spectator-mode": "1", "x-webrtc-audioid": ""}},
		{line: "participant guest", kind: "partstate", want: map[string]string{"x-webrtc-partstate": "PARTICIPANT"}},
		{line: "moderator-add guest", kind: "notify", notify: `{"cmd":"addedToListModerators","conference":"2300"}`},
		{line: "moderator-remove guest", kind: "notify", notify: `{"cmd":"removedFromListModerators","conference":"2300"}`},
		{line: "word-give guest", kind: "notify", notify: `{"cmd":"ParticipationRequestAccepted","body":{"conference":"2300"}}`},
		{line: "word-cancel guest", kind: "notify", notify: `{"cmd":"ParticipationRequestRejected","body":{"conference":"2300"}}`},
		{line: "webcast-move guest", kind: "notify", notify: `{"cmd":"ParticipantMovedToWebcast","body":{"conference":"2300"}}`},
		{line: "webcast-start 2300", kind: "notify", notify: `{"cmd":"WebcastStarted","body":{"conference":"2300","type":"hls"}}`},
		{line: "webcast-stop 2300 rtmp", kind: "notify", notify: `{"cmd":"WebcastStopped","body":{"conference":"2300","type":"rtmp"}}`},
		{line: `channels guest "1,2" 3`, kind: "notify", notify: `{"cmd":"channels","input":"1,2","output":"3"}`},
		{line: "account-changed guest", kind: "notify", notify: `{"cmd":"accountChanged"}`},
		{line: `notify guest {"cmd":"unknown","body":{"a":[1, 2]}}`, kind: "notify", notify: `{"cmd":"unknown","body":{"a":[1,2]}}`},
	} {
		if out := console(t, s, c.line); out != "done\n" {
			t.Errorf("%s: %s", c.line, out)
			continue
		}
		info := a.infoFrom(c.kind)
		for name, want := range c.want {
			if got := value(info, name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.line, name, got, want)
			}
		}
		if c.notify != "" {
			var got, want any
			must(t, json.Unmarshal([]byte(value(info, "x-vinteo-notify")), &got))
			must(t, json.Unmarshal([]byte(c.notify), &want))
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(want)
			if string(g) != string(w) {
				t.Errorf("%s: %s, want %s", c.line, g, w)
			}
		}
	}
	if out := console(t, s, "token guest"); out != "done\n" || a.token() == "" {
		t.Error(out)
	}
	console(t, s, "end-call guest")
	respondOK(a.next(sip.BYE))
}

func TestAccountCommandsReachTheRegisteredOutsideADialog(t *testing.T) {
	s, _ := startServer(t, Config{Users: users})
	a := dial(t, s, "ann", "apple")
	a.register("MD5")
	for command, cmd := range map[string]string{"account-changed": "accountChanged", "account-deleted": "accountDeleted"} {
		if out := console(t, s, command+" ann"); out != "done\n" {
			t.Error(out)
		}
		in := a.next(sip.NOTIFY)
		respondOK(in)
		if tag, _ := in.req.To().Params.Get("tag"); tag != "" || in.req.Recipient.User != a.contact.User ||
			value(in.req, "Content-Type") != "application/vinteo.webrtc.notify" ||
			value(in.req, "x-vinteo-notify") != `{"cmd":"`+cmd+`"}` {
			t.Errorf("%s", in.req)
		}
	}
	if out := console(t, s, "account-changed nobody"); !strings.HasPrefix(out, "error: ") {
		t.Error(out)
	}
}

func TestConsole(t *testing.T) {
	s, events := startServer(t, Config{})
	a := join(t, s, "ann", "2301", "VP8")
	a.token()
	out := console(t, s, "# a remark", "", "help", "help mute nonsense", "list", "sockets", "mute", "mute ann now", "mute ann forced more",
		"dance", `"`, "spectator ann x", "sip-drop ann 2", "notify ann [1]", "stop-presentation 2301", "end-room 2999")
	for _, want := range []string{
		"camera-limit WHO RESOLUTION\n", "help COMMAND tells", "server: INFO mic ADMINSTOPMIC", `unknown command "nonsense"`,
		"2301  ann-", "participant\n", "127.0.0.1:", "who is missing", "forced or asked", `"more" is too much`, `unknown command "dance"`,
		"mode: ", "a share is between", "notify: ", "nobody presents", "not open",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	// What was done is among the events; what was only asked for, or refused, is not.
	console(t, s, "token ann")
	if e := events.wait(t, "command", nil); e.Data["command"] != "token" || e.Data["who"] != "ann" {
		t.Errorf("%+v", e)
	}
	// It ends with its context, though the terminal stays open.
	ctx, cancel := context.WithCancel(t.Context())
	in, keys := io.Pipe()
	defer keys.Close()
	ended := make(chan error, 1)
	go func() { ended <- s.Console(ctx, in, io.Discard) }()
	_, err := keys.Write([]byte("list\n"))
	must(t, err)
	cancel()
	must(t, <-ended)
}

func TestEveryCommandIsInTheHandbook(t *testing.T) {
	text, err := os.ReadFile("../docs/testing-by-hand.md")
	must(t, err)
	for _, c := range Commands() {
		if !strings.Contains(string(text), "`"+c.Usage()+"`") {
			t.Errorf("docs/testing-by-hand.md does not tell of `%s`", c.Usage())
		}
		if c.Does == "" || c.Client == "" {
			t.Errorf("%s is not described", c.Name)
		}
	}
}
