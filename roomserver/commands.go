package roomserver

import (
	"fmt"
	"time"

	"parley/roomserver/room"
)

// Command is something people who run a conference, tests and QA can ask of the server: on the console, over the local HTTP
// API, or by Do. docs/testing-by-hand.md tells more about each.
type Command struct {
	Name string
	// Arguments in their order on the console, by their names in JSON. A "?" behind one says that it may be left out.
	Arguments []string
	Does      string // what the server does, and what it sends
	Client    string // what a client should then do
	run       func(m Moderator, o Order) (any, error)
}

// done is for commands that only succeed or fail.
func done(f func(m Moderator, o Order) error) func(Moderator, Order) (any, error) {
	return func(m Moderator, o Order) (any, error) { return nil, f(m, o) }
}

// Commands lists all commands.
func Commands() []Command {
	var list []Command
	for _, group := range [][]Command{lists, devices, spectators, conference, faults} {
		list = append(list, group...)
	}
	return list
}

func find(name string) (Command, bool) {
	for _, c := range Commands() {
		if c.Name == name {
			return c, true
		}
	}
	return Command{}, false
}

func unknown(name string) error { return fmt.Errorf("unknown command %q: help lists them", name) }

// Do carries out a command. The result, nil for most, encodes to JSON.
func (m Moderator) Do(o Order) (any, error) {
	c, ok := find(o.Command)
	if !ok {
		return nil, unknown(o.Command)
	}
	if err := c.check(&o); err != nil {
		return nil, err
	}
	result, err := c.run(m, o)
	if err == nil && result == nil {
		data := map[string]any{"command": o.Command}
		if o.Who != "" {
			data["who"] = o.Who
		}
		if o.Room != "" {
			data["room"] = o.Room
		}
		m.s.event("command", data)
	}
	return result, err
}

var lists = []Command{
	{"list", nil, "lists who called a room, with the state of devices and roles, and the size and bitrate of the video that arrives from him", "nothing",
		func(m Moderator, _ Order) (any, error) { return m.List(), nil }},
	{"sockets", nil, "lists the WebSockets, the users who proved themselves on them, and how many requests of each method came", "nothing",
		func(m Moderator, _ Order) (any, error) { return m.Sockets(), nil }},
}

var devices = []Command{
	{"mute", []string{"who", "forced?"},
		"INFO mic ADMINSTOPMIC, x-webrtc-sync 1 when forced; forced, his sound is left out of the mix as well",
		"mutes at once, says that a moderator did it, and sends mediastate; forced, unmuting himself makes him heard only after " +
			"`unmute`",
		done(func(m Moderator, o Order) error { return m.Microphone(o.Who, false, o.Forced) })},
	{"unmute", []string{"who", "forced?"}, "INFO mic ADMINSTARTMIC, x-webrtc-sync 1 when forced",
		"ask the person: accepted unmutes and sends mediastate, refused sends refusal 0",
		done(func(m Moderator, o Order) error { return m.Microphone(o.Who, true, o.Forced) })},
	{"camera-off", []string{"who", "forced?"},
		"INFO maincam ADMINSTOPMAINCAM, x-webrtc-sync 1 when forced; forced, nobody sees him any more",
		"stops the camera at once, says that a moderator did it, and sends mediastate; forced, a later wish for the camera is " +
			"declined (603)",
		done(func(m Moderator, o Order) error { return m.Camera(o.Who, false, o.Forced) })},
	{"camera-on", []string{"who", "forced?"}, "INFO maincam ADMINSTARTMAINCAM, x-webrtc-sync 1 when forced",
		"ask the person: accepted starts the camera and sends mediastate, refused sends refusal 1",
		done(func(m Moderator, o Order) error { return m.Camera(o.Who, true, o.Forced) })},
	{"camera-pause", []string{"who"}, "INFO maincam PAUSEMAINCAM",
		"balancer: scale down by 200 and the minimal bitrate; the call goes on",
		done(func(m Moderator, o Order) error { return m.PauseCamera(o.Who) })},
	{"camera-resume", []string{"who"}, "INFO maincam RESUMEMAINCAM", "balancer: back to the size and bitrate of before",
		done(func(m Moderator, o Order) error { return m.ResumeCamera(o.Who) })},
	{"camera-limit", []string{"who", "resolution"}, "INFO maincam MAXMAINCAMRESOLUTION WxH",
		"balancer: send no more than WxH, at the bitrate for that width; nonsense is logged and changes nothing",
		done(func(m Moderator, o Order) error { return m.LimitCamera(o.Who, o.Resolution) })},
}

var spectators = []Command{
	{"spectator", []string{"who", "mode?", "audio?"},
		"INFO partstate SPECTATOR with x-webrtc-spectator-mode (0 by hand, 1 by camera state, 2 forced) and x-webrtc-audioid " +
			"(main, or what is given); he is neither heard nor seen in modes 0 and 2, and may not present",
		"role spectator: senders to the minimal bitrate, a presentation stops, the receive-only session starts by an HTTP offer " +
			"and shows the streams default and content_{codec}; in mode 1 switching the camera on brings him back",
		done(func(m Moderator, o Order) error {
			return m.Spectator(o.Who, room.SpectatorMode(o.Mode), or(o.Audio, room.DefaultAudio))
		})},
	{"spectator-synthetic", []string{"who", "mode?"}, "INFO partstate SPECTATOR with the mode and without an audio id",
		"role spectator_synthetic: minimal bitrate, the picture goes on over the call's own media",
		done(func(m Moderator, o Order) error { return m.Spectator(o.Who, room.SpectatorMode(o.Mode), "") })},
	{"participant", []string{"who"}, "INFO partstate PARTICIPANT; his receive-only session ends",
		"role participant: what was sent before is restored, the main picture comes over the call again",
		done(func(m Moderator, o Order) error { return m.Participant(o.Who) })},
	{"token", []string{"who"}, "notify ConferenceParticipantTokenIssued with a new token; the old one is answered with 401",
		"a spectator renegotiates the receive-only session with the new token",
		done(func(m Moderator, o Order) error { return m.RenewToken(o.Who) })},
	{"licence", []string{"who", "licence"}, "INFO uselic: AUDIO, VIDEO or AUDIOPLUSPRESENTATION",
		"shows the licence; with AUDIO no video is to be expected",
		done(func(m Moderator, o Order) error { return m.Licence(o.Who, o.Licence) })},
	{"moderator-add", []string{"who"}, "notify addedToListModerators {conference}", "shows that the person is a moderator",
		done(func(m Moderator, o Order) error { return m.ListModerator(o.Who, true) })},
	{"moderator-remove", []string{"who"}, "notify removedFromListModerators {conference}", "shows it no longer",
		done(func(m Moderator, o Order) error { return m.ListModerator(o.Who, false) })},
	{"word-give", []string{"who"}, "notify ParticipationRequestAccepted {conference}", "says that the word was given",
		done(func(m Moderator, o Order) error { return m.Word(o.Who, true) })},
	{"word-cancel", []string{"who"}, "notify ParticipationRequestRejected {conference}", "says that it was refused",
		done(func(m Moderator, o Order) error { return m.Word(o.Who, false) })},
	{"webcast-move", []string{"who"}, "notify ParticipantMovedToWebcast {conference}",
		"says that the person was moved to the webcast",
		done(func(m Moderator, o Order) error { return m.MoveToWebcast(o.Who) })},
	{"channels", []string{"who", "input", "output"}, "notify channels {input, output}", "uses these channels from now on",
		done(func(m Moderator, o Order) error { return m.Channels(o.Who, o.Input, o.Output) })},
	{"account-changed", []string{"who"},
		"NOTIFY outside any dialog, accountChanged, to every contact of the user; to a guest by INFO in his call",
		"says so; the call goes on",
		done(func(m Moderator, o Order) error { return m.Account(o.Who, false) })},
	{"account-deleted", []string{"who"}, "the same with accountDeleted; the account stays", "says so; the call goes on",
		done(func(m Moderator, o Order) error { return m.Account(o.Who, true) })},
	{"notify", []string{"who", "notify"}, "INFO notify with the given JSON, whatever it is",
		"known commands do what they do; unknown and malformed ones are logged and nothing else",
		done(func(m Moderator, o Order) error { return m.Notify(o.Who, o.Notify) })},
}

var conference = []Command{
	{"webcast-start", []string{"room", "type?"}, "notify WebcastStarted {conference, type} to everyone in the room",
		"shows that the conference is being webcast",
		done(func(m Moderator, o Order) error { return m.Webcast(o.Room, or(o.Type, "hls"), true) })},
	{"webcast-stop", []string{"room", "type?"}, "notify WebcastStopped {conference, type}", "shows it no longer",
		done(func(m Moderator, o Order) error { return m.Webcast(o.Room, or(o.Type, "hls"), false) })},
	{"stop-presentation", []string{"room"},
		"INFO sharedesktop YOUMUSTSTOPSENDCONTENT to who presents, CONTENTEND to the others",
		"stops the capture and says who stopped it; the others drop the second picture",
		done(func(m Moderator, o Order) error { return m.StopPresentation(o.Room) })},
	{"take-over", []string{"who", "allowed?"},
		"lets him present while somebody else does, who gets YOUMUSTSTOPSENDCONTENT; with `no` takes that back",
		"the new presenter's starts at once; the old one stops the capture and says that the server stopped it",
		done(func(m Moderator, o Order) error { return m.TakeOver(o.Who, o.Allowed == nil || *o.Allowed) })},
	{"end-call", []string{"who", "code?"},
		"BYE, with a code also its Reason header; 408 is RTP Timeout: what a server says that hears nothing any more",
		"ends as ended by the server, no redial; with 408 as lost (RTP Timeout), and redial brings it back",
		done(func(m Moderator, o Order) error { return m.EndCall(o.Who, o.Code) })},
	{"end-room", []string{"room"}, "BYE to everyone in the room", "the same",
		done(func(m Moderator, o Order) error { return m.EndRoom(o.Room) })},
	{"invite", []string{"who", "room"}, "INVITE from the room's number to a registered user",
		"rings; accepted, it is in the room as if it had called",
		done(func(m Moderator, o Order) error { return m.Invite(o.Who, o.Room) })},
	{"bot-call", []string{"who"}, "INVITE from a bot to a registered user; after it, INFO roomname p2pbotto{user}, direct",
		"rings; accepted, it is a direct call with the bot's moving picture and voice",
		done(func(m Moderator, o Order) error { return m.BotCalls(o.Who) })},
	{"bot-present", []string{"who"}, "a bot (bot-1, or its name) presents: re-INVITE with a third m-line, YOUCANRECEIVECONTENT",
		"shows the presentation; asking to present is declined (603) meanwhile",
		done(func(m Moderator, o Order) error { return m.BotPresents(o.Who, true) })},
	{"bot-stop", []string{"who"}, "the bot stops presenting: CONTENTEND", "drops the second picture",
		done(func(m Moderator, o Order) error { return m.BotPresents(o.Who, false) })},
}

var faults = []Command{
	{"drop-socket", []string{"who"}, "cuts the TCP connection without a close frame; media goes on",
		"media goes on; reconnects after 2 to 6 s, registers, and the call is the same",
		done(func(m Moderator, o Order) error { return m.DropSocket(o.Who) })},
	{"silence-socket", []string{"who"}, "half-open: the connection stays, nothing goes in or out, pongs neither",
		"two pings in a row fail, it reconnects (periodic-ping-failed), the call goes on",
		done(func(m Moderator, o Order) error { return m.SilenceSocket(o.Who) })},
	{"sip-drop", []string{"who", "share"}, "loses that share (0 to 1) of the SIP messages, both ways, for good",
		"requests end with 408 or are told as failed; nothing hangs",
		done(func(m Moderator, o Order) error { return m.DropSIP(o.Who, o.share()) })},
	{"sip-delay", []string{"who", "delay", "share?"}, "delays that share of the SIP messages (all of them without one)",
		"everything works, later; no second INVITE, no wrong state",
		done(func(m Moderator, o Order) error { return m.DelaySIP(o.Who, time.Duration(o.Delay), o.share()) })},
	{"refuse", []string{"who", "code", "count?", "method?"},
		"answers the next count (1) requests of that method (any but ACK and CANCEL) with code (300 to 699)",
		"REGISTER 403: no retry, wrong password; INVITE 486: busy; INFO 603: declined; each with its cause",
		done(func(m Moderator, o Order) error { return m.Refuse(o.Who, o.Code, max(o.Count, 1), o.Method) })},
	{"media-drop", []string{"who", "share", "direction?"},
		"loses that share of the media packets, ICE too; direction in (from him), out, both",
		"some loss: repair, then lower bitrate, quality indicator poor; all of it: inbound-video-problem-detected, " +
			"one renegotiation in 4 s, and after 25 s RTP Timeout with redial",
		done(func(m Moderator, o Order) error { return m.DropMedia(o.Who, o.share(), o.Direction) })},
	{"media-delay", []string{"who", "delay", "direction?"}, "delays the media packets",
		"round trip time and the quality indicator show it; sound and picture stay together",
		done(func(m Moderator, o Order) error { return m.DelayMedia(o.Who, time.Duration(o.Delay), o.Direction) })},
	{"media-cut", []string{"who"}, "the addresses that his media uses now are dead for good, new ones work; nobody is told",
		"sound and picture stop; an ICE restart of the client's brings them back, else RTP Timeout with redial",
		done(func(m Moderator, o Order) error { return m.CutMedia(o.Who) })},
	{"media-move", []string{"who"},
		"moves the server's end of his media to other ports: re-INVITE with new ICE credentials and candidates",
		"answers with new ones; sound and picture go on after a moment, the call is the same",
		done(func(m Moderator, o Order) error { return m.MoveMedia(o.Who) })},
	{"offer-refuse", []string{"who", "code", "count?"},
		"answers his next count (1) offers for a receive-only session (HTTP) with that status (300 to 599)",
		"tries up to 10 times, 500 ms apart, then the call ends with an internal error; fewer refusals are not noticed",
		done(func(m Moderator, o Order) error { return m.RefuseOffers(o.Who, o.Code, max(o.Count, 1)) })},
	{"garbage", []string{"who"},
		"sends what no server should: no SIP, lying headers, unknown methods and extensions, a BYE of a foreign dialog; in " +
			"his calls INFO with broken JSON, unknown types and values, and offers that are none",
		"logs each once, refuses what must be answered (400, 405, 415, 420, 481, 488); connection and call go on",
		done(func(m Moderator, o Order) error { return m.Garbage(o.Who) })},
	{"oversize", []string{"who"}, "sends a message of 1 MiB",
		"closes the socket (1009) and opens a new one; the call goes on",
		done(func(m Moderator, o Order) error { return m.Oversize(o.Who) })},
	{"heal", []string{"who"}, "ends the faults of somebody, or of all (*); what was cut or silenced stays so", "recovers",
		done(func(m Moderator, o Order) error { return m.Heal(o.Who) })},
	{"restart", []string{"delay?"},
		"stops as a crash would and starts again after delay: same port and certificate, nobody registered or in a call",
		"finds the socket gone, reconnects, registers; dead media ends the call as RTP Timeout and redial brings it back; a request " +
			"in the dialog before that is answered with 481, and the call is over",
		done(func(m Moderator, o Order) error { return m.Restart(time.Duration(o.Delay)) })},
}
