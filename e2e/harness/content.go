package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// MakeNatural writes a .y4m of photographs that are panned and zoomed over: size pixels, rate frames a second, so many
// seconds. Debian's gnome-backgrounds has drawings only, so the photographs are
// mate-backgrounds'.
func MakeNatural(ctx context.Context, path string, width, height, rate, seconds int) error {
	photographs, err := photographs()
	if err != nil {
		return err
	}
	each := (seconds*rate + len(photographs) - 1) / len(photographs)
	arguments := []string{"-v", "error", "-y"}
	var filter, joined string
	for i, photograph := range photographs {
		arguments = append(arguments, "-i", photograph)
		// Scaled up first: zoompan moves by whole pixels, which at this size shows as shaking.
		filter += fmt.Sprintf("[%d:v]scale=%d:%d,zoompan=z='1.2+0.2*on/%d':x='(iw-iw/zoom)*on/%d':y='(ih-ih/zoom)/2':d=%d:s=%dx%d:fps=%d,setsar=1[v%d];",
			i, width*3, height*3, each, each, each, width, height, rate, i)
		joined += fmt.Sprintf("[v%d]", i)
	}
	filter += fmt.Sprintf("%sconcat=n=%d,format=yuv420p[out]", joined, len(photographs))
	arguments = append(arguments, "-filter_complex", filter, "-map", "[out]", "-frames:v", fmt.Sprint(seconds*rate), path)
	if out, err := command(ctx, "", "ffmpeg", arguments...); err != nil {
		return fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return nil
}

// photographs of Debian's mate-backgrounds.
func photographs() (found []string, err error) {
	const folder = "/usr/share/backgrounds/mate/nature"
	for _, name := range []string{"Garden.jpg", "GreenMeadow.jpg"} {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%w (scripts/packages.sh bench installs mate-backgrounds)", err)
		}
		found = append(found, path)
	}
	return found, nil
}
