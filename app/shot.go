package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"sync"

	"parley/media/device"
	"parley/media/video"
)

// shoot writes what the X11 screen shows as a PNG. The window itself cannot tell: on software OpenGL what it reads back
// may be black.
func shoot(ctx context.Context, path string) (err error) {
	source, err := device.OpenVideo("screen", device.VideoOptions{})
	if err != nil {
		return fmt.Errorf("picture of the screen: %w", err)
	}
	first := make(chan *video.Frame, 1)
	failed := make(chan error, 1)
	var once sync.Once
	deliver := func(f *video.Frame) { once.Do(func() { first <- f.Retain() }) }
	if err := source.Start(deliver, func(err error) { failed <- err }); err != nil {
		return errors.Join(fmt.Errorf("picture of the screen: %w", err), source.Close())
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	select {
	case frame := <-first:
		defer frame.Release()
		return writePNG(path, frame)
	case err := <-failed:
		return fmt.Errorf("picture of the screen: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func writePNG(path string, frame *video.Frame) error {
	picture := image.NewRGBA(image.Rect(0, 0, frame.Width, frame.Height))
	if err := video.ToRGBA(picture, frame); err != nil {
		return fmt.Errorf("picture of the screen: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(file, picture), file.Close())
}
