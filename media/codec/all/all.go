// Package all imports every codec adapter this build has, so that they are registered.
package all

import (
	_ "parley/media/codec/aom"
	_ "parley/media/codec/dav1d"
	_ "parley/media/codec/g711"
	_ "parley/media/codec/g722"
	_ "parley/media/codec/internal/malloc" // before any codec takes memory
	_ "parley/media/codec/openh264"
	_ "parley/media/codec/opus"
	_ "parley/media/codec/vpx"
)
