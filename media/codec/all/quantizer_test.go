package all

import (
	"testing"

	"parley/media/codec"
	"parley/media/video"
)

// A coarser picture has a greater quantizer, and a decoder reads what the encoder chose.
func TestQuantizersTellHowCoarsePicturesAre(t *testing.T) {
	for name, most := range map[string]int{"VP8": 127, "VP9": 255, "H264": 51} {
		t.Run(name, func(t *testing.T) {
			adapter, err := codec.Video(name)
			if err != nil {
				t.Fatal(err)
			}
			fine, coarse := quantizer(t, adapter, 4_000_000), quantizer(t, adapter, 100_000)
			if fine < 0 || coarse <= fine || coarse > most {
				t.Errorf("%d with many bits, %d with few", fine, coarse)
			}
		})
	}
}

// quantizer of the tenth picture of noise at a bitrate.
func quantizer(t *testing.T, adapter codec.VideoAdapter, bitrate int) int {
	t.Helper()
	encoder, err := adapter.NewEncoder(codec.VideoConfig{Width: 320, Height: 180, FrameRate: 30, Bitrate: bitrate, Screen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	decoder, err := adapter.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	if q := encoder.(codec.Quantizing).Quantizer(); q >= 0 {
		t.Errorf("%d before anything was coded", q)
	}
	frame := video.NewFrame(320, 180)
	for i := range 10 {
		for j := range frame.Y {
			frame.Y[j] = byte((i*j*2654435761)>>9)>>2 + byte(j)
		}
		data, _, err := encoder.Encode(nil, frame, i == 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) == 0 {
			continue
		}
		decoded, err := decoder.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if decoded != nil {
			decoded.Release()
		}
		chosen, read := encoder.(codec.Quantizing).Quantizer(), decoder.(codec.Quantizing).Quantizer()
		if chosen != read {
			t.Errorf("picture %d: %d was chosen, %d is read", i, chosen, read)
		}
	}
	return encoder.(codec.Quantizing).Quantizer()
}
