package harness

import (
	"context"
	"fmt"
)

// MakeVideo writes a .y4m of ffmpeg's moving test picture: size pixels, rate frames a second, so many seconds.
func MakeVideo(ctx context.Context, path string, width, height, rate, seconds int) error {
	source := fmt.Sprintf("testsrc2=size=%dx%d:rate=%d:duration=%d", width, height, rate, seconds)
	out, err := command(ctx, "", "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", path)
	if err != nil {
		return fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return nil
}

// MakeSpeech writes a 48 kHz .wav of a spoken sentence.
func MakeSpeech(ctx context.Context, path string) error {
	raw := path + ".espeak.wav"
	const sentence = "The quick brown fox jumps over the lazy dog, and then it counts: one, two, three, four, five."
	if out, err := command(ctx, "", "espeak-ng", "-w", raw, sentence); err != nil {
		return fmt.Errorf("espeak-ng: %w\n%s", err, out)
	}
	if out, err := command(ctx, "", "sox", raw, "-r", "48000", "-c", "1", "-b", "16", path); err != nil {
		return fmt.Errorf("sox: %w\n%s", err, out)
	}
	return nil
}
