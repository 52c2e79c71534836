package device

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"

	"github.com/pion/mediadevices/pkg/driver"
	mediavideo "github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parley/media/video"
)

// cameraBroken is how many undecodable pictures in a row mean that the camera is broken, not that one was torn.
const cameraBroken = 30

// Camera captures from a camera.
type Camera struct {
	driver  driver.Driver
	label   string
	options VideoOptions
	run     runner
	pool    video.Pool
}

// Cameras that are plugged in now.
func Cameras() []Info {
	list := []Info{}
	for i, d := range discover() {
		list = append(list, Info{ID: cameraID(d), Name: cameraName(d), Default: i == 0})
	}
	return list
}

// NewCamera finds a camera by ID, name or part of its name; "" or "default" is the first. Start opens it, and its errors
// are ErrUnavailable.
func NewCamera(name string, o VideoOptions) (*Camera, error) {
	list := discover()
	if len(list) == 0 {
		return nil, fmt.Errorf("camera: %w: no camera is connected", ErrNotFound)
	}
	if name == "" || name == "default" {
		return newCamera(list[0], o), nil
	}
	for _, d := range list {
		if cameraID(d) == name || cameraName(d) == name {
			return newCamera(d, o), nil
		}
	}
	for _, d := range list {
		if strings.Contains(strings.ToLower(cameraName(d)), strings.ToLower(name)) {
			return newCamera(d, o), nil
		}
	}
	return nil, fmt.Errorf("camera: %w: %q", ErrNotFound, name)
}

func newCamera(d driver.Driver, o VideoOptions) *Camera {
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 1280, 720
	}
	if !(o.FPS > 0) {
		o.FPS = 30
	}
	return &Camera{driver: d, label: cameraName(d), options: o}
}

// discover looks for cameras again: they come and go.
func discover() []driver.Driver {
	list := findCameras()
	slices.SortFunc(list, func(a, b driver.Driver) int {
		if a.Info().Priority != b.Info().Priority {
			if a.Info().Priority > b.Info().Priority {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Info().Label, b.Info().Label)
	})
	return list
}

// labelSeparator divides the parts of a driver's name and label (LabelSeparator of its package camera).
const labelSeparator = ";"

// cameraID survives replugging: the driver's label holds the device's path by its identity.
func cameraID(d driver.Driver) string { return d.Info().Label }

// cameraName is the driver's, without the bus it hangs on.
func cameraName(d driver.Driver) string {
	name, _, _ := strings.Cut(d.Info().Name, labelSeparator)
	if name == "" {
		name, _, _ = strings.Cut(d.Info().Label, labelSeparator)
	}
	return name
}

// Label is the camera's name.
func (c *Camera) Label() string { return c.label }

// Start as VideoSource: opens the camera in the mode nearest to the options.
func (c *Camera) Start(deliver func(*video.Frame), ended func(error)) error {
	c.run.mu.Lock()
	begun := c.run.started || c.run.closed
	c.run.mu.Unlock()
	if begun {
		return errState
	}
	if err := c.driver.Open(); err != nil {
		return fmt.Errorf("camera %q: %w: %w", c.label, ErrUnavailable, err)
	}
	mode, err := nearestMode(c.driver.Properties(), c.options)
	if err != nil {
		return errors.Join(fmt.Errorf("camera %q: %w: %w", c.label, ErrUnavailable, err), c.driver.Close())
	}
	recorder, ok := c.driver.(driver.VideoRecorder)
	if !ok {
		return errors.Join(fmt.Errorf("camera %q: %w: it records no video", c.label, ErrUnavailable), c.driver.Close())
	}
	reader, err := recorder.VideoRecord(mode) // closes the driver when it fails
	if err != nil {
		return fmt.Errorf("camera %q: %w: %w", c.label, ErrUnavailable, err)
	}
	err = c.run.start(func(stop <-chan struct{}) error { return c.capture(stop, reader, mode, deliver) }, ended)
	if err != nil {
		return errors.Join(err, c.driver.Close())
	}
	return nil
}

// capture reads until stopped, and gives the device back, also when it was torn out.
func (c *Camera) capture(stop <-chan struct{}, reader mediavideo.Reader, mode prop.Media, deliver func(*video.Frame)) error {
	defer func() { _ = c.driver.Close() }()
	jpegs := mode.FrameFormat == "MJPEG"
	torn := 0
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		picture, release, err := reader.Read()
		if err != nil {
			if torn++; isTorn(err) && torn < cameraBroken {
				continue
			}
			return fmt.Errorf("camera %q: %w: %w", c.label, errUnplugged, err)
		}
		f, err := c.convert(picture, jpegs)
		release()
		if err != nil {
			if torn++; torn < cameraBroken {
				continue
			}
			return fmt.Errorf("camera %q: %w: %w", c.label, ErrUnavailable, err)
		}
		torn = 0
		deliver(f)
		f.Release()
	}
}

// isTorn tells a picture that arrived damaged from a camera that is gone.
func isTorn(err error) bool {
	var format jpeg.FormatError
	var unsupported jpeg.UnsupportedError
	return errors.As(err, &format) || errors.As(err, &unsupported) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (c *Camera) convert(picture image.Image, fullRange bool) (*video.Frame, error) {
	size := picture.Bounds()
	if size.Empty() {
		return nil, errors.New("a picture without a size")
	}
	f := c.pool.Get(size.Dx(), size.Dy())
	f.Captured = video.Now()
	var err error
	if ycbcr, ok := picture.(*image.YCbCr); ok {
		err = video.FromYCbCr(f, ycbcr, fullRange)
	} else {
		err = video.FromImage(f, picture)
	}
	if err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

// Close as VideoSource: the light is off when it returns.
func (c *Camera) Close() error {
	c.run.close()
	return nil
}
