// Package registrar keeps who is reachable where: it answers REGISTER (RFC 3261 10) with digest authentication, expiry,
// several contacts a user, and the minimum of outbound (RFC 5626) and GRUU (RFC 5627) that WebSocket clients need. A
// binding belongs to the connection it came over and ends with it.
package registrar

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	defaultExpires = 300 * time.Second
	maxExpires     = 3600 * time.Second
	maxContacts    = 10 // a user
)

// Flow is the connection a binding came over.
type Flow interface{ comparable }

// Binding is one contact of a user.
type Binding[F Flow] struct {
	User     string // canonical
	Contact  sip.Uri
	Instance string // urn of +sip.instance, empty without
	Flow     F
	Expires  time.Time

	regID  string
	callID string
	cseq   uint32
}

// Registrar is safe for concurrent use.
type Registrar[F Flow] struct {
	min time.Duration
	now func() time.Time

	mu       sync.Mutex
	bindings map[string][]*Binding[F]
}

// New makes a registrar that refuses (423) to expire bindings earlier than min.
func New[F Flow](min time.Duration) *Registrar[F] {
	return &Registrar[F]{min: min, now: time.Now, bindings: map[string][]*Binding[F]{}}
}

// Canonical is the form in which users are compared: without escapes and case, so that nobody passes for another by
// spelling his name differently.
func Canonical(user string) string {
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return strings.ToLower(user)
}

// Lookup gives the live bindings of a user, newest first. instance, when not empty, asks for that one only (GRUU).
func (r *Registrar[F]) Lookup(user, instance string) []Binding[F] {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Binding[F]
	for _, b := range r.bindings[Canonical(user)] {
		if b.Expires.After(r.now()) && (instance == "" || b.Instance == instance) {
			list = append(list, *b)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Expires.After(list[j].Expires) })
	return list
}

// RemoveFlow forgets the bindings of a connection and returns the users that had some.
func (r *Registrar[F]) RemoveFlow(flow F) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var users []string
	for user, list := range r.bindings {
		kept := list[:0]
		for _, b := range list {
			if b.Flow != flow {
				kept = append(kept, b)
			}
		}
		if len(kept) < len(list) {
			users = append(users, user)
		}
		r.store(user, kept)
	}
	return users
}

// Expire forgets what is over and returns the users that have no binding left.
func (r *Registrar[F]) Expire() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var users []string
	for user, list := range r.bindings {
		r.store(user, r.live(list))
		if len(r.bindings[user]) == 0 {
			users = append(users, user)
		}
	}
	return users
}

func (r *Registrar[F]) live(list []*Binding[F]) []*Binding[F] {
	var kept []*Binding[F]
	for _, b := range list {
		if b.Expires.After(r.now()) {
			kept = append(kept, b)
		}
	}
	return kept
}

func (r *Registrar[F]) store(user string, list []*Binding[F]) {
	if len(list) == 0 {
		delete(r.bindings, user)
		return
	}
	r.bindings[user] = list
}

// Register carries out a REGISTER that has been authenticated, and returns its response.
func (r *Registrar[F]) Register(req *sip.Request, flow F) *sip.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	user := Canonical(req.To().Address.User)
	list := r.live(r.bindings[user])
	for _, h := range req.GetHeaders("contact") {
		contact, ok := h.(*sip.ContactHeader)
		if !ok {
			return sip.NewResponseFromRequest(req, sip.StatusBadRequest, "Bad Contact", nil)
		}
		expires, ok := expiry(req, contact)
		switch {
		case contact.Address.Wildcard:
			if !ok || expires != 0 {
				return sip.NewResponseFromRequest(req, sip.StatusBadRequest, "Bad Wildcard", nil)
			}
			list = nil
			continue
		case expires > 0 && expires < r.min:
			res := sip.NewResponseFromRequest(req, sip.StatusIntervalToBrief, "Interval Too Brief", nil)
			res.AppendHeader(sip.NewHeader("Min-Expires", strconv.Itoa(int(r.min.Seconds()))))
			return res
		}
		b := r.binding(req, contact, user, flow, min(expires, maxExpires))
		next, fresh := replace(list, b, expires == 0)
		if !fresh {
			return sip.NewResponseFromRequest(req, sip.StatusInternalServerError, "Out of Order", nil)
		}
		list = next
	}
	if len(list) > maxContacts {
		list = list[len(list)-maxContacts:]
	}
	r.store(user, list)
	return r.accepted(req, list)
}

func (r *Registrar[F]) binding(req *sip.Request, c *sip.ContactHeader, user string, flow F,
	expires time.Duration) *Binding[F] {
	b := &Binding[F]{
		User: user, Contact: *c.Address.Clone(), Flow: flow, Expires: r.now().Add(expires),
		callID: req.CallID().Value(), cseq: req.CSeq().SeqNo,
	}
	if instance, ok := c.Params.Get("+sip.instance"); ok {
		b.Instance = strings.Trim(instance, `"<>`)
	}
	b.regID, _ = c.Params.Get("reg-id")
	return b
}

// replace puts b into list in place of the binding of the same client, or removes that. fresh is false when b is older
// than what is there (RFC 3261 10.3 step 7).
func replace[F Flow](list []*Binding[F], b *Binding[F], remove bool) (next []*Binding[F], fresh bool) {
	for _, have := range list {
		same := have.Contact.Addr() == b.Contact.Addr()
		if b.Instance != "" && have.Instance != "" {
			same = have.Instance == b.Instance && have.regID == b.regID
		}
		if !same {
			next = append(next, have)
			continue
		}
		if have.callID == b.callID && b.cseq <= have.cseq {
			return list, false
		}
	}
	if !remove {
		next = append(next, b)
	}
	return next, true
}

// accepted is the 200 with all contacts.
func (r *Registrar[F]) accepted(req *sip.Request, list []*Binding[F]) *sip.Response {
	res := sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)
	supported := optionTags(req, "supported")
	outbound := false
	for _, b := range list {
		value := fmt.Sprintf("<%s>;expires=%d", b.Contact.String(), int(b.Expires.Sub(r.now()).Round(time.Second).Seconds()))
		if b.Instance != "" {
			value += fmt.Sprintf(`;+sip.instance="<%s>"`, b.Instance)
			if supported["gruu"] {
				value += fmt.Sprintf(`;pub-gruu="%s"`, gruu(req.To().Address, b.Instance))
			}
		}
		if b.regID != "" {
			value += ";reg-id=" + b.regID
			outbound = outbound || supported["outbound"] && b.Instance != ""
		}
		res.AppendHeader(sip.NewHeader("Contact", value))
	}
	if outbound {
		res.AppendHeader(sip.NewHeader("Require", "outbound"))
	}
	res.AppendHeader(sip.NewHeader("Supported", "path, outbound, gruu"))
	return res
}

// gruu is the public GRUU (RFC 5627 3): the address of record with the instance.
func gruu(aor sip.Uri, instance string) string {
	uri := sip.Uri{Scheme: "sip", User: aor.User, Host: aor.Host, Port: aor.Port}
	return uri.String() + ";gr=" + instance
}

func optionTags(req *sip.Request, header string) map[string]bool {
	tags := map[string]bool{}
	for _, h := range req.GetHeaders(header) {
		for _, tag := range strings.Split(h.Value(), ",") {
			tags[strings.ToLower(strings.TrimSpace(tag))] = true
		}
	}
	return tags
}

// expiry reads the contact's own expiry, else the Expires header, else the default; ok is false for the default.
func expiry(req *sip.Request, c *sip.ContactHeader) (time.Duration, bool) {
	text, ok := c.Params.Get("expires")
	if !ok {
		h := req.GetHeader("expires")
		if h == nil {
			return defaultExpires, false
		}
		text = h.Value()
	}
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return defaultExpires, false
	}
	return time.Duration(seconds) * time.Second, true
}
