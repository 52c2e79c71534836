package mf

/*
#cgo CFLAGS: -O2
#cgo LDFLAGS: -lole32
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"time"
	"unsafe"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"
	"golang.org/x/sys/windows"
)

// ErrGone means that the camera delivers nothing any more.
var ErrGone = errors.New("the camera is gone")

const (
	maxModes = 256
	// patience is how long a picture may take: a camera that sets up its exposure needs about a second.
	patience = 5 * time.Second
)

// formats by their four characters.
var formats = map[uint32]frame.Format{
	fourCC("NV12"): frame.FormatNV12, fourCC("YUY2"): frame.FormatYUY2, fourCC("UYVY"): frame.FormatUYVY,
	fourCC("I420"): frame.FormatI420, fourCC("IYUV"): frame.FormatI420, fourCC("MJPG"): frame.FormatMJPEG,
}

func fourCC(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// Camera is one that is plugged in. It implements driver.Driver and driver.VideoRecorder.
type Camera struct {
	name, link string
	handle     *C.parley_mf_camera // nil: closed
	modes      []C.parley_mf_mode
	state      driver.State
}

// List cameras; none where Windows has no Media Foundation.
func List() []*Camera {
	var count C.int
	devices := C.parley_mf_list(&count)
	defer C.parley_mf_list_free(devices, count)
	var list []*Camera
	for _, d := range unsafe.Slice(devices, int(count)) {
		c := &Camera{name: text(d.name), link: text(d.link), state: driver.StateClosed}
		if c.link != "" {
			list = append(list, c)
		}
	}
	return list
}

func text(s *C.uint16_t) string { return windows.UTF16PtrToString((*uint16)(unsafe.Pointer(s))) }

// ID as driver.Driver.
func (c *Camera) ID() string { return c.link }

// Info as driver.Driver: the label is the device's path, which stays the same at the same plug.
func (c *Camera) Info() driver.Info {
	return driver.Info{Name: c.name, Label: c.link, DeviceType: driver.Camera}
}

// Status as driver.Driver.
func (c *Camera) Status() driver.State { return c.state }

// Open as driver.Driver.
func (c *Camera) Open() error {
	link, err := windows.UTF16FromString(c.link)
	if err != nil {
		return err
	}
	var hr C.long
	if c.handle = C.parley_mf_open((*C.uint16_t)(unsafe.Pointer(&link[0])), &hr); c.handle == nil {
		return failure("open", hr)
	}
	modes := make([]C.parley_mf_mode, maxModes)
	c.modes = modes[:C.parley_mf_modes(c.handle, &modes[0], maxModes)]
	c.state = driver.StateOpened
	return nil
}

func failure(doing string, hr C.long) error {
	return fmt.Errorf("%s: Media Foundation says %#x", doing, uint32(hr))
}

// Close as driver.Driver. Nothing may be read at the same time.
func (c *Camera) Close() error {
	if c.handle != nil {
		C.parley_mf_close(c.handle)
	}
	c.handle, c.modes, c.state = nil, nil, driver.StateClosed
	return nil
}

// Properties as driver.Driver.
func (c *Camera) Properties() []prop.Media {
	var list []prop.Media
	for _, m := range c.modes {
		if media, ok := property(m); ok {
			list = append(list, media)
		}
	}
	return list
}

// property of a mode; false for one that nobody here understands.
func property(m C.parley_mf_mode) (prop.Media, bool) {
	format, ok := formats[uint32(m.fourcc)]
	var rate float32
	if m.seconds > 0 {
		rate = float32(m.frames) / float32(m.seconds)
	}
	return prop.Media{Video: prop.Video{Width: int(m.width), Height: int(m.height), FrameRate: rate, FrameFormat: format}}, ok
}

// VideoRecord as driver.VideoRecorder.
func (c *Camera) VideoRecord(p prop.Media) (video.Reader, error) {
	reader, err := c.record(p)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.state = driver.StateRunning
	return reader, nil
}

func (c *Camera) record(p prop.Media) (video.Reader, error) {
	decoder, err := frame.NewDecoder(p.FrameFormat)
	if err != nil {
		return nil, err
	}
	for _, m := range c.modes {
		media, ok := property(m)
		if !ok || media.Video != p.Video {
			continue
		}
		if hr := C.parley_mf_start(c.handle, m.index); hr < 0 {
			return nil, failure("start", hr)
		}
		return video.ReaderFunc(func() (image.Image, func(), error) {
			picture, err := c.read()
			if err != nil {
				return nil, func() {}, err
			}
			return decoder.Decode(picture, p.Width, p.Height)
		}), nil
	}
	return nil, fmt.Errorf("the camera has no mode of %d×%d", p.Width, p.Height)
}

// read waits for a picture, which is valid until the next one.
func (c *Camera) read() ([]byte, error) {
	p := C.parley_mf_read(c.handle, C.unsigned(patience.Milliseconds()))
	switch p.state {
	case 0:
		return unsafe.Slice((*byte)(unsafe.Pointer(p.data)), int(p.size)), nil
	case 1:
		return nil, fmt.Errorf("%w: no picture for %v", ErrGone, patience)
	}
	return nil, fmt.Errorf("%w: %w", ErrGone, failure("read", p.hr))
}
