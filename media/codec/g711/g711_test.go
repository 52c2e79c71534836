package g711

import (
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
)

func telephone(name string) codectest.AudioCase {
	return codectest.AudioCase{Name: name, SampleRate: 8000, Channels: 1, MinSNR: 33}
}

func TestPCMU(t *testing.T) { codectest.Audio(t, telephone("PCMU")) }

func TestPCMA(t *testing.T) { codectest.Audio(t, telephone("PCMA")) }

// TestKnownValues compares with values of ITU-T G.711, tables 1a to 2b, scaled to 16 bits.
func TestKnownValues(t *testing.T) {
	for b, want := range map[byte]int16{0xff: 0, 0x7f: 0, 0x80: 32124, 0x00: -32124, 0xfe: 8, 0xef: 132, 0xf0: 120} {
		if got := decodeMu[b]; got != want {
			t.Errorf("PCMU %#x is %d, want %d", b, got, want)
		}
	}
	for b, want := range map[byte]int16{0xd5: 8, 0x55: -8, 0xaa: 32256, 0x2a: -32256, 0xc5: 264, 0xda: 248} {
		if got := decodeA[b]; got != want {
			t.Errorf("PCMA %#x is %d, want %d", b, got, want)
		}
	}
}

// TestEveryByte survives decoding and coding again, but for the second zero of the mu-law; and every sample is coded as
// the value nearest to it, or its equal.
func TestEveryByte(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := compressMu(decodeMu[b]); got != b && b != 0x7f {
			t.Errorf("PCMU %#x comes back as %#x", b, got)
		}
		if got := compressA(decodeA[b]); got != b {
			t.Errorf("PCMA %#x comes back as %#x", b, got)
		}
	}
	laws := map[string]struct {
		compress func(int16) byte
		expand   *[256]int16
	}{"PCMU": {compressMu, &decodeMu}, "PCMA": {compressA, &decodeA}}
	for name, law := range laws {
		last := law.expand[law.compress(-32768)]
		for s := -32768; s <= 32767; s++ {
			got := law.expand[law.compress(int16(s))]
			if got < last {
				t.Fatalf("%s is not monotonic at %d", name, s)
			}
			last = got
			if diff := max(int(got)-s, s-int(got)); diff > max(16, max(s, -s)/27) {
				t.Fatalf("%s codes %d as %d", name, s, got)
			}
		}
	}
}

func TestOtherRates(t *testing.T) {
	for _, c := range []codec.AudioConfig{{SampleRate: 48000, Channels: 1}, {SampleRate: 8000, Channels: 2}} {
		a, err := codec.Audio("pcma")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.NewEncoder(c); err == nil {
			t.Errorf("an encoder for %+v", c)
		}
		if _, err := a.NewDecoder(c); err == nil {
			t.Errorf("a decoder for %+v", c)
		}
	}
}

func BenchmarkPCMU(b *testing.B) { codectest.BenchmarkAudio(b, telephone("PCMU")) }
