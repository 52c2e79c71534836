package forward

import (
	"github.com/pion/rtp/codecs"

	"parley/media/codec"
)

// pictureSize reads the size in pixels that the payload of one packet declares: the first of a VP8 or VP9 key frame, H264's
// sequence parameter set, AV1's sequence header. 0, 0 in all others.
func pictureSize(name string, payload []byte) (width, height int) {
	if !startsKeyFrame(name, payload) {
		return 0, 0
	}
	switch name {
	case "VP8":
		d, _ := describeVP8(payload)
		return codec.FrameSize(name, payload[d.size:])
	case "VP9":
		var packet codecs.VP9Packet
		frame, err := packet.Unmarshal(payload)
		switch {
		case err != nil:
			return 0, 0
		case packet.V && packet.Y && len(packet.Width) > 0: // the scalability structure says it: its largest layer
			last := len(packet.Width) - 1
			return int(packet.Width[last]), int(packet.Height[last])
		}
		return codec.FrameSize(name, frame)
	case "H264":
		var packet codecs.H264Packet
		if stream, err := packet.Unmarshal(payload); err == nil {
			return codec.FrameSize(name, stream)
		}
	case "AV1":
		return codec.FrameSize(name, firstAV1(payload))
	}
	return 0, 0
}
