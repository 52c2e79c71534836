//go:build !(((linux || windows || freebsd || openbsd || netbsd) && (amd64 || 386) && !gles) || darwin)

package window

import "image"

// glRenderer cannot be asked where Fyne draws with OpenGL ES; pictures are then scaled on the CPU unless chosen otherwise.
func glRenderer() string { return "" }

// glPixels cannot be read here.
func glPixels(int, int) *image.RGBA { return nil }
