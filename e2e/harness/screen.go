package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Screen is a virtual X11 screen (Xvfb).
type Screen struct {
	Display string // ":99"
	size    image.Point
	command *exec.Cmd
	stderr  lockedBuffer
}

// Missing names the first of these programs that is not installed; "" when all are there.
func Missing(programs ...string) string {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return program
		}
	}
	return ""
}

// StartScreen starts a screen of so many pixels on a free display.
func StartScreen(ctx context.Context, width, height int) (*Screen, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	s := &Screen{size: image.Pt(width, height)}
	s.command = exec.Command("Xvfb", "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height))
	s.command.ExtraFiles = []*os.File{writer}
	s.command.Stderr = &s.stderr
	err = s.command.Start()
	writer.Close()
	if err != nil {
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		reader.SetReadDeadline(deadline)
	}
	number, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Xvfb: %w\n%s", err, &s.stderr), s.Close())
	}
	s.Display = ":" + strings.TrimSpace(number)
	return s, nil
}

// Close ends the screen.
func (s *Screen) Close() error {
	s.command.Process.Kill()
	s.command.Wait() // killed is how it ends
	return nil
}

// Environment that puts a program on this screen.
func (s *Screen) Environment() []string {
	return []string{"DISPLAY=" + s.Display, "LANG=C.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1"}
}

func (s *Screen) run(ctx context.Context, name string, arguments ...string) ([]byte, error) {
	process := exec.CommandContext(ctx, name, arguments...)
	process.Env = append(os.Environ(), s.Environment()...)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	out, err := process.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, &stderr)
	}
	return out, nil
}

// Focus gives the keyboard to the first visible window; there is no window manager to do it.
func (s *Screen) Focus(ctx context.Context) error {
	windows, err := s.run(ctx, "xdotool", "search", "--sync", "--onlyvisible", "--name", ".")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(windows), "\n")
	_, err = s.run(ctx, "xdotool", "windowfocus", "--sync", first)
	return err
}

// Window finds the visible window with a title and returns its X11 number; it waits for one.
func (s *Screen) Window(ctx context.Context, title string) (string, error) {
	windows, err := s.run(ctx, "xdotool", "search", "--sync", "--onlyvisible", "--name", "^"+regexp.QuoteMeta(title)+"$")
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(windows), "\n")
	return first, nil
}

// FocusOn gives the keyboard to a window.
func (s *Screen) FocusOn(ctx context.Context, window string) error {
	_, err := s.run(ctx, "xdotool", "windowfocus", "--sync", window)
	return err
}

// Click moves the mouse to a place in a window and clicks; button 1 is the left one, 4 and 5 turn the wheel.
func (s *Screen) Click(ctx context.Context, window string, at image.Point, button int) error {
	_, err := s.run(ctx, "xdotool", "mousemove", "--window", window, fmt.Sprint(at.X), fmt.Sprint(at.Y), "click", fmt.Sprint(button))
	return err
}

// Point moves the mouse to a place in a window.
func (s *Screen) Point(ctx context.Context, window string, at image.Point) error {
	_, err := s.run(ctx, "xdotool", "mousemove", "--window", window, fmt.Sprint(at.X), fmt.Sprint(at.Y))
	return err
}

// Place is where a window is on the screen.
func (s *Screen) Place(ctx context.Context, window string) (image.Rectangle, error) {
	out, err := s.run(ctx, "xdotool", "getwindowgeometry", "--shell", window)
	if err != nil {
		return image.Rectangle{}, err
	}
	values := map[string]int{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name], _ = strconv.Atoi(value)
	}
	return image.Rect(0, 0, values["WIDTH"], values["HEIGHT"]).Add(image.Pt(values["X"], values["Y"])), nil
}

// Type types text, Press presses keys by their X11 names ("Return", "ctrl+s").
func (s *Screen) Type(ctx context.Context, text string) error {
	_, err := s.run(ctx, "xdotool", "type", "--delay", "20", text)
	return err
}

// Press presses keys one after the other.
func (s *Screen) Press(ctx context.Context, keys ...string) error {
	_, err := s.run(ctx, "xdotool", append([]string{"key", "--delay", "50"}, keys...)...)
	return err
}

// Picture is what the screen shows.
func (s *Screen) Picture(ctx context.Context) (*image.NRGBA, error) {
	out, err := s.run(ctx, "import", "-silent", "-window", "root", "-depth", "8", "rgba:-")
	if err != nil {
		return nil, err
	}
	picture := image.NewNRGBA(image.Rectangle{Max: s.size})
	if len(out) != len(picture.Pix) {
		return nil, fmt.Errorf("picture of the screen: %d bytes, want %d", len(out), len(picture.Pix))
	}
	copy(picture.Pix, out)
	return picture, nil
}

// Until takes pictures until one satisfies look, given the one before it (nil at first).
func (s *Screen) Until(ctx context.Context, what string, look func(before, now *image.NRGBA) bool) (*image.NRGBA, error) {
	var before *image.NRGBA
	for {
		now, err := s.Picture(ctx)
		if err != nil {
			return before, fmt.Errorf("%s: %w", what, err)
		}
		if look(before, now) {
			return now, nil
		}
		before = now
		// The screen has no event for "drawn": a look every tenth of a second is what is left.
		select {
		case <-ctx.Done():
			return now, fmt.Errorf("%s: %w", what, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Still waits until the screen shows something and two pictures in a row are the same but for a blinking cursor.
func (s *Screen) Still(ctx context.Context, what string) (*image.NRGBA, error) {
	return s.Until(ctx, what, func(before, now *image.NRGBA) bool {
		return before != nil && Different(before, now, now.Rect) < 0.001 && !Plain(now)
	})
}

// Different is the share of pixels in an area, 0 to 1, that are clearly not the same in both pictures.
func Different(a, b *image.NRGBA, area image.Rectangle) float64 {
	const clearly = 24 // of 255, in any channel
	area = area.Intersect(a.Rect).Intersect(b.Rect)
	count := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			i, j := a.PixOffset(x, y), b.PixOffset(x, y)
			for c := range 3 {
				if max(a.Pix[i+c], b.Pix[j+c])-min(a.Pix[i+c], b.Pix[j+c]) > clearly {
					count++
					break
				}
			}
		}
	}
	return float64(count) / float64(max(1, area.Dx()*area.Dy()))
}

// Plain tells whether a picture has one colour only: nothing was drawn yet.
func Plain(p *image.NRGBA) bool {
	for i := 0; i < len(p.Pix); i += 4 {
		if !bytes.Equal(p.Pix[i:i+3], p.Pix[:3]) {
			return false
		}
	}
	return true
}

// Colourful is the share of pixels in an area, 0 to 1, that are strongly coloured.
func Colourful(p *image.NRGBA, area image.Rectangle) float64 {
	const strongly = 100 // of 255, between the largest and the smallest channel
	area = area.Intersect(p.Rect)
	count := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			i := p.PixOffset(x, y)
			r, g, b := p.Pix[i], p.Pix[i+1], p.Pix[i+2]
			if max(r, g, b)-min(r, g, b) > strongly {
				count++
			}
		}
	}
	return float64(count) / float64(max(1, area.Dx()*area.Dy()))
}
