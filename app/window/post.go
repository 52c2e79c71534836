package window

import (
	"context"

	"fyne.io/fyne/v2"
)

// maxPosted is how many notifications wait while the desktop does not take them; more are left out, for they are of the moment.
const maxPosted = 8

// post hands notifications to the desktop, one after the other: it may take its time, or never answer.
type post struct {
	deliver func(*fyne.Notification) // waits for the desktop
	queue   chan *fyne.Notification
}

func newPost(deliver func(*fyne.Notification)) *post {
	return &post{deliver: deliver, queue: make(chan *fyne.Notification, maxPosted)}
}

// send returns at once; false: it is left out.
func (p *post) send(note *fyne.Notification) bool {
	select {
	case p.queue <- note:
		return true
	default:
		return false
	}
}

// run delivers until ctx ends. It does not wait for a desktop that hangs then.
func (p *post) run(ctx context.Context) {
	for {
		select {
		case note := <-p.queue:
			taken := make(chan struct{})
			go func() {
				defer close(taken)
				p.deliver(note)
			}()
			select {
			case <-taken:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
