package device

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"parley/media/record/y4m"
	"parley/media/video"
)

// VideoFile plays a .y4m file at its own rate, over and over.
type VideoFile struct {
	path   string
	file   *os.File
	reader *y4m.Reader
	run    runner
	pool   video.Pool
}

// OpenVideoFile opens a file and checks its first frame. Errors: of the file system (fs.ErrNotExist), y4m.ErrFormat.
func OpenVideoFile(path string) (*VideoFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("video file: %w", err)
	}
	v := &VideoFile{path: path, file: file}
	if err := v.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("video file %s: %w", path, err), file.Close())
	}
	return v, nil
}

func (v *VideoFile) check() (err error) {
	if v.reader, err = y4m.NewReader(v.file); err != nil {
		return err
	}
	f := v.frame()
	defer f.Release()
	if err := v.reader.Next(f); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: not one whole frame", y4m.ErrFormat)
	} else if err != nil {
		return err
	}
	return v.reader.Rewind()
}

// Header of the file: size and rate.
func (v *VideoFile) Header() y4m.Header { return v.reader.Header }

// Label is the file's name.
func (v *VideoFile) Label() string { return filepath.Base(v.path) }

// Start as VideoSource.
func (v *VideoFile) Start(deliver func(*video.Frame), ended func(error)) error {
	return v.run.start(func(stop <-chan struct{}) error {
		return pace(stop, 1/v.reader.Header.FrameRate(), func(int64) error {
			f := v.frame()
			defer f.Release()
			if err := v.next(f); err != nil {
				return fmt.Errorf("video file %s: %w", v.path, err)
			}
			f.Captured = video.Now()
			deliver(f)
			return nil
		})
	}, ended)
}

func (v *VideoFile) next(f *video.Frame) error {
	err := v.reader.Next(f)
	if !errors.Is(err, io.EOF) {
		return err
	}
	if err := v.reader.Rewind(); err != nil {
		return err
	}
	return v.reader.Next(f)
}

func (v *VideoFile) frame() *video.Frame {
	return v.pool.Get(v.reader.Header.Width, v.reader.Header.Height)
}

// Close as VideoSource.
func (v *VideoFile) Close() error {
	v.run.close()
	return v.file.Close()
}
