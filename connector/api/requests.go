package api

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"parley/connector/signal"
)

// Request is an INFO to the server. Keep: whatever the answer, the call goes on.
type Request struct {
	ContentType string
	Headers     []signal.Header
	Keep        bool
	// OnlyDecline: every answer but a 603 counts as a grant.
	OnlyDecline bool
}

// Sender sends INFO in a dialog (signal.Session).
type Sender interface {
	Info(ctx context.Context, contentType string, body []byte, headers []signal.Header, keepOnError bool) error
}

// Send sends a request.
func (r Request) Send(ctx context.Context, to Sender) error {
	err := to.Info(ctx, r.ContentType, nil, r.Headers, r.Keep)
	if err != nil && r.OnlyDecline && !Declined(err) && ctx.Err() == nil {
		return nil
	}
	return err
}

// Declined tells whether the server said no: 603.
func Declined(err error) bool {
	var response *signal.ResponseError
	return errors.As(err, &response) && response.StatusCode == 603 && response.Err == nil
}

func request(contentType string, keep bool, pairs ...string) Request {
	r := Request{ContentType: contentType, Keep: keep}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.Headers = append(r.Headers, signal.Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return r
}

const shareState = "x-webrtc-share-state"

// AskToPresent asks for the permission to present; 603 declines.
func AskToPresent() Request { return request(TypeShare, false, shareState, "LETMESTARTPRESENTATION") }

// PresentationStopped tells that we present no longer.
func PresentationStopped() Request { return request(TypeShare, false, shareState, "STOPPRESENTATION") }

// ContentAvailable tells the other side of a direct or presentation call that a presentation comes.
func ContentAvailable() Request { return request(TypeShare, false, shareState, "YOUCANRECEIVECONTENT") }

// ContentEnded tells it that the presentation is over.
func ContentEnded() Request { return request(TypeShare, false, shareState, "CONTENTEND") }

// AskForCamera asks for the permission to enable the camera. Only a 603 is an error.
func AskForCamera() Request {
	r := request(TypeMainCam, true, "x-webrtc-request-enable-media-device", "LETMESTARTMAINCAM")
	r.OnlyDecline = true
	return r
}

// SendChannels tells the channels we use.
func SendChannels(c Channels) Request {
	return request(TypeChannels, false, "x-webrtc-input-channels", c.Input, "x-webrtc-output-channels", c.Output)
}

// MediaState tells whether camera and microphone are on.
func MediaState(camera, microphone bool) Request {
	return request(TypeMediaState, true, "x-webrtc-media-state", "currentstate", "x-vinteo-maincam-state", bit(camera),
		"x-vinteo-mic-state", bit(microphone))
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// RefuseMicrophone tells that the person did not switch the microphone on.
func RefuseMicrophone() Request { return request(TypeRefusal, true, "x-vinteo-media-type", "0") }

// RefuseCamera tells it of the camera.
func RefuseCamera() Request { return request(TypeRefusal, true, "x-vinteo-media-type", "1") }

// Bitrate reports the available incoming bitrate, bit/s.
func Bitrate(bps float64) Request {
	return request(TypeStats, true, "x-webrtc-available-incoming-bitrate", formatNumber(bps))
}

// formatNumber writes a number as ECMAScript does (ECMA-262, Number::toString): servers know that form.
func formatNumber(n float64) string {
	if abs := math.Abs(n); n == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(n+0, 'f', -1, 64)
	}
	s := strconv.FormatFloat(n, 'e', -1, 64)
	return strings.NewReplacer("e+0", "e+", "e-0", "e-").Replace(s)
}

// EnterRoomRequest announces the room of a direct call (spec connector 1, "Direct peer-to-peer"). Initiator called.
func EnterRoomRequest(user, number string, initiator bool) Request {
	caller, callee := number, user
	if initiator {
		caller, callee = user, number
	}
	return request(TypeRoomName, true, "x-webrtc-enter-room", "p2p"+caller+"to"+callee,
		"x-webrtc-participant-name", number, "x-webrtc-is-direct-p2p", "true")
}

// Timing of DTMF tones (spec connector 7, protocol "DTMF").
const (
	ToneDuration = 120 * time.Millisecond
	ToneGap      = 600 * time.Millisecond
	TonePause    = 2 * time.Second // for a comma
)

// ErrTone is a tone that is none of 0-9, A-D, *, # and the comma.
var ErrTone = errors.New("dtmf: not a tone")

// CheckTones reports a character that is no tone.
func CheckTones(tones string) error {
	for _, tone := range tones {
		if !isTone(unicode.ToUpper(tone)) {
			return ErrTone
		}
	}
	return nil
}

func isTone(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'D' || r == '*' || r == '#' || r == ',' || r == 'R'
}

// SendTones sends tones one after another and returns when the last is sent. Each is reported by sent.
func SendTones(ctx context.Context, to Sender, tones string, sent func(tone string)) error {
	if err := CheckTones(tones); err != nil {
		return err
	}
	for i, r := range tones {
		if r == ',' {
			if err := wait(ctx, TonePause); err != nil {
				return err
			}
			continue
		}
		tone := string(unicode.ToUpper(r))
		body := "Signal=" + tone + "\r\nDuration=" + strconv.Itoa(int(ToneDuration.Milliseconds())) + "\r\n"
		if err := to.Info(ctx, TypeDTMF, []byte(body), nil, false); err != nil {
			return err
		}
		sent(tone)
		if i < len(tones)-1 {
			if err := wait(ctx, ToneDuration+ToneGap); err != nil {
				return err
			}
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ParseTone reads an INFO of application/dtmf-relay; empty when it names no tone.
func ParseTone(contentType string, body []byte) string {
	if mediaType(contentType) != TypeDTMF {
		return ""
	}
	const name = "Signal="
	for line := range strings.SplitSeq(string(body), "\n") {
		if len(line) > len(name) && strings.EqualFold(line[:len(name)], name) {
			tone := strings.TrimSpace(line[len(name):])
			if len(tone) == 1 && isTone(unicode.ToUpper(rune(tone[0]))) && tone != "," {
				return tone
			}
		}
	}
	return ""
}

// RoomFailed is the event of an enter-room request that failed.
func RoomFailed(err error) Event {
	return Event{"failed-send-room-direct-p2p", map[string]string{"error": err.Error()}}
}

// Waits let callers wait for the next event of a name. It belongs to one goroutine.
type Waits map[string][]func(data any)

// Next runs fn at the next event of that name, once.
func (w Waits) Next(name string, fn func(data any)) { w[name] = append(w[name], fn) }

// Deliver is told of every event.
func (w Waits) Deliver(event Event) {
	waiting := w[event.Name]
	delete(w, event.Name)
	for _, fn := range waiting {
		fn(event.Data)
	}
}

// ErrNotRun is a key that was not sent because sending was not wanted any more.
//
//lint:ignore ST1005 the text of the reference, which logs show
var ErrNotRun = errors.New("Promise was not running")

// SendKeys sends the keys of a dial pad one after another while wanted says so; a key that fails does not end the others.
// The results are in the keys' order, nil for a key that was sent.
func SendKeys(ctx context.Context, keys string, wanted func() bool, send func(key string) error) []error {
	var results []error
	for _, key := range keys {
		switch {
		case ctx.Err() != nil:
			results = append(results, ctx.Err())
		case !wanted():
			results = append(results, ErrNotRun)
		default:
			results = append(results, send(string(key)))
		}
	}
	return results
}
