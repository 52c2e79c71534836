package sip

import (
	"github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 12.
type dialog struct {
	callID    string
	localTag  string
	remoteTag string
	remote    sip.Uri // To of our requests
	target    sip.Uri // where our requests go
	routes    []sip.Uri
	localSeq  uint32
	remoteSeq uint32
	heard     bool // remoteSeq is set
}

// dialogFromResponse is the dialog that a response to our INVITE makes (RFC 3261 12.1.2).
func dialogFromResponse(invite *sip.Request, res *sip.Response) *dialog {
	d := &dialog{
		callID:    invite.CallID().Value(),
		localTag:  tagOf(invite.From().Params),
		remoteTag: tagOf(res.To().Params),
		remote:    *invite.To().Address.Clone(),
		target:    *invite.Recipient.Clone(),
		localSeq:  invite.CSeq().SeqNo,
	}
	d.refreshTarget(res)
	recorded := recordRoutes(res)
	for i := len(recorded) - 1; i >= 0; i-- {
		d.routes = append(d.routes, recorded[i])
	}
	return d
}

// dialogFromRequest is the dialog that an INVITE to us makes (RFC 3261 12.1.1).
func dialogFromRequest(invite *sip.Request, localTag string) *dialog {
	d := &dialog{
		callID:    invite.CallID().Value(),
		localTag:  localTag,
		remoteTag: tagOf(invite.From().Params),
		remote:    *invite.From().Address.Clone(),
		target:    *invite.From().Address.Clone(),
		routes:    recordRoutes(invite),
		remoteSeq: invite.CSeq().SeqNo,
		heard:     true,
	}
	d.refreshTarget(invite)
	return d
}

func recordRoutes(m interface{ GetHeaders(string) []sip.Header }) []sip.Uri {
	var routes []sip.Uri
	for _, h := range m.GetHeaders("record-route") {
		if route, ok := h.(*sip.RecordRouteHeader); ok && route.Address.Host != "" {
			routes = append(routes, *route.Address.Clone())
		}
	}
	return routes
}

// refreshTarget takes the Contact of a message as the new remote target (RFC 3261 12.2.1.2, 12.2.2).
func (d *dialog) refreshTarget(m interface {
	Contact() *sip.ContactHeader
}) {
	if contact := m.Contact(); contact != nil && !contact.Address.Wildcard && contact.Address.Host != "" {
		d.target = *contact.Address.Clone()
		d.target.Headers = nil
		d.target.UriParams.Remove("method")
	}
}

// inOrder checks and takes the CSeq of a request from the peer (RFC 3261 12.2.2).
func (d *dialog) inOrder(seq uint32) bool {
	if d.heard && seq < d.remoteSeq {
		return false
	}
	d.remoteSeq, d.heard = seq, true
	return true
}

// request builds a request within the dialog (RFC 3261 12.2.1.1) with the next CSeq.
func (a *agent) inDialog(d *dialog, method sip.RequestMethod) *sip.Request {
	d.localSeq++
	return a.inDialogSeq(d, method, d.localSeq)
}

func (a *agent) inDialogSeq(d *dialog, method sip.RequestMethod, seq uint32) *sip.Request {
	target, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") { // a strict router
		routes = append(append([]sip.Uri(nil), routes[1:]...), target)
		target = d.routes[0]
		target.UriParams = target.UriParams.Clone()
		target.UriParams.Remove("method")
	}
	req := a.newRequest(method, target, d.remote, d.callID, d.localTag, seq)
	if d.remoteTag != "" {
		req.To().Params.Add("tag", d.remoteTag)
	}
	for _, route := range routes {
		req.AppendHeader(&sip.RouteHeader{Address: *route.Clone()})
	}
	return req
}

// sendAck acknowledges a 2xx to an INVITE of ours (RFC 3261 13.2.2.4).
func (a *agent) sendAck(d *dialog, invite *sip.Request) {
	if a.socket == nil {
		return
	}
	ack := a.inDialogSeq(d, sip.ACK, invite.CSeq().SeqNo)
	copyCredentials(invite, ack)
	if a.config.UserAgent != "" {
		ack.AppendHeader(sip.NewHeader("User-Agent", a.config.UserAgent))
	}
	if err := a.socket.layer.Write(ack); err != nil {
		a.log.Debug("ACK not sent", "error", err)
	}
}

// maxFarewells is how many hang-ups wait for the next socket.
const maxFarewells = 16

// sendBye ends a dialog (RFC 3261 15.1.1). Without a socket it is sent over the next one, so that the peer does not wait
// for media in vain. result may be nil.
func (a *agent) sendBye(d *dialog, reason string, result func(error)) {
	if a.socket == nil && !a.leaving && len(a.farewells) < maxFarewells {
		a.farewells = append(a.farewells, d)
		if result != nil {
			result(nil)
		}
		return
	}
	a.start(&exchange{
		build: func() *sip.Request {
			req := a.inDialog(d, sip.BYE)
			if reason != "" {
				req.AppendHeader(sip.NewHeader("Reason", reason))
			}
			return req
		},
		final: func(res *sip.Response, err error) {
			if result != nil {
				result(responseError(sip.BYE, res, err))
			}
		},
	})
}
