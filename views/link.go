package views

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"

	"parley/views/text"
	"parley/views/widget"
)

// CallLink is what a link from outside asks for. It was checked, and is still somebody else's wish: nothing happens before
// the person has agreed.
type CallLink struct {
	Server string // host[:port]
	Number string // "" asks to connect only
}

// OpenLink asks what to do about a link, or says why it has to wait.
func (r *Root) OpenLink(l CallLink) {
	switch {
	case inCall(r.model.Snapshot):
		r.Tell(widget.Notice{Level: widget.Info, Title: text.T("link.inCall", text.D{"Number": shorten(l.Number), "Server": shorten(l.Server)})})
	case r.model.SignedIn && sameServer(l.Server, r.model.Account.Server):
		r.askToCall(l)
	default:
		r.askToSignIn(l)
	}
}

// sameServer compares hosts and ports as people write them.
func sameServer(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, ":443"), strings.TrimSuffix(b, ":443"))
}

// known tells whether the person has been connected to a server before.
func (r *Root) known(server string) bool {
	return slices.ContainsFunc(append(slices.Clone(r.model.Servers), r.model.Account.Server), func(s string) bool { return sameServer(s, server) })
}

func (r *Root) askToCall(l CallLink) {
	if l.Number == "" {
		return // connected already
	}
	r.askLink(l, question{
		title: text.T("link.call", text.D{"Number": shorten(l.Number)}), yes: text.T("link.call.yes"), no: text.T("common.cancel"),
		body: muted(text.T("link.call.text", text.D{"Server": shorten(l.Server)})),
		answer: func(yes bool) {
			if !yes {
				return
			}
			r.CloseSettings()
			r.SetNumber(l.Number)
			r.env.run(func(ctx context.Context) error { return r.env.Actions.Dial(ctx, l.Number, true) }, func(err error) {
				r.Tell(Describe(OpCall, shorten(l.Number), err))
			})
		},
	})
}

// askLink asks about a link in place of the one before: a page that opens many covers the window with one question. When the
// screen goes, what was asked may be wrong: it is asked anew, or said that it has to wait.
func (r *Root) askLink(l CallLink, q question) {
	if r.linkAsked != nil {
		r.linkAsked()
	}
	answer := q.answer
	q.answer = func(yes bool) {
		r.linkAsked = nil
		answer(yes)
	}
	q.gone = func() {
		r.linkAsked = nil
		r.OpenLink(l)
	}
	dismiss := r.env.ask(q)
	r.linkAsked = func() {
		r.linkAsked = nil
		dismiss()
	}
}

// askToSignIn goes to the sign in screen with the link's server filled in; the number waits on the next screen.
func (r *Root) askToSignIn(l CallLink) {
	body := container.NewVBox()
	if !r.known(l.Server) {
		body.Add(muted(text.T("link.unknown", text.D{"Server": shorten(l.Server)})))
	}
	if r.model.SignedIn {
		body.Add(muted(text.T("link.signOut", text.D{"Server": shorten(r.model.Account.Server)})))
	}
	if len(body.Objects) == 0 {
		r.fillSignIn(l)
		return
	}
	r.askLink(l, question{
		title: text.T("link.connect", text.D{"Server": shorten(l.Server)}), yes: text.T("link.connect.yes"), no: text.T("common.cancel"),
		body: body,
		answer: func(yes bool) {
			switch {
			case !yes:
			case r.model.SignedIn:
				r.env.run(r.env.Actions.Disconnect, func(err error) {
					r.fillSignIn(l)
					r.Tell(Describe(OpConnect, r.model.Account.Server, err))
				})
			default:
				r.fillSignIn(l)
			}
		},
	})
}

// fillSignIn fills the sign in screen. A password that was typed for another server is not carried over. An attempt to sign
// in elsewhere goes on.
func (r *Root) fillSignIn(l CallLink) {
	r.env.clear() // what is asked about the server before
	if !sameServer(r.form.Server, l.Server) {
		r.form.Password = ""
	}
	r.form.Server, r.greeted = l.Server, true
	r.SetNumber(l.Number)
	r.CloseSettings()
	if !r.model.SignedIn {
		r.linkFilled = &l
	}
	if r.screen == ScreenSignIn {
		r.signIn.refill()
		r.Rebuild()
	}
}

// heedLink looks after a link that waits on the sign in screen: when an attempt that ran already has signed in elsewhere,
// its number is not this server's, and it is asked about anew.
func (r *Root) heedLink() {
	if r.linkFilled == nil || !r.model.SignedIn {
		return
	}
	l := *r.linkFilled
	r.linkFilled = nil
	if sameServer(r.form.Server, l.Server) && !sameServer(r.model.Account.Server, l.Server) {
		r.SetNumber("")
		r.OpenLink(l)
	}
}
