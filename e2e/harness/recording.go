package harness

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"
	"strings"
)

// Video is what a look into a .y4m recording found. Brightness is of the luma plane, 0–255.
type Video struct {
	Width, Height int
	Frames        int
	Different     int     // distinct pictures
	Mean          float64 // brightness over all frames
	Deviation     float64 // largest spread within one frame: 0 is a plain surface
}

// ReadVideo looks through a recording (4:2:0, 8 bit).
func ReadVideo(path string) (Video, error) {
	file, err := os.Open(path)
	if err != nil {
		return Video{}, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<20)
	header, err := in.ReadString('\n')
	if err != nil {
		return Video{}, fmt.Errorf("%s: header: %w", path, err)
	}
	var v Video
	for _, field := range strings.Fields(header) {
		switch field[0] {
		case 'W':
			fmt.Sscan(field[1:], &v.Width)
		case 'H':
			fmt.Sscan(field[1:], &v.Height)
		}
	}
	if !strings.HasPrefix(header, "YUV4MPEG2 ") || v.Width <= 0 || v.Height <= 0 {
		return v, fmt.Errorf("%s: not a y4m file: %q", path, header)
	}
	luma := v.Width * v.Height
	frame := make([]byte, luma+2*((v.Width+1)/2)*((v.Height+1)/2))
	seen := map[uint64]bool{}
	var sum float64
	for {
		if _, err := in.ReadString('\n'); err == io.EOF {
			break
		} else if err != nil {
			return v, err
		}
		if _, err := io.ReadFull(in, frame); err != nil {
			return v, fmt.Errorf("%s: frame %d is cut short: %w", path, v.Frames, err)
		}
		hash := fnv.New64a()
		hash.Write(frame)
		seen[hash.Sum64()] = true
		mean, deviation := spread(frame[:luma])
		sum += mean
		v.Deviation = max(v.Deviation, deviation)
		v.Frames++
	}
	v.Different = len(seen)
	if v.Frames > 0 {
		v.Mean = sum / float64(v.Frames)
	}
	return v, nil
}

func spread(values []byte) (mean, deviation float64) {
	var sum, squares float64
	for _, value := range values {
		sum += float64(value)
		squares += float64(value) * float64(value)
	}
	n := float64(len(values))
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean))
}

// Sound is what a look into a .wav recording found.
type Sound struct {
	Seconds float64
	Peak    float64 // 0..1
	RMS     float64 // 0..1
}

// ReadSound looks through a 16-bit PCM recording.
func ReadSound(path string) (Sound, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Sound{}, err
	}
	if len(data) < 12 || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return Sound{}, fmt.Errorf("%s: not a WAV file", path)
	}
	var byteRate float64
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		body := data[at+8 : min(len(data), at+8+size)]
		switch string(data[at : at+4]) {
		case "fmt ":
			if len(body) < 16 || binary.LittleEndian.Uint16(body[14:]) != 16 {
				return Sound{}, fmt.Errorf("%s: not 16-bit PCM", path)
			}
			byteRate = float64(binary.LittleEndian.Uint32(body[8:]))
		case "data":
			return measure(body, byteRate), nil
		}
		at += 8 + size + size%2
	}
	return Sound{}, fmt.Errorf("%s: no sound in it", path)
}

func measure(pcm []byte, byteRate float64) Sound {
	s := Sound{Seconds: float64(len(pcm)) / byteRate}
	var squares float64
	for i := 0; i+1 < len(pcm); i += 2 {
		value := math.Abs(float64(int16(binary.LittleEndian.Uint16(pcm[i:])))) / 32768
		s.Peak = max(s.Peak, value)
		squares += value * value
	}
	if n := len(pcm) / 2; n > 0 {
		s.RMS = math.Sqrt(squares / float64(n))
	}
	return s
}
