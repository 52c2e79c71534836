package main

import (
	"sync"

	"parley/media/device/stamp"
	"parley/media/video"
)

// eye notes every frame of the main remote video.
type eye struct {
	look func(*video.Frame) seen

	mu     sync.Mutex
	frames []seen
}

func (e *eye) see(f *video.Frame) {
	s := e.look(f)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frames = append(e.frames, s)
}

func (e *eye) all() []seen {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.frames
}

// age of a frame that carries the time it was drawn.
func age(f *video.Frame) seen {
	s := seen{At: now(), Width: f.Width}
	if drawn, ok := stamp.Read(f); ok {
		s.Age = s.At - float64(drawn.UnixMicro())/1000
	}
	return s
}

// judge compares frames with the originals; every so many, for comparing costs more than decoding.
type judge struct {
	originals []*video.Frame
	scaled    *video.Frame
	count     int
}

const judgeEach = 6

func newJudge() (*judge, error) {
	frames, err := originals(*content)
	return &judge{originals: frames, scaled: video.NewFrame(width, height)}, err
}

func (j *judge) look(f *video.Frame) seen {
	s := seen{At: now(), Width: f.Width}
	j.count++
	if j.count%judgeEach != 0 {
		return s
	}
	at, ok := stamp.Read(f)
	if !ok {
		return s
	}
	index := at.Sub(numbered).Milliseconds()
	if index < 0 || index >= int64(len(j.originals)) {
		return s
	}
	// What is smaller is drawn larger: a person would see the same.
	if video.Scale(j.scaled, f) != nil {
		return s
	}
	sent, got := below(j.originals[index]), below(j.scaled)
	s.PSNR, s.SSIM = video.PSNR(sent, got), video.SSIM(sent, got)
	return s
}
