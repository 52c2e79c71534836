package balancer

// The commands of the server for our camera (protocol, INFO maincam).
const (
	Pause         = "PAUSEMAINCAM"
	Resume        = "RESUMEMAINCAM"
	MaxResolution = "MAXMAINCAMRESOLUTION"
)

// pauseScale makes a paused picture as good as nothing.
const pauseScale = 200

// Command is the server's word; the zero value is none.
type Command struct {
	Name       string
	Resolution string // "WxH", for MaxResolution; empty is none
}

// Valid tells whether the command can be followed: a resolution must be one.
func (c Command) Valid() bool {
	if c.Name != MaxResolution || c.Resolution == "" {
		return true
	}
	_, ok := ParseResolution(c.Resolution)
	return ok
}

// Decide is what a track is sent with under a command: how far scaled down, and the bitrate limit. Limit is
// maxAvailableResolution, nil when there is none.
func Decide(track Size, codec string, limit *Size, command Command) Encoding {
	scale, bitrate := 1.0, HighestBitrate(codec)
	switch command.Name {
	case Pause:
		scale, bitrate = pauseScale, LowestBitrate(codec)
		return Encoding{MaxBitrate: &bitrate, ScaleDown: &scale}
	case MaxResolution:
		if target, ok := ParseResolution(command.Resolution); ok {
			scale, bitrate = ScaleDown(track, target), MaxBitrate(target.Width, codec)
			return Encoding{MaxBitrate: &bitrate, ScaleDown: &scale}
		}
	}
	if limit != nil {
		scale = ScaleDown(track, *limit)
	}
	if track.Width > 0 {
		bitrate = MaxBitrate(track.Width/scale, codec)
	}
	return Encoding{MaxBitrate: &bitrate, ScaleDown: &scale}
}
