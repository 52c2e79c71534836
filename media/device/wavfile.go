package device

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"parley/media/audio"
	"parley/media/record/wav"
)

// AudioFile plays a .wav file, resampled to 48 kHz, over and over. Files of more than two channels play their front pair.
type AudioFile struct {
	path      string
	file      *os.File
	reader    *wav.Reader
	resampler *audio.Resampler // nil: the file has 48 kHz
	channels  int
	run       runner

	raw, remixed, ready []int16
}

// OpenAudioFile opens a file. Errors: of the file system (fs.ErrNotExist), wav.ErrFormat.
func OpenAudioFile(path string) (*AudioFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("audio file: %w", err)
	}
	a := &AudioFile{path: path, file: file}
	if err := a.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("audio file %s: %w", path, err), file.Close())
	}
	return a, nil
}

func (a *AudioFile) check() (err error) {
	if a.reader, err = wav.NewReader(a.file); err != nil {
		return err
	}
	format := a.reader.Format
	a.channels = min(2, format.Channels)
	a.raw = make([]int16, max(1, format.SampleRate/100)*format.Channels)
	if _, err := a.reader.Read(a.raw); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: no samples", wav.ErrFormat)
	} else if err != nil {
		return err
	}
	if format.SampleRate != SampleRate {
		if a.resampler, err = audio.NewResampler(format.SampleRate, SampleRate, a.channels); err != nil {
			return err
		}
	}
	return a.reader.Rewind()
}

// Format of the file.
func (a *AudioFile) Format() wav.Format { return a.reader.Format }

// Label is the file's name.
func (a *AudioFile) Label() string { return filepath.Base(a.path) }

// Channels as AudioSource.
func (a *AudioFile) Channels() int { return a.channels }

// Start as AudioSource.
func (a *AudioFile) Start(deliver func(pcm []int16), ended func(error)) error {
	return a.run.start(func(stop <-chan struct{}) error {
		return pace(stop, audioPeriod, func(int64) error {
			want := FrameSamples * a.channels
			for len(a.ready) < want {
				if err := a.more(); err != nil {
					return fmt.Errorf("audio file %s: %w", a.path, err)
				}
			}
			deliver(a.ready[:want])
			a.ready = a.ready[:copy(a.ready, a.ready[want:])]
			return nil
		})
	}, ended)
}

// more reads about 10 ms into ready, going round at the end.
func (a *AudioFile) more() error {
	n, err := a.reader.Read(a.raw)
	if errors.Is(err, io.EOF) {
		if err := a.reader.Rewind(); err != nil {
			return err
		}
		n, err = a.reader.Read(a.raw)
	}
	if err != nil {
		return err
	}
	from := a.reader.Format.Channels
	a.remixed = audio.Remix(a.remixed[:0], a.raw[:n*from], from, a.channels)
	if a.resampler != nil {
		a.ready = a.resampler.Process(a.ready, a.remixed)
	} else {
		a.ready = append(a.ready, a.remixed...)
	}
	return nil
}

// Close as AudioSource.
func (a *AudioFile) Close() error {
	a.run.close()
	return a.file.Close()
}
