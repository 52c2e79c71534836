package sip

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

const (
	defaultSessionExpires = 90 // seconds; also the least that RFC 4028 4 allows
	maxSessionExpires     = 24 * 60 * 60
)

// sessionTimers refresh the session or notice that the peer has gone (RFC 4028). They do nothing unless configured.
type sessionTimers struct {
	s         *session
	asked     uint32 // what we ask for, seconds; raised by a 422
	least     uint32 // Min-SE of the peer
	expires   uint32 // what was agreed, 0: no timer
	refresher bool   // we refresh
	timer     *time.Timer
}

func (t *sessionTimers) enabled() bool { return t.s.a.config.SessionTimers }

// ask puts our wish into an INVITE.
func (t *sessionTimers) ask(req *sip.Request) {
	if !t.enabled() {
		return
	}
	if t.asked == 0 {
		t.asked = defaultSessionExpires
	}
	req.AppendHeader(sip.NewHeader("Session-Expires", strconv.Itoa(int(t.asked))))
	if t.least > 0 {
		req.AppendHeader(sip.NewHeader("Min-SE", strconv.Itoa(int(t.least))))
	}
}

// raise takes the Min-SE of a 422; once.
func (t *sessionTimers) raise(res *sip.Response) bool {
	least, err := strconv.ParseUint(headerValue(res, "min-se"), 10, 32)
	if !t.enabled() || err != nil || uint32(least) <= t.asked || least > maxSessionExpires {
		return false
	}
	t.asked, t.least = uint32(least), uint32(least)
	return true
}

// refresh puts the agreement into a re-INVITE or UPDATE of ours.
func (t *sessionTimers) refresh(req *sip.Request) {
	if !t.enabled() {
		return
	}
	expires := max(t.expires, defaultSessionExpires)
	role := "uas"
	if t.refresher || t.expires == 0 {
		role = "uac"
	}
	req.AppendHeader(sip.NewHeader("Session-Expires", strconv.Itoa(int(expires))+";refresher="+role))
}

// answered takes the agreement from a 2xx to a request of ours. Without one the peer has no timers; we refresh.
func (t *sessionTimers) answered(res *sip.Response) {
	if !t.enabled() {
		return
	}
	expires, refresher := parseSessionExpires(res)
	t.expires, t.refresher = max(expires, defaultSessionExpires), refresher != "uas"
	t.run()
}

// agree takes the agreement from a request of the peer's and gives the headers of our 2xx.
func (t *sessionTimers) agree(req *sip.Request) []sip.Header {
	if !t.enabled() {
		return nil
	}
	expires, refresher := parseSessionExpires(req)
	peerCan := false
	for _, extension := range headerTokens(req, "supported") {
		peerCan = peerCan || extension == "timer"
	}
	if expires == 0 && !peerCan {
		// The peer has no timers: we refresh alone, and say nothing of it.
		t.expires, t.refresher = defaultSessionExpires, true
		return nil
	}
	if refresher == "" {
		refresher = "uac"
	}
	t.expires, t.refresher = max(expires, defaultSessionExpires), refresher == "uas"
	headers := []sip.Header{sip.NewHeader("Session-Expires", strconv.Itoa(int(t.expires))+";refresher="+refresher)}
	if refresher == "uac" && peerCan {
		headers = append(headers, sip.NewHeader("Require", "timer"))
	}
	return headers
}

// run starts the clock anew: half the time when we refresh, else until a third, but at most 32 s, before the end
// (RFC 4028 10).
func (t *sessionTimers) run() {
	stopTimer(t.timer)
	if !t.enabled() || t.expires == 0 || t.s.phase != confirmed {
		return
	}
	d := time.Duration(t.expires) * time.Second
	if t.refresher {
		t.arm(d/2, t.send)
		return
	}
	t.arm(d-min(32*time.Second, d/3), t.expired)
}

// arm replaces the clock that runs: two of them would refresh twice, or end a call that was refreshed.
func (t *sessionTimers) arm(d time.Duration, then func()) {
	stopTimer(t.timer)
	var own *time.Timer
	own = t.s.a.after(d, func() {
		if t.timer == own { // else replaced when it had run out already
			then()
		}
	})
	t.timer = own
}

// send refreshes by an UPDATE without SDP (RFC 4028 7.4), or where the peer knows none asks the application for a
// re-INVITE, which carries an offer.
func (t *sessionTimers) send() {
	s := t.s
	if s.phase != confirmed {
		return
	}
	if s.noUpdate {
		t.arm(t.quarter(), t.send) // the answer to the re-INVITE starts the clock anew
		s.notify(func(h *signal.SessionHandler) {
			if h.OnRefresh != nil {
				h.OnRefresh()
			}
		})
		return
	}
	s.offers.add(&ourOffer{method: sip.UPDATE, result: func(_ string, err error) {
		if err == nil || s.phase != confirmed || !t.refresher { // the peer may have taken it over meanwhile
			return
		}
		// A refresh that fails ends nothing by itself; the next one comes in the half that is left of the half.
		var failure *signal.ResponseError
		if errors.As(err, &failure) {
			s.a.log.Info("session refresh failed", "call", s.id, "code", failure.StatusCode)
		}
		if s.noUpdate { // it has just said so
			t.send()
			return
		}
		t.arm(t.quarter(), t.send)
	}})
}

// quarter of the agreed time: when a refresh that had no effect is tried again.
func (t *sessionTimers) quarter() time.Duration { return time.Duration(t.expires) * time.Second / 4 }

func (t *sessionTimers) expired() {
	s := t.s
	if s.phase != confirmed {
		return
	}
	s.finish(signal.End{Originator: signal.Local, Cause: signal.CauseRequestTimeout, StatusCode: 408,
		Reason: "Session Timer Expired"})
	s.a.sendBye(s.dialog, reasonHeader(408, "Session Timer Expired"), nil)
}

func (t *sessionTimers) stop() { stopTimer(t.timer) }

func parseSessionExpires(m interface{ GetHeader(string) sip.Header }) (seconds uint32, refresher string) {
	value := headerValue(m, "session-expires")
	if value == "" {
		value = headerValue(m, "x") // its compact form
	}
	parts := strings.Split(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(parts[0]), 10, 32)
	if err != nil || n > maxSessionExpires {
		return 0, ""
	}
	for _, part := range parts[1:] {
		key, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return uint32(n), refresher
}
