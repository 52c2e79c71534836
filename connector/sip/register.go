package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

const (
	maxExpires  = 24 * time.Hour
	retryLowest = 30 * time.Second // after a refresh that failed for a while, a random time between this and twice this
)

// registration keeps our contact at the registrar (RFC 3261 10, RFC 5626, RFC 5627). The loop owns it; one REGISTER at a
// time (RFC 3261 10.2).
type registration struct {
	a      *agent
	callID string
	tag    string
	seq    uint32

	wanted     bool // keep registered
	registered bool
	expires    time.Duration
	publicGRUU *sip.Uri
	timer      *time.Timer

	pending bool
	removal bool          // the pending REGISTER unregisters
	waiting []func(error) // for the pending one
	next    []func()      // operations after it
}

// register registers or refreshes. result may be nil.
func (r *registration) register(result func(error)) {
	r.wanted = true
	if r.pending && !r.removal {
		r.wait(result)
		return
	}
	r.enqueue(func() { r.wait(result); r.send(r.expires, false) })
}

// unregister takes our contact back (RFC 3261 10.2.2).
func (r *registration) unregister(result func(error)) {
	r.wanted = false
	stopTimer(r.timer)
	if r.pending && r.removal {
		r.wait(result)
		return
	}
	r.enqueue(func() {
		if !r.registered || r.a.socket == nil {
			if result != nil {
				result(nil)
			}
			r.advance()
			return
		}
		r.wait(result)
		r.send(0, true)
	})
}

func (r *registration) wait(result func(error)) {
	if result != nil {
		r.waiting = append(r.waiting, result)
	}
}

func (r *registration) enqueue(operation func()) {
	if r.pending {
		r.next = append(r.next, operation)
		return
	}
	r.pending = true
	operation()
}

// advance runs the next operation.
func (r *registration) advance() {
	r.pending, r.removal = false, false
	if len(r.next) > 0 {
		operation := r.next[0]
		r.next = r.next[1:]
		r.pending = true
		operation()
	}
}

func (r *registration) send(expires time.Duration, removal bool) {
	r.pending, r.removal = true, removal
	r.a.start(&exchange{
		build: func() *sip.Request { return r.request(expires) },
		final: func(res *sip.Response, err error) { r.answered(expires, removal, res, err) },
	})
}

func (r *registration) request(expires time.Duration) *sip.Request {
	a := r.a
	r.seq++
	registrar := *a.own.Clone()
	registrar.User, registrar.Password = "", ""
	req := a.newRequest(sip.REGISTER, registrar, a.own, r.callID, r.tag, r.seq)
	seconds := strconv.Itoa(int(expires / time.Second))
	contact := "<" + a.contact.String() + ">;+sip.ice;reg-id=1"
	if a.config.InstanceID != "" {
		contact += `;+sip.instance="<urn:uuid:` + a.config.InstanceID + `>"`
	}
	req.AppendHeader(sip.NewHeader("Contact", contact+";expires="+seconds))
	req.AppendHeader(sip.NewHeader("Expires", seconds))
	for _, h := range a.config.ExtraHeaders {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	req.AppendHeader(sip.NewHeader("Supported", "path,gruu,outbound"))
	return req
}

func (r *registration) answered(asked time.Duration, removal bool, res *sip.Response, err error) {
	failure := responseError(sip.REGISTER, res, err)
	switch {
	case removal:
		r.publicGRUU = nil
		r.setRegistered(false) // whatever the answer: we are leaving
	case failure == nil:
		r.accept(asked, res)
	case res != nil && res.StatusCode == sip.StatusIntervalToBrief && r.longer(asked, res):
		r.send(r.expires, false)
		return
	default:
		r.failed(failure.(*signal.ResponseError))
	}
	waiting := r.waiting
	r.waiting = nil
	for _, result := range waiting {
		result(failure)
	}
	r.advance()
}

// longer takes the Min-Expires of a 423 (RFC 3261 10.2.8).
func (r *registration) longer(asked time.Duration, res *sip.Response) bool {
	seconds, err := strconv.ParseUint(headerValue(res, "min-expires"), 10, 31)
	least := time.Duration(seconds) * time.Second
	if err != nil || least <= asked || least > maxExpires {
		return false
	}
	r.expires = least
	return true
}

func (r *registration) accept(asked time.Duration, res *sip.Response) {
	expires := r.granted(asked, res)
	if expires <= 0 {
		r.failed(&signal.ResponseError{Method: "REGISTER", StatusCode: res.StatusCode,
			Reason: "our contact is not registered", Cause: signal.CauseSIPFailure})
		return
	}
	r.setRegistered(true)
	// At a random moment of the second half, with a tenth left for a lost answer.
	half := expires / 2
	r.schedule(half + rand.N(half*4/5+1))
}

func (r *registration) schedule(d time.Duration) {
	stopTimer(r.timer)
	r.timer = r.a.after(max(d, time.Second), func() {
		if r.wanted && r.a.socket != nil {
			r.register(nil)
		}
	})
}

// granted is for how long the registrar keeps our contact: its own expires parameter, else the Expires header, else what
// was asked (RFC 3261 10.2.4). The public GRUU comes with it (RFC 5627 5.3).
func (r *registration) granted(asked time.Duration, res *sip.Response) time.Duration {
	expires := headerValue(res, "expires")
	for _, h := range res.GetHeaders("contact") {
		contact, ok := h.(*sip.ContactHeader)
		if !ok || !r.ours(contact) {
			continue
		}
		if own, ok := contact.Params.Get("expires"); ok {
			expires = own
		}
		r.publicGRUU = nil
		if text, ok := contact.Params.Get("pub-gruu"); ok {
			var uri sip.Uri
			if sip.ParseUri(strings.Trim(text, `"`), &uri) == nil && uri.Host != "" {
				r.publicGRUU = &uri
			}
		}
		break
	}
	seconds, err := strconv.ParseUint(expires, 10, 31)
	if err != nil {
		return asked
	}
	return min(time.Duration(seconds)*time.Second, maxExpires)
}

func (r *registration) ours(contact *sip.ContactHeader) bool {
	return contact.Address.User == r.a.contact.User && strings.EqualFold(contact.Address.Host, r.a.contact.Host)
}

// failed tells about a failure of the server's. One that came with the loss of the socket is told by OnDisconnected. A
// refresh that fails for a reason that may pass is tried again.
func (r *registration) failed(failure *signal.ResponseError) {
	was := r.registered
	if failure.Cause == signal.CauseConnection && failure.Err != nil {
		return
	}
	r.a.log.Warn("registration failed", "code", failure.StatusCode, "reason", failure.Reason)
	r.a.notify(func(h *signal.Handler) {
		if h.OnRegistrationFailed != nil {
			h.OnRegistrationFailed(failure)
		}
	})
	r.setRegistered(false)
	if passing := failure.StatusCode == 408 || failure.StatusCode >= 500 && failure.StatusCode < 600; was && passing && r.wanted {
		r.schedule(max(failure.RetryAfter, retryLowest+rand.N(retryLowest)))
	}
}

// lost is the end of the socket: the registrar's flow to us is gone.
func (r *registration) lost() {
	stopTimer(r.timer)
	r.setRegistered(false)
}

func (r *registration) setRegistered(on bool) {
	if r.registered == on {
		return
	}
	r.registered = on
	if !on {
		stopTimer(r.timer)
	}
	r.a.notify(func(h *signal.Handler) {
		switch {
		case on && h.OnRegistered != nil:
			h.OnRegistered()
		case !on && h.OnUnregistered != nil:
			h.OnUnregistered()
		}
	})
}

// dialogContact is the Contact of our dialogs: the public GRUU, else our contact with the mark of RFC 5626 4.3.
func (a *agent) dialogContact() *sip.ContactHeader {
	if a.registration.publicGRUU != nil {
		return &sip.ContactHeader{Address: *a.registration.publicGRUU.Clone()}
	}
	contact := a.contact.Clone()
	contact.UriParams.Add("ob", "")
	return &sip.ContactHeader{Address: *contact}
}
