package g722

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
)

var wide = codectest.AudioCase{Name: "G722", SampleRate: 16000, Channels: 1, MinSNR: 20}

func TestG722(t *testing.T) { codectest.Audio(t, wide) }

func BenchmarkG722(b *testing.B) { codectest.BenchmarkAudio(b, wide) }

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samples(t *testing.T, name string) []int16 {
	t.Helper()
	b := read(t, name)
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}

// TestLikeFFmpeg: every bit of what ffmpeg codes and decodes, whatever the length of the packets.
func TestLikeFFmpeg(t *testing.T) {
	in, coded, out := samples(t, "in.s16"), read(t, "coded.g722"), samples(t, "out.s16")
	for _, frame := range []int{320, 1, 7, len(in)} { // samples
		e, d := newEncoder(), newDecoder()
		var data []byte
		for at := 0; at < len(in); at += frame {
			var err error
			if data, err = e.Encode(data, in[at:min(at+frame, len(in))]); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(data, coded) {
			at := 0
			for at < min(len(data), len(coded)) && data[at] == coded[at] {
				at++
			}
			t.Fatalf("frames of %d: %d bytes, want %d; the first other one is byte %d", frame, len(data), len(coded), at)
		}
		packet, pcm := max(frame/2, 1), make([]int16, len(in))
		for at := 0; at < len(coded); at += packet {
			end := min(at+packet, len(coded))
			if n, err := d.Decode(pcm[2*at:2*end], coded[at:end]); err != nil || n != 2*(end-at) {
				t.Fatalf("%d samples, %v", n, err)
			}
		}
		for i := range pcm {
			if pcm[i] != out[i] {
				t.Fatalf("packets of %d bytes: sample %d is %d, want %d", packet, i, pcm[i], out[i])
			}
		}
	}
}

// TestAnyBytes: whatever comes, the state stays within its bounds, which the decoder of a peer must not leave.
func TestAnyBytes(t *testing.T) {
	d, pcm := newDecoder(), make([]int16, 2)
	for i := range 200_000 {
		code := byte(i * 7919 >> 5)
		if i%1000 < 500 {
			code = byte(i >> 9) // the same for a while: the steps grow and shrink to their ends
		}
		if _, err := d.Decode(pcm, []byte{code}); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string]*band{"low": &d.low, "high": &d.high} {
			most := int32(18432)
			if b == &d.high {
				most = 22528
			}
			if b.logStep < 0 || b.logStep > most || b.step <= 0 || b.step > 32767 || b.a[1] < -12288 || b.a[1] > 12288 {
				t.Fatalf("%s band after %d codes: %+v", name, i, *b)
			}
		}
	}
}

func TestOtherRates(t *testing.T) {
	a, err := codec.Audio("g722")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []codec.AudioConfig{{SampleRate: 8000, Channels: 1}, {SampleRate: 16000, Channels: 2}} {
		if _, err := a.NewEncoder(c); err == nil {
			t.Errorf("an encoder for %+v", c)
		}
		if _, err := a.NewDecoder(c); err == nil {
			t.Errorf("a decoder for %+v", c)
		}
	}
}
