package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Page is one tab with a JsSIP user agent in it.
type Page struct {
	browser *Browser
	target  string
	session string
}

// Account is how the page connects.
type Account struct {
	URL      string `json:"url"`    // of the WebSocket
	Domain   string `json:"domain"` // of the SIP URIs
	User     string `json:"user"`
	Password string `json:"password,omitempty"` // empty: a guest
	Only     string `json:"only,omitempty"`     // the only video codec
	// Width and Height of the page's camera, pixels (640×360 when 0); MaxBitrate of its video, bit/s.
	Width      int `json:"width,omitempty"`
	Height     int `json:"height,omitempty"`
	MaxBitrate int `json:"maxBitrate,omitempty"`
	// KeepSize has it leave out frames rather than pixels (W3C degradationPreference maintain-resolution).
	KeepSize bool `json:"keepSize,omitempty"`
}

// End is how the page saw a call end.
type End struct {
	Originator string
	Cause      string
	Code       int
}

// Received are counters of a page's inbound-rtp (W3C webrtc-stats).
type Received struct {
	FramesDecoded    int
	FrameWidth       int
	FrameHeight      int
	TotalAudioEnergy float64
	PacketsReceived  int
	CodecOf          string
	FramesPerSecond  float64
}

// Open opens a page and waits until its script runs.
func (b *Browser) Open(ctx context.Context) (*Page, error) {
	var target struct{ TargetID string }
	if err := b.tools.call(ctx, "", "Target.createTarget", map[string]any{"url": b.address}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	parameters := map[string]any{"targetId": target.TargetID, "flatten": true}
	if err := b.tools.call(ctx, "", "Target.attachToTarget", parameters, &attached); err != nil {
		return nil, err
	}
	p := &Page{browser: b, target: target.TargetID, session: attached.SessionID}
	if err := b.tools.call(ctx, p.session, "Runtime.enable", nil, nil); err != nil {
		return nil, err
	}
	// The tab may still be loading: its load event, or the fact that it is over, comes first.
	const loaded = `new Promise((done) => {
	  if (window.peer) return done();
	  window.addEventListener('load', () => done());
	})`
	for {
		var ready bool
		err := p.eval(ctx, "("+loaded+").then(() => Boolean(window.peer))", &ready)
		if err == nil && ready {
			return p, nil
		}
		// A navigation in between throws the context away; the next try finds the new one.
		if ctx.Err() != nil {
			return nil, fmt.Errorf("open page: %w (%v)", ctx.Err(), err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *Page) eval(ctx context.Context, expression string, value any) error {
	return p.browser.tools.evaluate(ctx, p.session, expression, value)
}

func quote(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only plain values of this package come here
	}
	return string(text)
}

// Connect opens the page's socket and, for an account with a password, registers.
func (p *Page) Connect(ctx context.Context, account Account) error {
	if err := p.eval(ctx, "peer.connect("+quote(account)+")", nil); err != nil {
		return err
	}
	event := "connected"
	if account.Password != "" {
		event = "registered"
	}
	return p.Until(ctx, event)
}

// Until waits for an event of the page's log, one that has come already included.
func (p *Page) Until(ctx context.Context, event string) error {
	if err := p.eval(ctx, "peer.until("+quote(event)+").then(() => 1)", nil); err != nil {
		return fmt.Errorf("%w\npage: %s", err, p.Log())
	}
	return nil
}

// Call calls a number and waits until the call is confirmed.
func (p *Page) Call(ctx context.Context, number string) error {
	if err := p.eval(ctx, "peer.call("+quote(number)+")", nil); err != nil {
		return err
	}
	return p.Until(ctx, "confirmed")
}

// Answer waits for a call, takes it, and waits until it is confirmed.
func (p *Page) Answer(ctx context.Context) error {
	if err := p.Until(ctx, "session"); err != nil {
		return err
	}
	if err := p.eval(ctx, "peer.answer()", nil); err != nil {
		return err
	}
	return p.Until(ctx, "confirmed")
}

// HangUp ends the call and waits for its end.
func (p *Page) HangUp(ctx context.Context) (End, error) {
	if err := p.eval(ctx, "peer.hangUp()", nil); err != nil {
		return End{}, err
	}
	return p.Ended(ctx)
}

// Hold puts the call on hold, or takes it up again, and waits until the other side has agreed.
func (p *Page) Hold(ctx context.Context, on bool) error {
	return p.eval(ctx, "peer.hold("+quote(on)+").then(() => 1)", nil)
}

// DTMF sends tones by INFO.
func (p *Page) DTMF(ctx context.Context, tones string) error {
	return p.eval(ctx, "peer.dtmf("+quote(tones)+")", nil)
}

// Info sends one of the server's messages: kind is what follows "application/vinteo.webrtc.".
func (p *Page) Info(ctx context.Context, kind string, headers map[string]string) error {
	return p.eval(ctx, "peer.info("+quote(kind)+", "+quote(headers)+")", nil)
}

// Present shows a second, moving picture of that size, and waits until the other side has agreed.
func (p *Page) Present(ctx context.Context, width, height int) error {
	return p.eval(ctx, fmt.Sprintf("peer.present(%d, %d).then(() => 1)", width, height), nil)
}

// StopPresenting ends it.
func (p *Page) StopPresenting(ctx context.Context) error {
	return p.eval(ctx, "peer.stopPresenting().then(() => 1)", nil)
}

// Presented waits until the counters of the presentation that the page receives reach the minimums.
func (p *Page) Presented(ctx context.Context, minimums map[string]float64) (got Received, err error) {
	err = p.eval(ctx, "peer.presented("+quote(minimums)+")", &got)
	if err != nil {
		err = fmt.Errorf("%w\npage: %s", err, p.Log())
	}
	return got, err
}

// Ended waits for the end of an established call.
func (p *Page) Ended(ctx context.Context) (end End, err error) {
	err = p.eval(ctx, "peer.until('ended')", &end)
	if err != nil {
		err = fmt.Errorf("%w\npage: %s", err, p.Log())
	}
	return end, err
}

// Received waits until the inbound counters of a kind ("audio", "video") reach the minimums.
func (p *Page) Received(ctx context.Context, kind string, minimums map[string]float64) (got Received, err error) {
	err = p.eval(ctx, "peer.received("+quote(kind)+", "+quote(minimums)+")", &got)
	if err != nil {
		err = fmt.Errorf("%w\npage: %s", err, p.Log())
	}
	return got, err
}

// Stats returns the page's statistics as they are.
func (p *Page) Stats(ctx context.Context) (stats json.RawMessage, err error) {
	err = p.eval(ctx, "peer.stats()", &stats)
	return stats, err
}

// Delays waits for so many stamped frames and returns their ages when they were presented, in milliseconds.
func (p *Page) Delays(ctx context.Context, count int) (ages []float64, err error) {
	err = p.eval(ctx, fmt.Sprintf("peer.delays(%d)", count), &ages)
	return ages, err
}

// Between is the time in milliseconds from one event of the page's log to another one.
func (p *Page) Between(ctx context.Context, from, to string) (ms float64, err error) {
	if err := p.Until(ctx, to); err != nil {
		return 0, err
	}
	const find = "peer.log.find((e) => e.event === %s).at"
	err = p.eval(ctx, fmt.Sprintf(find+" - "+find, quote(to), quote(from)), &ms)
	return ms, err
}

// Picture is what the page shows of the remote video: mean luma (0–255) and its standard deviation.
func (p *Page) Picture(ctx context.Context) (mean, deviation float64, err error) {
	var got struct{ Mean, Deviation float64 }
	err = p.eval(ctx, "peer.picture()", &got)
	return got.Mean, got.Deviation, err
}

// Log returns the page's log and the browser's console, for a failing test.
func (p *Page) Log() string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var entries []json.RawMessage
	if err := p.eval(ctx, "peer.log", &entries); err != nil {
		return err.Error()
	}
	var text strings.Builder
	for _, entry := range entries {
		text.Write(entry)
		text.WriteByte('\n')
	}
	return text.String() + p.browser.Console()
}

// Close stops the user agent and closes the tab.
func (p *Page) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	p.eval(ctx, "peer.stop()", nil) // a page that crashed has nothing to stop
	return p.browser.tools.call(ctx, "", "Target.closeTarget", map[string]any{"targetId": p.target}, nil)
}

// Watched is one frame of the remote video that the page presented.
type Watched struct {
	At    float64 // ms since the Unix epoch
	Age   float64 // ms since it was drawn, when it carries a stamp; else 0
	Width int     // pixels
}

// Watch begins to note every frame of the remote video.
func (p *Page) Watch(ctx context.Context) error { return p.eval(ctx, "peer.watch()", nil) }

// Watched returns what was noted since Watch.
func (p *Page) Watched(ctx context.Context) (frames []Watched, err error) {
	err = p.eval(ctx, "peer.watched", &frames)
	return frames, err
}
