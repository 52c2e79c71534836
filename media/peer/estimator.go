package peer

import (
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
)

// Bounds of the estimate, bit/s. The upper one is above the sum of what we ever send (4K camera, presentation, sound);
// without one the estimator grows for ever while little is sent.
const (
	initialBitrate = 1_000_000
	minBitrate     = 50_000
	maxBitrate     = 6_000_000
)

// estimator says how much may be sent: Google congestion control where the peer reports arrival times, else the loss in
// its receiver reports; the peer's REMB caps both. It implements cc.BandwidthEstimator.
type estimator struct {
	*gcc.SendSideBWE
	pacer *pacer

	mu       sync.Mutex
	feedback bool // arrival times have been reported
	remb     float64
	rembAt   time.Time
	byLoss   float64
	governor governor
	lossAt   time.Time
}

func newEstimator(loggers logging.LoggerFactory) (*estimator, error) {
	p := newPacer(initialBitrate)
	bwe, err := gcc.NewSendSideBWE(
		gcc.SendSideBWEInitialBitrate(initialBitrate), gcc.SendSideBWEMinBitrate(minBitrate),
		gcc.SendSideBWEMaxBitrate(maxBitrate), gcc.SendSideBWEPacer(p), gcc.WithLoggerFactory(loggers))
	if err != nil {
		_ = p.Close()
		return nil, err
	}
	return &estimator{SendSideBWE: bwe, pacer: p, byLoss: initialBitrate}, nil
}

// AddStream registers a sender's source with the pacer, its retransmission source included.
func (e *estimator) AddStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	ids := pacedExtensions{transportCC: extensionID(info, transportCC), absSendTime: extensionID(info, absSendTime)}
	sound := strings.HasPrefix(strings.ToLower(info.MimeType), "audio/")
	e.pacer.describe(info.SSRC, info.SSRCRetransmission, ids, sound)
	w := e.SendSideBWE.AddStream(info, writer)
	if info.SSRCRetransmission != 0 {
		e.pacer.alias(info.SSRCRetransmission, info.SSRC)
	}
	return w
}

// WriteRTCP takes feedback. Feedback that makes no sense is dropped: an error would end the reader of all RTCP.
func (e *estimator) WriteRTCP(packets []rtcp.Packet, a interceptor.Attributes) error {
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.TransportLayerCC:
			e.mu.Lock()
			e.feedback = true
			e.mu.Unlock()
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			if p.Bitrate > 0 {
				e.mu.Lock()
				e.remb, e.rembAt = float64(p.Bitrate), time.Now()
				e.mu.Unlock()
			}
		}
	}
	_ = e.SendSideBWE.WriteRTCP(packets, a)
	return nil
}

// onLoss takes the loss of a video receiver report, 0 to 1. The rule is the loss-based one of GCC: up by 8 % below 2 %,
// down by half the loss above 10 %.
func (e *estimator) onLoss(fraction float64) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.lossAt) < 200*time.Millisecond {
		return
	}
	e.lossAt = now
	switch {
	case fraction < 0.02:
		e.byLoss *= 1.08
	case fraction > 0.10:
		e.byLoss *= 1 - fraction/2
	}
	e.byLoss = min(max(e.byLoss, 2*minBitrate), maxBitrate)
}

// target is the bitrate that may be sent now, bit/s.
func (e *estimator) target() float64 {
	measured, sent := float64(e.GetTargetBitrate()), e.pacer.throughput()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.feedback {
		measured = e.byLoss
		e.pacer.SetTargetBitrate(int(measured))
	}
	measured = e.governor.update(measured, sent)
	if e.remb > 0 && time.Since(e.rembAt) < 10*time.Second {
		measured = min(measured, e.remb)
	}
	return measured
}
