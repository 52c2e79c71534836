package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/media/audio"
	"parley/media/codec"
)

// Codecs register themselves from packages this one does not know; the test brings one of its own.
func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name:       "VP8",
		NewEncoder: func(codec.VideoConfig) (codec.VideoEncoder, error) { return nil, codec.ErrUnsupported },
		NewDecoder: func() (codec.VideoDecoder, error) { return nil, codec.ErrUnsupported },
	})
}

func TestCallTakesEveryFlagOfTheSpecification(t *testing.T) {
	line := "call --server h:1 --user u --password p --name N --to 2001 --insecure-tls" +
		" --ice-server stun:s:3478 --ice-server turn:t?transport=tcp --ice-user iu --ice-password ip" +
		" --camera a.y4m --microphone a.wav --processing noise,gain --share screen --share-after 5s --share-for 10s" +
		" --record-video v.y4m --record-share s.y4m --record-audio a.wav --codec vp8 --size 1280x720 --fps 25" +
		" --duration 20s --no-redial --events - --stats s.json"
	got, err := Parse(strings.Fields(line), "", &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Call{
		Server: "h:1", User: "u", Password: "p", Name: "N", To: "2001", InsecureTLS: true,
		ICEServer: []string{"stun:s:3478", "turn:t?transport=tcp"}, ICEUser: "iu", ICEPassword: "ip",
		Camera: "a.y4m", Microphone: "a.wav", Processing: Processing{audio.Processing{Noise: true, Gain: true}}, Share: "screen", ShareAfter: 5 * time.Second, ShareFor: 10 * time.Second,
		RecordVideo: "v.y4m", RecordShare: "s.y4m", RecordAudio: "a.wav",
		Codec: "VP8", Size: Size{1280, 720}, FPS: 25,
		Duration: 20 * time.Second, NoRedial: true, Events: "-", Stats: "s.json",
	}
	if diff := cmp.Diff(Command(want), got.Command); diff != "" {
		t.Error(diff)
	}
}

func TestRoomTakesEveryFlagOfTheSpecification(t *testing.T) {
	line := "room --listen 127.0.0.1:0 --user 1001:a,b --user 1002:c:d --rooms 3000-3999 --codec H264" +
		" --bots 3 --bot-room 3001 --cert c.pem --key k.pem --events - --max-clients 7 --moderator 127.0.0.1:0"
	got, err := Parse(strings.Fields(line), "", &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Room{
		Listen: "127.0.0.1:0", User: []string{"1001:a,b", "1002:c:d"}, Rooms: Range{3000, 3999}, Codec: "H264",
		Bots: 3, BotRoom: "3001", Cert: "c.pem", Key: "k.pem", Events: "-", MaxClients: 7, Moderator: "127.0.0.1:0",
	}
	if diff := cmp.Diff(Command(want), got.Command); diff != "" {
		t.Error(diff)
	}
	accounts := map[string]string{"1001": "a,b", "1002": "c:d"}
	if diff := cmp.Diff(accounts, got.Command.(*Room).Accounts()); diff != "" {
		t.Error(diff)
	}
}

func TestDefaults(t *testing.T) {
	tests := []struct {
		line string
		want Command
	}{
		{"", &Window{Graphics: "auto"}},
		{"--demo", &Window{Demo: true, Graphics: "auto"}},
		{"room", &Room{Listen: "127.0.0.1:8443", Rooms: Range{2000, 2999}, BotRoom: "2001", MaxClients: 200}},
		{"call --server h --guest --name N --to 1", &Call{
			Server: "h", Guest: true, Name: "N", To: "1", Camera: "pattern", Microphone: "tone", Share: "none",
			Processing: Processing{audio.Processing{Echo: true, Noise: true, Gain: true}},
		}},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			got, err := Parse(strings.Fields(test.line), "", &strings.Builder{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Command); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const base = "call --server h --guest --name N "
	tests := []struct{ line, says string }{
		{"call --name N --to 1 --guest", "--server"},
		{"call --server h --name N --to 1", "--guest"},
		{"call --server h --name N --to 1 --user 1001", "--password"},
		{"call --server h --name N --to 1 --user 1001 --password p --guest", "exclude"},
		{"call --server https://h/ --guest --name N --to 1", "HOST[:PORT]"},
		{base, "--to NUMBER or --answer"},
		{base + "--to 1 --answer", "exclude"},
		{base + "--answer", "account"},
		{base + "--to 1 --size 1280", "1280x720"},
		{base + "--to 1 --size 0x0", "1280x720"},
		{base + "--to 1 --size 1281x720", "even"},
		{base + "--to 1 --size 1280x720x3", "1280x720"},
		{base + "--to 1 --fps 1000", "--fps"},
		{base + "--to 1 --duration -1s", "--duration"},
		{base + "--to 1 --duration soon", "duration"},
		{base + "--to 1 --share-after 5s", "need --share"},
		{base + "--to 1 --share cat", "--share"},
		{base + "--to 1 --record-video v.mp4", ".y4m"},
		{base + "--to 1 --record-audio v.mp3", ".wav"},
		{base + "--to 1 --codec MPEG2", "--codec"},
		{base + "--to 1 --nonsense", "--nonsense"},
		{base + "--to 1 --plain --insecure-tls", "exclude"},
		{base + "--to 1 --ice-server http://h", "stun:HOST"},
		{base + "--to 1 --ice-server stun:", "stun:HOST"},
		{base + "--to 1 --ice-server turn:h", "--ice-password"},
		{base + "--to 1 --ice-server turn:u:p@h", "--ice-user"},
		{base + "--to 1 --ice-user u", "--ice-server"},
		{"room --listen nowhere", "--listen"},
		{"room --user 1001", "USER:PASSWORD"},
		{"room --rooms 2999-2000", "larger"},
		{"room --rooms all", "range"},
		{"room --cert c.pem", "--key"},
		{"room --moderator here", "--moderator"},
		{"room --bots 1000", "--bots"},
		{"room --codec MPEG2", "--codec"},
		{"room --bots 1 --bot-room 9", "--bot-room"},
		{"room --max-clients 0", "--max-clients"},
		{"probe", "--server"},
		{"probe --server h/x", "HOST[:PORT]"},
		{"probe --server h --user 1", "--password"},
		{"probe --server h --plain --insecure-tls", "exclude"},
		{"probe --server h --step-time 0s", "--step-time"},
		{"probe --server h --ice-user u", "--ice-server"},
		{"http://host/1001", "scheme"},
		{"sip:1001:secret@host", "password"},
		{"--demo sip:1001@host", "--demo"},
		{"--demo-join", "--demo"},
		{"--graphics crayons", "--graphics"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			_, err := Parse(strings.Fields(test.line), "", &strings.Builder{})
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want a usage error that says %q", err, test.says)
			}
		})
	}
}

func TestCodecThatThisBuildLacks(t *testing.T) {
	_, err := Parse(strings.Fields("call --server h --guest --name N --to 1 --codec AV1"), "", &strings.Builder{})
	if !errors.Is(err, codec.ErrUnsupported) {
		t.Errorf("got %v, want %v", err, codec.ErrUnsupported)
	}
}

func TestPasswordsAreNotRepeatedInMistakes(t *testing.T) {
	const secret = "sEcReT"
	for _, line := range []string{
		"room --user " + secret,
		"call --server h --user u --password " + secret + " --name N",
		"call --server h --user u --password " + secret + " --name N --to 1 --guest",
		"call --server h --guest --name N --to 1 --ice-server turn:u:" + secret + "@h",
		"call --server h --guest --name N --to 1 --ice-server turn:h --ice-password " + secret,
	} {
		_, err := Parse(strings.Fields(line), "", &strings.Builder{})
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v", line, err)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for line, says := range map[string]string{"--version": "1.2.3", "call --help": "--record-video", "--help": "room"} {
		var out strings.Builder
		if _, err := Parse(strings.Fields(line), "1.2.3", &out); !errors.Is(err, ErrHelp) {
			t.Errorf("%q: got %v, want %v", line, err, ErrHelp)
		}
		if !strings.Contains(out.String(), says) {
			t.Errorf("%q printed %q, want it to say %q", line, out.String(), says)
		}
	}
}

func TestProcessingIsReadOrRefused(t *testing.T) {
	for text, want := range map[string]audio.Processing{
		"none": {}, "echo": {Echo: true}, "gain, noise": {Gain: true, Noise: true},
		"echo,noise,gain": {Echo: true, Noise: true, Gain: true},
	} {
		var p Processing
		if err := p.UnmarshalText([]byte(text)); err != nil || p.Processing != want {
			t.Errorf("%q: %+v %v", text, p, err)
		}
	}
	for _, text := range []string{"", "hall", "echo,", "none,echo"} {
		if err := new(Processing).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
