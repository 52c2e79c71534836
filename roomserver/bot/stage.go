package bot

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"parley/media/codec"
	"parley/media/video"
	"parley/roomserver/forward"
)

const (
	videoClock = 90000 // Hz
	// payloadSize is the largest RTP payload, bytes: with all headers it stays below 1200, which passes everywhere.
	payloadSize = 1100
	// singleUnits is a room's H264 in packetization mode 0.
	singleUnits = "H264/0"
)

// format of a picture.
type format struct {
	width, height int     // pixels
	rate          float64 // frames a second
	bitrate       int     // bit/s
	screen        bool
}

var (
	cameraFormat = format{640, 360, 20, 600_000, false}
	slidesFormat = format{1280, 720, 5, 800_000, true}
)

// stage encodes pictures and sends them as RTP, while anybody watches.
type stage struct {
	format  format
	log     *slog.Logger
	wantKey atomic.Bool

	mu        sync.Mutex // the picture's goroutine against close
	codec     string
	encoder   codec.VideoEncoder
	payloader rtp.Payloader
	sequence  uint16
	offset    uint32
	coded     []byte
	failed    bool
}

func newStage(f format, log *slog.Logger) *stage {
	return &stage{format: f, log: log, sequence: uint16(rand.Uint32()), offset: rand.Uint32()}
}

func (s *stage) requestKey() { s.wantKey.Store(true) }

// send encodes a picture and sends it, if anybody looks.
func (s *stage) send(f *video.Frame, to *forward.Source, name string) {
	if !to.Watched() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.prepare(name) {
		return
	}
	coded, _, err := s.encoder.Encode(s.coded[:0], f, s.wantKey.Swap(false))
	s.coded = coded[:0]
	if err != nil {
		s.log.Warn("bot's encoder", "error", err)
		return
	}
	if len(coded) == 0 {
		return
	}
	timestamp := s.offset + uint32(uint64(f.Captured)*videoClock/uint64(time.Second))
	payloads := s.payloader.Payload(payloadSize, coded)
	for i, payload := range payloads {
		s.sequence++
		to.Write(&rtp.Packet{
			Header: rtp.Header{
				Version: 2, SequenceNumber: s.sequence, Timestamp: timestamp, Marker: i == len(payloads)-1,
			},
			Payload: payload,
		})
	}
}

// prepare makes an encoder for the room's codec; false when there is none.
func (s *stage) prepare(name string) bool {
	if name == s.codec {
		return !s.failed && s.encoder != nil
	}
	if s.encoder != nil {
		_ = s.encoder.Close()
		s.encoder = nil
	}
	s.codec, s.failed = name, true
	config := codec.VideoConfig{
		Width: s.format.width, Height: s.format.height, FrameRate: s.format.rate, Bitrate: s.format.bitrate,
		Screen: s.format.screen,
	}
	switch name {
	case "VP8":
		s.payloader = &codecs.VP8Payloader{EnablePictureID: true}
	case "H264":
		s.payloader = &codecs.H264Payloader{}
	case singleUnits:
		s.payloader, name = &codecs.H264Payloader{DisableStapA: true}, "H264"
		config.MaxPayload = payloadSize
	case "VP9":
		s.payloader = &codecs.VP9Payloader{}
	case "AV1":
		s.payloader = &codecs.AV1Payloader{}
	default:
		return false
	}
	adapter, err := codec.Video(name)
	if err == nil && adapter.NewEncoder == nil {
		err = codec.ErrUnsupported
	}
	if err == nil {
		s.encoder, err = adapter.NewEncoder(config)
	}
	if err != nil {
		s.log.Warn("bot sends no video", "codec", name, "error", err)
		return false
	}
	s.failed = false
	return true
}

func (s *stage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.encoder != nil {
		_ = s.encoder.Close()
		s.encoder = nil
	}
	s.codec, s.failed = "closed", true
}
