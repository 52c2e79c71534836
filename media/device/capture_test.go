package device

import (
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	mediavideo "github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parley/media/video"
)

// fakeDriver is a camera of mediadevices that the test feeds.
type fakeDriver struct {
	modes  []prop.Media
	chosen prop.Media
	read   func() (image.Image, error)
	open   bool
	opened error
}

func (d *fakeDriver) Open() error              { d.open = d.opened == nil; return d.opened }
func (d *fakeDriver) Close() error             { d.open = false; return nil }
func (d *fakeDriver) Properties() []prop.Media { return d.modes }
func (d *fakeDriver) ID() string               { return "1" }
func (d *fakeDriver) Status() driver.State     { return driver.StateClosed }
func (d *fakeDriver) Info() driver.Info {
	return driver.Info{Name: "Fake Camera;usb-1", Label: "by-id-fake;video0", DeviceType: driver.Camera}
}
func (d *fakeDriver) VideoRecord(p prop.Media) (mediavideo.Reader, error) {
	d.chosen = p
	return mediavideo.ReaderFunc(func() (image.Image, func(), error) {
		m, err := d.read()
		return m, func() {}, err
	}), nil
}

func mode(format frame.Format, width, height int, fps float32) prop.Media {
	return prop.Media{Video: prop.Video{Width: width, Height: height, FrameFormat: format, FrameRate: fps}}
}

func TestCameraConvertsAndSurvivesTornPicturesUntilItIsGone(t *testing.T) {
	picture := image.NewYCbCr(image.Rect(0, 0, 64, 48), image.YCbCrSubsampleRatio422)
	for i := range picture.Y {
		picture.Y[i] = 255
	}
	for i := range picture.Cb {
		picture.Cb[i], picture.Cr[i] = 128, 128
	}
	gone := errors.New("no such device")
	steps := []error{nil, jpeg.FormatError("torn"), io.ErrUnexpectedEOF, nil, gone}
	d := &fakeDriver{modes: []prop.Media{mode(frame.FormatMJPEG, 64, 48, 30)}}
	at := 0
	d.read = func() (image.Image, error) {
		at++
		return picture, steps[at-1]
	}
	c := newCamera(d, VideoOptions{})
	if c.Label() != "Fake Camera" {
		t.Errorf("label %q", c.Label())
	}
	frames, ended := 0, make(chan error, 1)
	err := c.Start(func(f *video.Frame) {
		frames++
		if f.Width != 64 || f.Height != 48 || f.Y[100] != 235 { // full range became limited
			t.Errorf("%d×%d, luma %d", f.Width, f.Height, f.Y[100])
		}
	}, func(err error) { ended <- err })
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, gone) || !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	if frames != 2 || d.open {
		t.Fatalf("%d frames, open: %v", frames, d.open)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(nil, nil); !errors.Is(err, errState) || d.open {
		t.Fatalf("started again: %v", err)
	}
}

func TestCameraClosesTheDevice(t *testing.T) {
	d := &fakeDriver{modes: []prop.Media{mode(frame.FormatYUYV, 64, 48, 30)}}
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	m.Set(0, 0, color.White)
	d.read = func() (image.Image, error) { return m, nil }
	c := newCamera(d, VideoOptions{})
	first := make(chan struct{}, 1)
	if err := c.Start(func(*video.Frame) {
		select {
		case first <- struct{}{}:
		default:
		}
	}, func(err error) { t.Errorf("ended: %v", err) }); err != nil {
		t.Fatal(err)
	}
	<-first
	if err := c.Close(); err != nil || d.open {
		t.Fatalf("%v, open: %v", err, d.open)
	}
}

func TestCameraThatCannotBeUsed(t *testing.T) {
	busy := &fakeDriver{opened: errors.New("device or resource busy")}
	if err := newCamera(busy, VideoOptions{}).Start(nil, nil); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	depth := &fakeDriver{modes: []prop.Media{mode(frame.FormatZ16, 640, 480, 30)}}
	if err := newCamera(depth, VideoOptions{}).Start(nil, nil); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errNoMode) {
		t.Error(err)
	}
	if depth.open {
		t.Error("left open")
	}
}

func TestNearestMode(t *testing.T) {
	modes := []prop.Media{
		mode(frame.FormatYUYV, 640, 480, 30), mode(frame.FormatYUYV, 1280, 720, 10), mode(frame.FormatMJPEG, 1280, 720, 30),
		mode(frame.FormatMJPEG, 640, 480, 30), mode(frame.FormatMJPEG, 1920, 1080, 30), mode(frame.FormatMJPEG, 1280, 720, 60),
		mode(frame.FormatYUYV, 320, 240, 0),
	}
	for _, c := range []struct {
		wish VideoOptions
		want prop.Media
	}{
		{VideoOptions{Width: 1280, Height: 720, FPS: 30}, modes[2]}, // not the raw one with 10 frames a second
		{VideoOptions{Width: 640, Height: 480, FPS: 30}, modes[0]},
		{VideoOptions{Width: 1920, Height: 1080, FPS: 30}, modes[4]},
		{VideoOptions{Width: 1280, Height: 720, FPS: 60}, modes[5]},
		{VideoOptions{Width: 1280, Height: 720, FPS: 10}, modes[1]},
		{VideoOptions{Width: 320, Height: 240, FPS: 30}, modes[6]}, // a rate that is not told may be any
	} {
		if got, err := nearestMode(modes, c.wish); err != nil || got != c.want {
			t.Errorf("%+v: %+v %v", c.wish, got.Video, err)
		}
	}
}
