package views

import "time"

// Quality of the connection in a call, with the figures behind it. The zero value is not known yet.
type Quality struct {
	Level QualityLevel
	// RoundTrip to the other side; negative when not known. Lost is the received packets that were lost, 0 to 1.
	RoundTrip time.Duration
	Lost      float64
	// Bit rates, bit/s, over the last seconds; sizes and frame rates as they are now.
	SendRate, ReceiveRate     float64
	SendSize, ReceiveSize     [2]int // width, height of the main video, pixels
	SendFrames, ReceiveFrames float64
	SendCodec, ReceiveCodec   string
	Freezes                   uint64 // of the main video, since the beginning of the call
}

// QualityLevel is one of three, or not known.
type QualityLevel int

// The levels.
const (
	QualityUnknown QualityLevel = iota
	QualityPoor
	QualityFair
	QualityGood
)

// The thresholds: good is below both of the lower ones, poor above either of the upper ones, fair between.
const (
	goodRoundTrip, poorRoundTrip = 200 * time.Millisecond, 500 * time.Millisecond
	goodLoss, poorLoss           = 0.02, 0.05
)

// Rate the connection: round trip (negative: not known) and received loss, 0 to 1.
func Rate(roundTrip time.Duration, lost float64) QualityLevel {
	switch {
	case roundTrip > poorRoundTrip || lost > poorLoss:
		return QualityPoor
	case roundTrip < goodRoundTrip && lost < goodLoss:
		return QualityGood
	}
	return QualityFair
}
