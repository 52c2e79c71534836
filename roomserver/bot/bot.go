// Package bot makes synthetic participants: a moving picture with name, frame number and a machine-readable moment, and
// sound like speech. They take turns in speaking, and may present. They live in the server's process; a picture is encoded
// only while somebody watches it.
package bot

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/media/device"
	"parley/media/video"
	"parley/roomserver/room"
)

const (
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

// Present lets a bot present; false while somebody else does, or when there is no such bot.
func (g *Group) Present(i int) bool { return i >= 0 && i < len(g.bots) && g.bots[i].present() }

// StopPresenting ends what a bot presents.
func (g *Group) StopPresenting(i int) {
	if i >= 0 && i < len(g.bots) {
		g.bots[i].stopPresenting()
	}
}

// Index of a bot by its id ("bot-1") or name, -1 when there is none.
func (g *Group) Index(who string) int {
	for i, b := range g.bots {
		if who == b.local.Name() || who == fmt.Sprintf("bot-%d", i+1) {
			return i
		}
	}
	return -1
}

// Name of a bot.
func Name(i int) string {
	name := names[i%len(names)]
	if i >= len(names) {
		name = fmt.Sprintf("%s %d", name, i/len(names)+1)
	}
	return name
}

type bot struct {
	log     *slog.Logger
	local   *room.Local
	picture device.VideoSource
	camera  *stage
	voice   device.AudioSource
	turn    func() bool

	mu     sync.Mutex
	screen device.VideoSource // what it presents, nil for nothing
	slides *stage
	closed bool
}

func start(rooms *room.Rooms, number string, i int, turn func() bool, log *slog.Logger) (*bot, error) {
	name := Name(i)
	picture, err := device.NewPattern(device.PatternOptions{
		Width: cameraFormat.width, Height: cameraFormat.height, FPS: cameraFormat.rate, Label: name, Text: name, Stamp: true,
		Hue: i * 77 % 256,
	})
	if err != nil {
		return nil, fmt.Errorf("bot's picture: %w", err)
	}
	b := &bot{log: log, picture: picture, voice: device.NewSpeech(uint64(i) + 1), turn: turn, camera: newStage(cameraFormat, log)}
	b.local, err = rooms.JoinLocal(number, fmt.Sprintf("bot-%d", i+1), name, b.camera.requestKey)
	if err != nil {
		return nil, fmt.Errorf("bot joins: %w", err)
	}
	show := func(f *video.Frame) { b.camera.send(f, b.local.Video(), b.local.Codec()) }
	if err := b.picture.Start(show, nil); err != nil {
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
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.stopPresenting()
	_ = b.voice.Close()
	_ = b.picture.Close()
	b.local.Leave()
	b.camera.close()
}

// present shows a second, larger picture that changes seldom.
func (b *bot) present() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	if b.screen != nil {
		return true
	}
	slides := newStage(slidesFormat, b.log)
	source := b.local.Present(slides.requestKey, func() { go b.stopPresenting() })
	if source == nil {
		return false
	}
	screen, err := device.NewPattern(device.PatternOptions{
		Width: slidesFormat.width, Height: slidesFormat.height, FPS: slidesFormat.rate, Label: "Slides",
		Text: b.local.Name() + " presents", Stamp: true, Hue: 128,
	})
	if err == nil {
		err = screen.Start(func(f *video.Frame) { slides.send(f, source, b.local.Codec()) }, nil)
	}
	if err != nil {
		b.log.Warn("bot does not present", "error", err)
		b.local.StopPresenting()
		return false
	}
	b.screen, b.slides = screen, slides
	return true
}

func (b *bot) stopPresenting() {
	b.mu.Lock()
	screen, slides := b.screen, b.slides
	b.screen, b.slides = nil, nil
	b.mu.Unlock()
	if screen == nil {
		return
	}
	b.local.StopPresenting()
	_ = screen.Close()
	slides.close()
}

func (b *bot) speak(pcm []int16) {
	if b.turn() {
		b.local.Speak(pcm)
	}
}
