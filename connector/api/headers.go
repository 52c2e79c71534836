package api

import (
	"math"
	"strconv"
	"strings"

	"parley/connector/signal"
)

// Kind says how a header's value is read. Names and enumerated values are without case.
type kind int

const (
	text     kind = iota // blank is absent; the case is kept for people, comparisons are without case
	exact                // blank is absent; the case matters (tokens)
	number               // finite, as ECMAScript's Number reads it
	boolean              // true, 1, false, 0
	oneOf                // a value of a list, in upper case
	excluded             // read elsewhere
)

type headerKind struct {
	kind   kind
	values []string
}

// kinds of the headers of this protocol.
var kinds = map[string]headerKind{
	"content-type":                         {kind: excluded},
	"x-webrtc-enter-room":                  {kind: text},
	"x-webrtc-participant-name":            {kind: text},
	"x-webrtc-input-channels":              {kind: text},
	"x-webrtc-output-channels":             {kind: text},
	"x-webrtc-maincam-resolution":          {kind: text},
	"x-webrtc-media-state":                 {kind: text},
	"x-webrtc-audioid":                     {kind: text},
	"x-webrtc-tracks-direction":            {kind: text},
	"x-webrtc-request-enable-media-device": {kind: text},
	"x-vinteo-notify":                      {kind: text},
	"x-bearer-token":                       {kind: exact},
	"x-vinteo-media-type":                  {kind: number},
	"x-vinteo-maincam-state":               {kind: number},
	"x-vinteo-mic-state":                   {kind: number},
	"x-webrtc-available-incoming-bitrate":  {kind: number},
	"x-webrtc-audio-track-count":           {kind: number},
	"x-webrtc-video-track-count":           {kind: number},
	"x-webrtc-is-direct-p2p":               {kind: boolean},
	"x-webrtc-use-license":                 {oneOf, []string{"AUDIO", "VIDEO", "AUDIOPLUSPRESENTATION"}},
	"x-webrtc-maincam": {oneOf, []string{PauseMainCam, ResumeMainCam, MaxMainCamResolution, "ADMINSTOPMAINCAM",
		"ADMINSTARTMAINCAM"}},
	"x-webrtc-mic":            {oneOf, []string{"ADMINSTARTMIC", "ADMINSTOPMIC"}},
	"x-webrtc-sync":           {oneOf, []string{"0", "1"}},
	"x-webrtc-partstate":      {oneOf, []string{"SPECTATOR", "PARTICIPANT"}},
	"x-webrtc-spectator-mode": {oneOf, []string{"0", "1", "2"}},
	"x-webrtc-share-state":    {oneOf, []string{"YOUCANRECEIVECONTENT", "CONTENTEND", "YOUMUSTSTOPSENDCONTENT"}},
	"x-webrtc-share-codec":    {oneOf, []string{"H264", "VP8", "VP9", "AV1"}},
}

// Value reads a header: a string, float64 or bool; nil when it is absent, blank or not what its kind asks for.
func Value(headers []signal.Header, name string) any {
	raw, there := lookup(headers, name)
	k, known := kinds[strings.ToLower(name)]
	if !there || !known || strings.TrimSpace(raw) == "" {
		return nil
	}
	switch k.kind {
	case text, exact:
		return raw
	case number:
		if n, ok := readNumber(raw); ok {
			return n
		}
	case boolean:
		switch strings.ToLower(raw) {
		case "true", "1":
			return true
		case "false", "0":
			return false
		}
	case oneOf:
		upper := strings.ToUpper(raw)
		for _, v := range k.values {
			if v == upper {
				return v
			}
		}
	}
	return nil
}

func lookup(headers []signal.Header, name string) (string, bool) {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

// header reads a header of text, empty when absent.
func header(headers []signal.Header, name string) string {
	s, _ := Value(headers, name).(string)
	return s
}

// readNumber reads a decimal number, with fraction and exponent, or an integer in base 16, 8 or 2 with its prefix.
func readNumber(raw string) (float64, bool) {
	s := strings.TrimSpace(raw)
	if len(s) > 2 && s[0] == '0' && strings.ContainsRune("xXoObB", rune(s[1])) {
		n, err := strconv.ParseUint(strings.ToLower(s), 0, 64)
		return float64(n), err == nil && !strings.Contains(s, "_")
	}
	for _, r := range s {
		if !strings.ContainsRune("0123456789+-.eE", r) {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}
