package main

import (
	"parley/media/device"
	"parley/media/device/stamp"
	"parley/media/video"
)

// camera is a moving picture whose frames tell when they were drawn.
type camera struct{ *device.VideoFile }

func (c camera) Start(deliver func(*video.Frame), ended func(error)) error {
	return c.VideoFile.Start(func(f *video.Frame) {
		stamp.Draw(f, now()) // nobody else has the frame yet
		deliver(f)
	}, ended)
}

func openCamera(path string) (*device.VideoTrack, error) {
	open := func() (device.VideoSource, error) {
		file, err := device.OpenVideoFile(path)
		if err != nil {
			return nil, err
		}
		return camera{file}, nil
	}
	first, err := open()
	if err != nil {
		return nil, err
	}
	return device.NewVideoTrack(first, open, device.TrackOptions{})
}
