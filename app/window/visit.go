package window

import (
	"context"

	"parley/app/link"
	"parley/views"
)

// visits takes what later starts of the program hand over, until the window ends.
func (w *Window) visits() {
	w.inBackground(func(ctx context.Context) {
		if w.options.Link != "" {
			w.visited(w.options.Link)
		}
		for {
			select {
			case text := <-w.options.Visits:
				w.visited(text)
			case <-ctx.Done():
				return
			}
		}
	})
}

// visited brings the window to the front and opens the link. It comes from another process, so it is read anew here.
func (w *Window) visited(text string) {
	opened, err := link.Parse(text)
	w.do(func() {
		w.front()
		switch {
		case text == "":
		case err != nil:
			w.root.Tell(views.Describe(views.OpLink, "", err))
		default:
			w.root.OpenLink(views.CallLink{Server: opened.Server, Number: opened.Number})
		}
	})
}

// front shows the window and asks for the focus.
func (w *Window) front() {
	w.window.Show()
	w.window.RequestFocus()
}
