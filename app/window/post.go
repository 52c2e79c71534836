package window

import "context"

// maxPosted is how many notifications wait while the desktop does not take them; more are left out, for they are of the moment.
const maxPosted = 8

// note is a notification.
type note struct {
	title, content string // no title: nothing takes the place of the one before
	// rings: of a call that rings. There is one at most: it stays until another note of this kind takes its place.
	rings bool
}

// post hands notes to the desktop, one after the other: it may take its time, or never answer.
type post struct {
	deliver func(context.Context, note) // waits for the desktop, as long as the context does
	queue   chan note
}

func newPost(deliver func(context.Context, note)) *post {
	return &post{deliver: deliver, queue: make(chan note, maxPosted)}
}

// send returns at once; false: it is left out.
func (p *post) send(n note) bool {
	select {
	case p.queue <- n:
		return true
	default:
		return false
	}
}

// run delivers until ctx ends, and has no call ring on the desktop then.
func (p *post) run(ctx context.Context) { each(ctx, p.queue, p.deliver, note{rings: true}) }
