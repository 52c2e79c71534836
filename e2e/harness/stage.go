package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The content of our camera: not the size the page sends, so that a mix-up shows.
const (
	CameraWidth  = 480
	CameraHeight = 270
)

// Stage is what all tests of a package share: made once, by Run in TestMain.
type Stage struct {
	Program string
	Browser *Browser
	Missing error // why there is no browser
	Video   string
	Speech  string
}

// Run prepares the stage in a folder of its own, runs the tests, and looks for goroutines left after the browser's end.
// It returns the exit code of the test binary.
func (s *Stage) Run(m *testing.M, name string) (code int) {
	folder, err := os.MkdirTemp("", "parley-"+name+"-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = s.prepare(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	code = m.Run()
	if s.Browser != nil {
		err = s.Browser.Close()
	}
	// After the browser's end nothing of harness or tests may be left. (goleak.VerifyTestMain looks before its clean-up.)
	if err := errors.Join(err, goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	return code
}

func (s *Stage) prepare(folder string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // a cold build is part of it
	defer cancel()
	var err error
	if s.Program, err = Build(ctx, folder); err != nil {
		return err
	}
	s.Video = filepath.Join(folder, "camera.y4m")
	s.Speech = filepath.Join(folder, "speech.wav")
	if err := MakeVideo(ctx, s.Video, CameraWidth, CameraHeight, 30, 4); err != nil {
		return err
	}
	if err := MakeSpeech(ctx, s.Speech); err != nil {
		return err
	}
	s.Browser, err = StartBrowser(ctx, BrowserOptions{})
	if errors.Is(err, ErrNoChromium) {
		s.Missing, err = err, nil
	}
	return err
}
