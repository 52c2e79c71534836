//go:build !linux && !windows && !darwin && !freebsd && !openbsd && !netbsd

package window

import "fyne.io/fyne/v2"

// workAreas cannot be told here.
func workAreas() []fyne.Size { return nil }
