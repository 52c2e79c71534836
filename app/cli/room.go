package cli

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Room is `parley room`: the embedded room server alone.
type Room struct {
	Listen      string   `help:"Address to listen on; port 0 takes a free one." default:"127.0.0.1:8443" placeholder:"HOST:PORT"`
	User        []string `help:"An account; may be given several times." placeholder:"USER:PASSWORD" sep:"none"`
	Rooms       Range    `help:"Numbers that are rooms." default:"2000-2999" placeholder:"FIRST-LAST"`
	Codec       string   `help:"Video codec of every room; the first participant's by default." placeholder:"CODEC"`
	Bots        int      `help:"Synthetic participants." placeholder:"N"`
	BotRoom     string   `help:"Room the synthetic participants are in." default:"2001" placeholder:"NUMBER"`
	BotPresents bool     `help:"The first synthetic participant presents."`
	BotCalls    []string `help:"A synthetic participant calls this account when it has signed in; may be given several times." placeholder:"USER" sep:"none"`
	Console     bool     `help:"Read moderators' commands and faults from standard input; \"help\" lists them."`
	Cert        string   `help:"Certificate, PEM; self-signed when not given, and kept in the configuration folder for the next start." placeholder:"FILE"`
	Key         string   `help:"Key of the certificate, PEM." placeholder:"FILE"`
	Moderator   string   `help:"Address of the moderators' HTTP API." placeholder:"HOST:PORT"`
	Events      string   `help:"Write what happens, one JSON object a line (- is standard output)." placeholder:"FILE|-"`
	TakeOver    bool     `help:"Whoever asks may present; who presents is then told to stop. By default he is declined."`
	MaxClients  int      `help:"Most connections at a time." default:"200" placeholder:"N"`
}

// Help is what `parley room --help` says besides the flags. app/room's tests see to it that no command is missing.
func (Room) Help() string {
	return `When it listens it prints one line, "ready wss://HOST:PORT/webrtc/wss/". It ends cleanly on Ctrl+C, saying goodbye to everyone.

Moderators' commands and faults, one a line on the console (--console), or as {"command": NAME, …} to POST /command of the HTTP
API (--moderator), which also has GET /participants and GET /commands:

  lists     list, sockets
  devices   mute, unmute, camera-off, camera-on, camera-pause, camera-resume, camera-limit
  roles     spectator, spectator-synthetic, participant, token, licence, moderator-add, moderator-remove, word-give,
            word-cancel, webcast-move, channels, account-changed, account-deleted, notify
  rooms     webcast-start, webcast-stop, stop-presentation, take-over, end-call, end-room, invite, bot-call, bot-present,
            bot-stop
  faults    drop-socket, silence-socket, sip-drop, sip-delay, refuse, media-drop, media-delay, media-cut, media-move,
            offer-refuse, garbage, oversize, heal, restart

"help" on the console lists them with their arguments, "help COMMAND" tells what the server does and what a client should then
do. docs/testing-by-hand.md has walks for all of it.`
}

// Range of room numbers, both ends included.
type Range struct{ First, Last int }

var rangePattern = regexp.MustCompile(`^(\d{1,9})-(\d{1,9})$`)

// UnmarshalText reads "2000-2999".
func (r *Range) UnmarshalText(text []byte) error {
	parts := rangePattern.FindStringSubmatch(string(text))
	if parts == nil {
		return fmt.Errorf("%q is not a range such as 2000-2999", text)
	}
	// The pattern leaves nothing that Atoi could refuse.
	r.First, _ = strconv.Atoi(parts[1])
	r.Last, _ = strconv.Atoi(parts[2])
	if r.First > r.Last {
		return fmt.Errorf("%q: the first number is larger than the last", text)
	}
	return nil
}

// maxBots bounds --bots: each encodes a picture of its own.
const maxBots = 50

func (r *Room) check() error {
	if _, _, err := net.SplitHostPort(r.Listen); err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	for _, account := range r.User {
		// The account itself is not repeated: the mistake may be in the password.
		if user, password, ok := strings.Cut(account, ":"); !ok || user == "" || password == "" {
			return errors.New("--user must be USER:PASSWORD")
		}
	}
	if r.Moderator != "" {
		if _, _, err := net.SplitHostPort(r.Moderator); err != nil {
			return fmt.Errorf("--moderator: %w", err)
		}
	}
	r.Codec = strings.ToUpper(r.Codec)
	switch {
	case r.Codec != "" && !slices.Contains([]string{"VP8", "VP9", "H264", "H264/0", "AV1"}, r.Codec):
		return fmt.Errorf("--codec: %q is none of VP8, VP9, H264, H264/0 and AV1", r.Codec)
	case (r.Cert == "") != (r.Key == ""):
		return errors.New("--cert and --key go together")
	case r.Bots < 0 || r.Bots > maxBots:
		return fmt.Errorf("--bots: %d is not between 0 and %d", r.Bots, maxBots)
	case r.MaxClients < 1:
		return fmt.Errorf("--max-clients: %d is too few", r.MaxClients)
	}
	if r.BotPresents && r.Bots == 0 {
		return errors.New("--bot-presents needs --bots")
	}
	accounts := r.Accounts()
	for _, user := range r.BotCalls {
		if _, known := accounts[user]; !known {
			return fmt.Errorf("--bot-calls: there is no account %q; give one with --user", user)
		}
	}
	if number, err := strconv.Atoi(r.BotRoom); r.Bots > 0 && (err != nil || number < r.Rooms.First || number > r.Rooms.Last) {
		return fmt.Errorf("--bot-room: %q is not one of the rooms %d-%d", r.BotRoom, r.Rooms.First, r.Rooms.Last)
	}
	return nil
}

// Accounts returns user → password.
func (r *Room) Accounts() map[string]string {
	accounts := make(map[string]string, len(r.User))
	for _, account := range r.User {
		user, password, _ := strings.Cut(account, ":")
		accounts[user] = password
	}
	return accounts
}
