package scenarios

import (
	"math/rand/v2"
	"testing"

	"parley/media/device"
	"parley/media/device/stamp"
	"parley/media/video"
)

// grain is how much a noisy picture's luma differs from the smooth one's at most.
const grain = 24

// noisy is a test picture with noise all over it, like a camera's in the dark: it needs all the bits that it gets.
type noisy struct{ device.VideoSource }

func (n noisy) Start(deliver func(*video.Frame), ended func(error)) error {
	random := rand.New(rand.NewPCG(1, 2))
	var pool video.Pool
	return n.VideoSource.Start(func(smooth *video.Frame) {
		f := pool.Get(smooth.Width, smooth.Height)
		defer f.Release()
		f.Captured = smooth.Captured
		copy(f.Y, smooth.Y)
		copy(f.U, smooth.U)
		copy(f.V, smooth.V)
		for y := stamp.Height(f.Height); y < f.Height; y++ {
			line := f.Y[y*f.StrideY : y*f.StrideY+f.Width]
			for x := 0; x+8 <= len(line); x += 8 {
				bits := random.Uint64()
				for i := range 8 {
					line[x+i] = byte(min(235, max(16, int(line[x+i])+int(byte(bits>>(8*i)))%(2*grain)-grain)))
				}
			}
		}
		deliver(f)
	}, ended)
}

// newNoisyCamera is newCamera with noise.
func newNoisyCamera(t *testing.T, c colour, width, height int) *device.VideoTrack {
	t.Helper()
	pattern, err := device.NewPattern(device.PatternOptions{Width: width, Height: height, FPS: 12, Stamp: true, Hue: 37 * int(c)})
	if err != nil {
		t.Fatal(err)
	}
	track, err := device.NewVideoTrack(noisy{pattern}, nil, device.TrackOptions{ID: "noisy"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { release(track) })
	return track
}
