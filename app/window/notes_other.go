//go:build !linux && !freebsd && !openbsd && !netbsd

package window

import (
	"context"

	"fyne.io/fyne/v2"
)

// newBoard shows notes as Fyne does: the system takes them away by itself, and they cannot be withdrawn.
func newBoard(_ context.Context, plain func(*fyne.Notification), _ boardWords, _ func()) (show func(context.Context, note)) {
	return func(_ context.Context, n note) {
		if n.title != "" {
			plain(fyne.NewNotification(n.title, n.content))
		}
	}
}
