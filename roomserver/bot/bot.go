// Package bot makes synthetic participants: a moving picture with name, frame number and a machine-readable moment, and
// sound like speech. They take turns in speaking. They live in the server's process; a picture is encoded only while
// somebody watches it.
package bot

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"parley/media/codec"
	"parley/media/device"
	"parley/media/video"
	"parley/roomserver/room"
)

const (
	width, height = 640, 360 // pixels
	frameRate     = 20
	bitrate       = 600_000 // bit/s
	videoClock    = 90000   // Hz
	// payloadSize is the largest RTP payload, bytes: with all headers it stays below 1200, which passes everywhere.
	payloadSize = 1100
	// Turn is how long one bot speaks before the next one does.
	Turn = 4 * time.Second
)

var names = []string{"Anna", "Boris", "Chiara", "Dmitri", "Emma", "Farid", "Greta", "Hugo"}

// Group is a number of bots in one room.
type Group struct {
	bots []*bot
}

// Start lets n bots join a room.
func Start(rooms *room.Rooms, number string, n int, log *slog.Logger) (*Group, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Group{}
	begun := time.Now()
	for i := range n {
		turn := func() bool { return int(time.Since(begun)/Turn)%n == i }
		b, err := start(rooms, number, i, turn, log)
		if err != nil {
			g.Close()
			return nil, err
		}
		g.bots = append(g.bots, b)
	}
	return g, nil
}

// Close lets all bots leave.
func (g *Group) Close() {
	for _, b := range g.bots {
		b.close()
	}
}

type bot struct {
	log     *slog.Logger
	local   *room.Local
	picture device.VideoSource
	voice   device.AudioSource
	wantKey atomic.Bool
	turn    func() bool

	mu        sync.Mutex // the picture's goroutine against close
	codec     string
	encoder   codec.VideoEncoder
	payloader rtp.Payloader
	sequence  uint16
	offset    uint32
	coded     []byte
	failed    bool
}

func start(rooms *room.Rooms, number string, i int, turn func() bool, log *slog.Logger) (*bot, error) {
	name := names[i%len(names)]
	if i >= len(names) {
		name = fmt.Sprintf("%s %d", name, i/len(names)+1)
	}
	picture, err := device.NewPattern(device.PatternOptions{
		Width: width, Height: height, FPS: frameRate, Label: name, Text: name, Stamp: true, Hue: i * 77 % 256,
	})
	if err != nil {
		return nil, fmt.Errorf("bot's picture: %w", err)
	}
	b := &bot{
		log: log, picture: picture, voice: device.NewSpeech(uint64(i) + 1), turn: turn,
		sequence: uint16(rand.Uint32()), offset: rand.Uint32(),
	}
	b.local, err = rooms.JoinLocal(number, fmt.Sprintf("bot-%d", i+1), name, func() { b.wantKey.Store(true) })
	if err != nil {
		return nil, fmt.Errorf("bot joins: %w", err)
	}
	if err := b.picture.Start(b.show, nil); err != nil {
		b.local.Leave()
		return nil, fmt.Errorf("bot's picture: %w", err)
	}
	if err := b.voice.Start(b.speak, nil); err != nil {
		_ = b.picture.Close()
		b.local.Leave()
		return nil, fmt.Errorf("bot's voice: %w", err)
	}
	return b, nil
}

func (b *bot) close() {
	_ = b.voice.Close()
	_ = b.picture.Close()
	b.local.Leave()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.encoder != nil {
		_ = b.encoder.Close()
		b.encoder = nil
	}
}

func (b *bot) speak(pcm []int16) {
	if b.turn() {
		b.local.Speak(pcm)
	}
}

// show encodes a picture and sends it, if anybody looks.
func (b *bot) show(f *video.Frame) {
	source := b.local.Video()
	if !source.Watched() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.prepare(b.local.Codec()) {
		return
	}
	coded, _, err := b.encoder.Encode(b.coded[:0], f, b.wantKey.Swap(false))
	b.coded = coded[:0]
	if err != nil {
		b.log.Warn("bot's encoder", "error", err)
		return
	}
	if len(coded) == 0 {
		return
	}
	timestamp := b.offset + uint32(uint64(f.Captured)*videoClock/uint64(time.Second))
	payloads := b.payloader.Payload(payloadSize, coded)
	for i, payload := range payloads {
		b.sequence++
		source.Write(&rtp.Packet{
			Header: rtp.Header{
				Version: 2, SequenceNumber: b.sequence, Timestamp: timestamp, Marker: i == len(payloads)-1,
			},
			Payload: payload,
		})
	}
}

// prepare makes an encoder for the room's codec; false when there is none.
func (b *bot) prepare(name string) bool {
	if name == b.codec {
		return !b.failed && b.encoder != nil
	}
	if b.encoder != nil {
		_ = b.encoder.Close()
		b.encoder = nil
	}
	b.codec, b.failed = name, true
	switch name {
	case "VP8":
		b.payloader = &codecs.VP8Payloader{EnablePictureID: true}
	case "H264":
		b.payloader = &codecs.H264Payloader{}
	case "VP9":
		b.payloader = &codecs.VP9Payloader{}
	case "AV1":
		b.payloader = &codecs.AV1Payloader{}
	default:
		return false
	}
	adapter, err := codec.Video(name)
	if err == nil && adapter.NewEncoder == nil {
		err = codec.ErrUnsupported
	}
	if err == nil {
		b.encoder, err = adapter.NewEncoder(codec.VideoConfig{
			Width: width, Height: height, FrameRate: frameRate, Bitrate: bitrate,
		})
	}
	if err != nil {
		b.log.Warn("bot sends no video", "codec", name, "error", err)
		return false
	}
	b.failed = false
	return true
}
