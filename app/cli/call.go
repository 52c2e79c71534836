package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/media/audio"
	"parley/media/codec"
	"parley/media/device"
)

// Call is `parley call`: one call without a window.
type Call struct {
	Server      string `required:"" help:"Server to connect to." placeholder:"HOST[:PORT]"`
	User        string `help:"User number to register as." placeholder:"U"`
	Password    string `help:"Password of the user; better given as PARLEY_PASSWORD, which other users of this machine cannot see." env:"PARLEY_PASSWORD" placeholder:"P"`
	Guest       bool   `help:"Connect without an account."`
	Name        string `required:"" help:"Name shown to others."`
	To          string `help:"Number or room to call." placeholder:"NUMBER"`
	Answer      bool   `help:"Wait for a call and take it."`
	InsecureTLS bool   `name:"insecure-tls" help:"Accept any certificate. For tests: anyone in between can listen."`
	Plain       bool   `help:"Use http and ws instead of https and wss. Anyone in between can read who calls whom, and take the call over."`

	ICEServer   []string `name:"ice-server" help:"Use this STUN or TURN server in place of those that the server names; may be given several times." placeholder:"URL" sep:"none"`
	ICEUser     string   `name:"ice-user" help:"User name for the servers of --ice-server." placeholder:"U"`
	ICEPassword string   `name:"ice-password" help:"Password for the servers of --ice-server; better given as PARLEY_ICE_PASSWORD." env:"PARLEY_ICE_PASSWORD" placeholder:"P"`

	Camera     string        `help:"none, pattern, FILE.y4m, screen (see --share) or the name of a camera." default:"pattern" placeholder:"WHAT"`
	Microphone string        `help:"none, tone, FILE.wav or the name of a microphone." default:"tone" placeholder:"WHAT"`
	Processing Processing    `help:"What is done to a microphone's sound, separated by commas: echo (cancel it), noise (suppress it), gain (bring voices to one loudness), or none." default:"echo,noise,gain" placeholder:"LIST"`
	Share      string        `help:"Present: none, screen, screen:MONITOR, window:TITLE, window:0xNUMBER, region:WxH+X+Y or FILE.y4m." default:"none" placeholder:"WHAT"`
	ShareAfter time.Duration `help:"Begin to present so long after the call was confirmed." placeholder:"5s"`
	ShareFor   time.Duration `help:"Stop presenting after so long; until the end when not given." placeholder:"10s"`

	RecordVideo string `help:"Write the decoded main video." placeholder:"FILE.y4m"`
	RecordShare string `help:"Write the decoded remote presentation." placeholder:"FILE.y4m"`
	RecordAudio string `help:"Write what is heard." placeholder:"FILE.wav"`

	Codec string `help:"Use this video codec only: VP8, H264, VP9 or AV1." placeholder:"CODEC"`
	Size  Size   `help:"Largest picture sent." placeholder:"WxH"`
	FPS   int    `name:"fps" help:"Frames a second of pattern, screen and camera." placeholder:"N"`

	Duration time.Duration `help:"Hang up so long after the call was confirmed; without it the call lasts until the other side ends it." placeholder:"20s"`
	NoRedial bool          `help:"Do not call again after a network failure."`
	Events   string        `help:"Write every event, one JSON object a line (- is standard output)." placeholder:"FILE|-"`
	Stats    string        `help:"Write the statistics of each second, one JSON object a line." placeholder:"FILE"`
}

// Processing is what is done to a microphone's sound.
type Processing struct{ audio.Processing }

// UnmarshalText reads "echo,noise,gain" or "none".
func (p *Processing) UnmarshalText(text []byte) error {
	p.Processing = audio.Processing{}
	if string(text) == "none" {
		return nil
	}
	for word := range strings.SplitSeq(string(text), ",") {
		switch strings.TrimSpace(word) {
		case "echo":
			p.Echo = true
		case "noise":
			p.Noise = true
		case "gain":
			p.Gain = true
		default:
			return fmt.Errorf("%q is none of echo, noise, gain and none", word)
		}
	}
	return nil
}

// Size is a picture's size in pixels, zero when not given.
type Size struct{ Width, Height int }

// maxSide bounds what --size takes: beyond 8K no codec here goes.
const maxSide = 8192

// UnmarshalText reads "1280x720".
func (s *Size) UnmarshalText(text []byte) error {
	var rest string
	n, _ := fmt.Sscanf(string(text)+" ", "%dx%d%s", &s.Width, &s.Height, &rest)
	if n != 2 || s.Width < 16 || s.Height < 16 || s.Width > maxSide || s.Height > maxSide {
		return fmt.Errorf("%q is not a size such as 1280x720", text)
	}
	if s.Width%2 != 0 || s.Height%2 != 0 {
		return fmt.Errorf("%q: both sides must be even", text)
	}
	return nil
}

func (c *Call) check() error {
	return errors.Join(c.checkAccount(), c.checkICE(), c.checkCall(), c.checkMedia(), c.checkCodec())
}

func (c *Call) checkICE() error {
	for _, server := range c.ICEServer {
		scheme, rest, _ := strings.Cut(server, ":")
		relay := scheme == "turn" || scheme == "turns"
		switch {
		case !relay && scheme != "stun" && scheme != "stuns", rest == "":
			return fmt.Errorf("--ice-server: %q is not stun:HOST[:PORT] or turn:HOST[:PORT]", server)
		case strings.Contains(rest, "@"): // it would stand in logs, and RFC 7065 has no place for it
			return errors.New("--ice-server: give user and password as --ice-user and --ice-password")
		case relay && (c.ICEUser == "" || c.ICEPassword == ""):
			return errors.New("--ice-server: a TURN server needs --ice-user and --ice-password")
		}
	}
	if len(c.ICEServer) == 0 && c.ICEUser != "" {
		return errors.New("--ice-user needs --ice-server")
	}
	return nil
}

func (c *Call) checkAccount() error {
	switch {
	case c.Guest && (c.User != ""):
		return errors.New("--guest and --user exclude each other")
	case !c.Guest && c.User == "":
		return errors.New("say who you are: --user and --password, or --guest")
	case c.User != "" && c.Password == "":
		return errors.New("--user needs --password (or PARLEY_PASSWORD)")
	case strings.TrimSpace(c.Name) == "":
		return errors.New("--name must not be empty")
	case strings.ContainsAny(c.Server, "/@ "):
		return fmt.Errorf("--server: %q is not HOST[:PORT]", c.Server)
	case c.Plain && c.InsecureTLS:
		return errors.New("--plain and --insecure-tls exclude each other")
	}
	return nil
}

func (c *Call) checkCall() error {
	switch {
	case c.To == "" && !c.Answer:
		return errors.New("say --to NUMBER or --answer")
	case c.To != "" && c.Answer:
		return errors.New("--to and --answer exclude each other")
	case c.Guest && c.Answer:
		return errors.New("--answer needs an account: nobody can call a guest")
	case c.Duration < 0:
		return fmt.Errorf("--duration: %v is not a length of time", c.Duration)
	case c.ShareAfter < 0 || c.ShareFor < 0:
		return errors.New("--share-after and --share-for must not be negative")
	case (c.ShareAfter != 0 || c.ShareFor != 0) && !c.Shares():
		return errors.New("--share-after and --share-for need --share")
	case c.FPS < 0 || c.FPS > 120:
		return fmt.Errorf("--fps: %d is not between 1 and 120", c.FPS)
	}
	return nil
}

func (c *Call) checkMedia() error {
	for flag, file := range map[string]string{"--record-video": c.RecordVideo, "--record-share": c.RecordShare} {
		if file != "" && !strings.HasSuffix(file, ".y4m") {
			return fmt.Errorf("%s: %q must end in .y4m", flag, file)
		}
	}
	if c.RecordAudio != "" && !strings.HasSuffix(c.RecordAudio, ".wav") {
		return fmt.Errorf("--record-audio: %q must end in .wav", c.RecordAudio)
	}
	if c.Shares() && !device.IsScreenWord(c.Share) && !strings.HasSuffix(c.Share, ".y4m") {
		return fmt.Errorf("--share: %q is none of none, screen[:MONITOR], window:TITLE, region:WxH+X+Y and FILE.y4m", c.Share)
	}
	return nil
}

func (c *Call) checkCodec() error {
	if c.Codec == "" {
		return nil
	}
	c.Codec = strings.ToUpper(c.Codec)
	if !slices.Contains([]string{"VP8", "H264", "VP9", "AV1"}, c.Codec) {
		return fmt.Errorf("--codec: %q is none of VP8, H264, VP9 and AV1", c.Codec)
	}
	// A codec is of use in a call only when this build can both send and receive it.
	adapter, err := codec.Video(c.Codec)
	if err != nil || adapter.NewEncoder == nil || adapter.NewDecoder == nil {
		return fmt.Errorf("--codec %s: %w", c.Codec, codec.ErrUnsupported)
	}
	return nil
}

// Shares tells whether something is to be presented.
func (c *Call) Shares() bool { return c.Share != "" && c.Share != "none" }
