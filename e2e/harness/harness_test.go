package harness

import (
	"context"
	"errors"
	"testing"
	"time"
)

// The page of the counterpart loads and has a camera.
func TestThePageLoadsAndHasACamera(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	browser, err := StartBrowser(ctx, BrowserOptions{})
	if errors.Is(err, ErrNoChromium) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := browser.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Until(ctx, "ready"); err != nil {
		t.Error(err)
	}
	var tracks int
	const ask = "navigator.mediaDevices.getUserMedia({audio: true, video: true}).then((s) => s.getTracks().length)"
	if err := page.eval(ctx, ask, &tracks); err != nil || tracks != 2 {
		t.Errorf("%d tracks (%v), want 2", tracks, err)
	}
	if err := page.Close(); err != nil {
		t.Error(err)
	}
	if err := browser.Close(); err != nil {
		t.Error(err)
	}
}
