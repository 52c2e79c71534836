package codec

import "strings"

// MaxPixels is the largest picture the video decoders take, in pixels: a few bytes from the network must not make them
// allocate without bound. It holds 5120×2880.
const MaxPixels = 16 << 20

// MaxSide is the largest width and height the video decoders take, in pixels.
const MaxSide = 8192

// IsKeyFrame tells whether an access unit of a codec (MIME subtype, any case) can be decoded without earlier ones. It
// looks at headers only; unknown codecs and broken headers give false. H264 is Annex B, AV1 is a temporal unit of OBUs
// with sizes.
func IsKeyFrame(name string, data []byte) bool {
	switch strings.ToUpper(name) {
	case "VP8":
		return vp8Key(data)
	case "VP9":
		h := parseVP9(data)
		return h.ok && h.key
	case "H264":
		return h264Has(data, nalIDR)
	case "AV1":
		return parseAV1(data).key
	}
	return false
}

// FrameSize reads the size in pixels that an access unit declares: key frames of VP8, frames of VP9 that carry a size,
// H264 with a sequence parameter set, AV1 with a sequence header (its largest size). It is 0, 0 where there is none.
func FrameSize(name string, data []byte) (width, height int) {
	switch strings.ToUpper(name) {
	case "VP8":
		return vp8Size(data)
	case "VP9":
		h := parseVP9(data)
		return h.width, h.height
	case "H264":
		return h264Size(data)
	case "AV1":
		h := parseAV1(data)
		return h.width, h.height
	}
	return 0, 0
}

// TooLarge tells whether an access unit declares a picture beyond MaxPixels or MaxSide.
func TooLarge(name string, data []byte) bool {
	w, h := FrameSize(name, data)
	return w > MaxSide || h > MaxSide || w*h > MaxPixels
}

// vp8Key: RFC 6386 9.1, the lowest bit of the frame tag is 0 for a key frame, which goes on with a start code.
func vp8Key(data []byte) bool {
	return len(data) >= 10 && data[0]&1 == 0 && data[3] == 0x9d && data[4] == 0x01 && data[5] == 0x2a
}

func vp8Size(data []byte) (width, height int) {
	if !vp8Key(data) {
		return 0, 0
	}
	return (int(data[7])<<8 | int(data[6])) & 0x3fff, (int(data[9])<<8 | int(data[8])) & 0x3fff
}
