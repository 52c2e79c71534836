package stats

import "math"

// minPackets of the main video before missing frames mean anything.
const minPackets = 500

// bitrateChange of the available incoming bitrate that is worth a report.
const bitrateChange = 0.25

// Sample is what one collection says of what arrives.
type Sample struct {
	HasVideo                      bool // the main video has an inbound-rtp entry
	Packets, Bytes                uint64
	FramesReceived, FramesDecoded uint64
	Bitrate                       *float64 // availableIncomingBitrate, bit/s; nil when not told
}

// Flags are derived from the last two samples (spec connector 8).
type Flags struct {
	NoTraffic     bool // 0 packets and 0 bytes
	Stalled       bool // had traffic, neither counter moved
	InvalidFrames bool // packets grow, frames received or decoded stand still
	Bitrate       *float64
	BitrateJumped bool // changed by a quarter or more
}

// Deriver keeps the sample before.
type Deriver struct {
	previous *Sample
	flags    Flags
}

// Flags of the newest sample.
func (d *Deriver) Flags() Flags { return d.flags }

// Reset forgets: the next sample has none before it.
func (d *Deriver) Reset() { d.previous, d.flags = nil, Flags{} }

// Add derives the flags of a new sample.
func (d *Deriver) Add(s Sample) Flags {
	f := Flags{Bitrate: s.Bitrate}
	before := d.previous
	if s.HasVideo {
		f.NoTraffic = s.Packets == 0 && s.Bytes == 0
		f.Stalled = stalled(before, s)
		f.InvalidFrames = invalidFrames(before, s)
	}
	if before != nil && before.Bitrate != nil && s.Bitrate != nil {
		f.BitrateJumped = math.Abs(*s.Bitrate-*before.Bitrate)/(*before.Bitrate) >= bitrateChange
	}
	d.previous, d.flags = &s, f
	return f
}

func stalled(before *Sample, s Sample) bool {
	return before != nil && before.HasVideo && (before.Packets > 0 || before.Bytes > 0) &&
		s.Packets == before.Packets && s.Bytes == before.Bytes
}

func invalidFrames(before *Sample, s Sample) bool {
	if s.Packets < minPackets || before != nil && before.HasVideo && s.Packets <= before.Packets {
		return false
	}
	still := func(now, then uint64) bool { return now == 0 || before != nil && before.HasVideo && now == then }
	if before == nil {
		return s.FramesReceived == 0 || s.FramesDecoded == 0
	}
	return still(s.FramesReceived, before.FramesReceived) || still(s.FramesDecoded, before.FramesDecoded)
}
