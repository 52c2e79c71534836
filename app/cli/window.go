package cli

import (
	"fmt"
	"time"

	"parley/app/link"
)

// Window is `parley`, with or without `--demo`.
type Window struct {
	Demo bool   `help:"Bring a room server and three synthetic participants along; the window is ready to join them."`
	Link string `arg:"" optional:"" help:"sip:NUMBER@HOST or parley:// link to call; it is asked before anything is called."`

	// Graphics and Language override what the window finds out by itself.
	Graphics string `help:"How video is drawn: auto, image (software OpenGL) or shader (GPU)." default:"auto" enum:"auto,image,shader"`
	Language string `help:"Language of the window: en or ru; the system's by default." placeholder:"LANGUAGE" enum:",en,ru" default:""`

	// The next four serve `make run` where nobody sits in front of the screen.
	DemoJoin  bool          `hidden:"" help:"Join the demo's room without a click."`
	DemoShare bool          `hidden:"" help:"Also present, once joined."`
	DemoFor   time.Duration `hidden:"" help:"End so long after the call began, printing its statistics."`
	DemoShot  string        `hidden:"" help:"Write a picture of the window, right before the end of --demo-for." placeholder:"FILE.png"`
}

func (w *Window) check() error {
	if w.Link != "" {
		if _, err := link.Parse(w.Link); err != nil {
			return err
		}
		if w.Demo {
			return fmt.Errorf("--demo opens no links")
		}
	}
	if !w.Demo && (w.DemoJoin || w.DemoShare || w.DemoFor != 0 || w.DemoShot != "") {
		return fmt.Errorf("--demo-… flags need --demo")
	}
	if w.DemoShot != "" && w.DemoFor == 0 {
		return fmt.Errorf("--demo-shot needs --demo-for")
	}
	if w.DemoFor < 0 {
		return fmt.Errorf("--demo-for: %v is not a length of time", w.DemoFor)
	}
	return nil
}
