package e2e

import (
	"path/filepath"
	"testing"

	"parley/e2e/harness"
)

// One shows his screen (a file) in a conference, the other records it: the presentation arrives at its own size, beside the
// main video, and ends for both when it is stopped; both calls go on.
func TestPresentationInAConference(t *testing.T) {
	ctx := within(t, limit)
	folder := t.TempDir()
	shown, seen := filepath.Join(folder, "shown.y4m"), filepath.Join(folder, "seen.y4m")
	if err := harness.MakeVideo(ctx, shown, 640, 480, 15, 2); err != nil {
		t.Fatal(err)
	}
	_, server := startRoom(ctx, t)
	viewer := start(t, "call", "--server", server.Host, "--insecure-tls", "--guest", "--name", "Viewer", "--to", "2001",
		"--camera", "none", "--microphone", "none", "--record-share", seen, "--events", "-")
	if _, err := viewer.Until(ctx, "call:confirmed"); err != nil {
		t.Fatal(err)
	}
	presenter := startCall(t, server, "--to", "2001", "--share", shown, "--share-after", "1s", "--share-for", "4s",
		"--duration", "8s")
	for _, event := range []string{"presentation:started", "presentation:ended"} {
		if _, err := presenter.Until(ctx, event); err != nil {
			t.Fatal(err)
		}
	}
	for _, event := range []string{"api:contented-stream:available", "api:contented-stream:not-available"} {
		if _, err := viewer.Until(ctx, event); err != nil {
			t.Fatal(err)
		}
	}
	ended(ctx, t, presenter, "local")
	if err := viewer.Interrupt(); err != nil {
		t.Fatal(err)
	}
	ended(ctx, t, viewer, "local")

	video, err := harness.ReadVideo(seen)
	if err != nil {
		t.Fatal(err)
	}
	if video.Width != 640 || video.Height != 480 || video.Frames < 20 || video.Different < 10 {
		t.Errorf("recorded presentation: %+v; want at least 20 moving frames of 640×480", video)
	}
	t.Logf("seen: %+v", video)
}
