package vectors

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The functions of this file write what is right into a copy of a case, by a point of section 13 and by nothing of the
// connector's own code: all that they leave alone is compared as the reference has it.

// clone copies a decoded JSON value.
func clone(value any) any {
	switch v := value.(type) {
	case Case:
		return Case(clone(map[string]any(v)).(map[string]any))
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return value
}

func object(value any) map[string]any { m, _ := value.(map[string]any); return m }
func list(value any) []any            { l, _ := value.([]any); return l }
func text(value any) string           { s, _ := value.(string); return s }

// number reads a finite number; 0 for anything else.
func number(value any) float64 { n, _ := value.(float64); return n }

// initiator: who answered is not who called (point 9).
func initiator(c Case) {
	if object(object(c["contextAfter"])["raw"])["answer"] == true {
		object(c["derivedAfter"])["isCallInitiator"] = false
	}
}

// resolutionText is a resolution: two positive numbers of pixels. What follows a second x does not count.
var resolutionText = regexp.MustCompile(`^\s*([1-9]\d*)\s*x\s*([1-9]\d*)\s*(x.*)?$`)

// resolution reads the text of a command in any case: the server's values have none.
func resolution(value any) (width, height float64, ok bool) {
	m := resolutionText.FindStringSubmatch(strings.ToLower(text(value)))
	if m == nil {
		return 0, 0, false
	}
	width, _ = strconv.ParseFloat(m[1], 64)
	height, _ = strconv.ParseFloat(m[2], 64)
	return width, height, true
}

// fit is how far a track is scaled down: at least 1; a side whose size is not known does not count (point 14).
func fit(track map[string]any, width, height float64) float64 {
	factor := 1.0
	for _, side := range [][2]float64{{number(track["width"]), width}, {number(track["height"]), height}} {
		if side[0] > 0 && side[1] > 0 {
			factor = math.Max(factor, side[0]/side[1])
		}
	}
	return factor
}

// bitrateFor is the table of spec connector 9.
func bitrateFor(width float64, codec string) float64 {
	table := [][2]float64{{64, 0.06}, {128, 0.12}, {256, 0.25}, {384, 0.32}, {426, 0.38}, {640, 0.5}, {848, 0.7}, {1280, 1}, {1920, 2}}
	rate := 4.0
	if i := slices.IndexFunc(table, func(row [2]float64) bool { return width <= row[0] }); i >= 0 {
		rate = table[i][1]
	}
	if strings.Contains(strings.ToLower(codec), "av1") {
		rate *= 0.6
	}
	return math.Round(rate * 1e6)
}

// scaleRight fits a track into a size of which a side may be none (point 14).
func scaleRight(c Case) {
	target := object(c["target"])
	c["result"] = fit(object(c["track"]), number(target["width"]), number(target["height"]))
}

// cameraCommand: a resolution that is none is ignored, a blank one is none told, and X is an x (point 14; protocol, INFO).
func cameraCommand(c Case) {
	if len(list(c["calls"])) == 0 { // nothing to send, or a codec that is left alone
		return
	}
	track, codec, told := object(c["track"]), text(c["codec"]), object(c["headers"])["resolutionMainCam"]
	width, height, ok := resolution(told)
	if !ok && strings.TrimSpace(text(told)) != "" {
		c["calls"] = []any{}
		return
	}
	scale, rate := 1.0, 0.0
	switch limit := object(c["maxResolution"]); {
	case ok:
		scale, rate = fit(track, width, height), bitrateFor(width, codec)
	default:
		if limit != nil {
			scale = fit(track, number(limit["width"]), number(limit["height"]))
		}
		sent := math.Inf(1)
		if w := number(track["width"]); w > 0 {
			sent = w / scale
		}
		rate = bitrateFor(sent, codec)
	}
	c["calls"] = []any{map[string]any{"scaleResolutionDownBy": scale, "maxBitrate": rate}}
}

// isNoResolution tells a command for the camera with a text that the reference cannot compute with.
func isNoResolution(headers map[string]any) bool {
	told, there := headers["resolutionMainCam"].(string)
	return headers["mainCam"] == "MAXMAINCAMRESOLUTION" && there && !resolutionText.MatchString(told)
}

// cameraIgnored takes out what follows a command whose resolution is none (point 14).
func cameraIgnored(c Case) {
	var out []any
	ignoring := false
	for _, entry := range list(c["timeline"]) {
		e := object(entry)
		if step, is := e["step"]; is {
			ignoring = step == "control" && isNoResolution(object(e["arg"]))
		}
		_, set := e["setParameters"]
		_, told := e["onSetParameters"]
		if ignoring && (set || told || e["event"] == "parameters-updated") {
			continue
		}
		out = append(out, entry)
	}
	c["timeline"] = out
}

// balancingGoesOn: another quality stops balancing, and schedules it again (point 17). What was set before is set still, so
// that the new start sets nothing.
func balancingGoesOn(c Case) {
	delay := number(object(c["options"])["delay"])
	if delay == 0 {
		delay = 10_000
	}
	var out []any
	due, active := -1.0, false
	start := func(until float64) {
		if due >= 0 && due <= until {
			out = append(out, map[string]any{"t": due, "event": "balancing-started", "payload": map[string]any{"delay": delay}})
			due, active = -1, true
		}
	}
	quality := false // we are within the step that changes the quality
	for _, entry := range list(c["timeline"]) {
		e := object(entry)
		at := number(e["t"])
		start(at)
		if step, is := e["step"]; is {
			quality = step == "call" && e["arg"] == "recv-quality-changed"
			if step == "call" && !quality { // anything else begins or ends what it begins or ends in the reference
				due, active = -1, false
			}
		}
		if _, flags := e["isBalancingActive"]; flags {
			if quality {
				due = at + delay
				out = append(out, map[string]any{"t": at, "event": "balancing-scheduled", "payload": map[string]any{"delay": delay}})
			}
			if active {
				e["isBalancingActive"] = true
			}
			if due >= 0 {
				e["isBalancingScheduled"] = true
			}
		}
		out = append(out, entry)
	}
	c["timeline"] = out
}

// retryDefaults: options that are not set have their defaults (point 14): 1000 ms doubling up to 30 000 (spec connector 3).
func retryDefaults(c Case) {
	for _, step := range list(c["steps"]) {
		d := object(object(step)["decision"])
		if notFinite(d["nextRetryDelayMs"]) {
			d["nextRetryDelayMs"] = math.Min(30_000, 1000*math.Pow(2, number(d["failCount"])-1))
		}
	}
}

// statsGoOn: after a failed collection the next tick collects (point 12). It is written for collections that take no time.
func statsGoOn(c Case) {
	timeline := list(c["timeline"])
	failed := slices.IndexFunc(timeline, func(e any) bool { return object(e)["error"] != nil })
	if failed < 0 {
		return
	}
	timeline = timeline[:failed+1]
	const interval = 1000.0
	plan := list(c["collectDurationsMs"])
	done := slices.IndexFunc(plan, func(step any) bool { _, is := step.(float64); return !is })
	at := number(object(timeline[failed])["t"]) + interval
	for n := done + 1; at < number(c["totalMs"]); n++ {
		step := plan[min(n, len(plan)-1)]
		switch step {
		case "reject", "nopc":
			if step == "reject" {
				timeline = append(timeline, map[string]any{"t": at, "call": "getStats"})
			}
			timeline = append(timeline, map[string]any{"t": at, "error": object(timeline[failed])["error"]})
			at += interval
		default:
			timeline = append(timeline, map[string]any{"t": at, "call": "getStats"}, map[string]any{"t": at + 1, "event": "collected"})
			at += interval + 1
		}
	}
	c["timeline"] = timeline
}

// problemResolved: another reason resolves the problem that was told (point 13).
func problemResolved(c Case) {
	told := ""
	for _, step := range list(c["steps"]) {
		s := object(step)
		out := []any{}
		for _, value := range list(s["emitted"]) {
			e := object(value)
			payload := object(e["payload"])
			out = append(out, value)
			switch e["event"] {
			case "health-snapshot":
				if reason := reasonOf(payload); told != "" && reason != "" && reason != told {
					resolved := object(clone(payload))
					resolved["reason"] = told
					out = append(out, map[string]any{"event": "inbound-video-problem-resolved", "payload": resolved})
					told = ""
				}
			case "inbound-video-problem-detected":
				told = text(payload["reason"])
			case "inbound-video-problem-resolved", "inbound-video-problem-reset":
				told = ""
			}
		}
		s["emitted"] = out
	}
}

// reasonOf a snapshot by priority (spec connector 8).
func reasonOf(snapshot map[string]any) string {
	switch {
	case snapshot["isInboundVideoStalled"] == true:
		return "inbound-video-stalled"
	case snapshot["isNoInboundVideoTraffic"] == true:
		return "no-inbound-video-traffic"
	case snapshot["isInvalidInboundFrames"] == true && snapshot["isMutedMainVideoTrack"] == true:
		return "invalid-inbound-frames"
	}
	return ""
}

// rolesTold: a role that changes the streams tells so (point 16).
func rolesTold(c Case) {
	none := map[string]any{"main": nil, "contented": nil}
	var before any = none
	for _, step := range list(c["steps"]) {
		s := object(step)
		op := list(s["step"])
		now := s["remoteStreams"]
		if len(op) > 0 && (op[0] == "spectator" || op[0] == "participant" || op[0] == "synthetic") &&
			len(list(s["emitted"])) == 0 && !reflect.DeepEqual(before, now) {
			s["emitted"] = []any{map[string]any{"event": "remote-streams-changed", "streams": clone(now)}}
		}
		before = now
	}
}

// contentTypeRead: what RFC 3261 20.15 allows is read (point 19). Only rooms are in such cases.
func contentTypeRead(c Case) {
	headers := object(c["headers"])
	kind, _, _ := strings.Cut(text(headers["content-type"]), ";")
	room, participant := text(headers["x-webrtc-enter-room"]), text(headers["x-webrtc-participant-name"])
	if !strings.EqualFold(strings.TrimSpace(kind), "application/vinteo.webrtc.roomname") || room == "" || participant == "" {
		return
	}
	payload := map[string]any{"room": room, "participantName": participant}
	if token := text(headers["x-bearer-token"]); token != "" {
		payload["bearerToken"] = token
	}
	c["emitted"] = []any{map[string]any{"event": "enter-room", "payload": payload}}
}

// toneSettles: a tone that was sent counts as sent, whatever tones come (point 2).
func toneSettles(c Case) {
	if i := slices.Index(list(c["log"]), any("after local")); i >= 0 && !slices.Contains(list(c["log"]), any("resolved")) {
		c["log"] = slices.Insert(list(c["log"]), i, any("resolved"))
	}
}
