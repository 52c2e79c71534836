package mix

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"parley/media/codec"
	_ "parley/media/codec/g711"
	_ "parley/media/codec/g722"
)

// gain of a path for a tone, in dB, once it has settled.
func gain(frequency float64, rate float64, path func(pcm []int16) []int16) float64 {
	var in, out float64
	for n := range 20 {
		pcm := make([]int16, int(rate/50))
		for i := range pcm {
			pcm[i] = int16(10000 * math.Sin(2*math.Pi*frequency*float64(n*len(pcm)+i)/rate))
		}
		got := path(pcm)
		if n < 5 {
			continue
		}
		in += power(pcm)
		out += power(got)
	}
	return 10 * math.Log10((out+1e-9)/in)
}

func power(pcm []int16) (mean float64) {
	for _, v := range pcm {
		mean += float64(v) * float64(v)
	}
	return mean / float64(len(pcm))
}

func TestTelephoneBand(t *testing.T) {
	for _, name := range []string{"PCMA", "G722"} {
		t.Run(name, func(t *testing.T) {
			adapter, err := codec.Audio(name)
			if err != nil {
				t.Fatal(err)
			}
			step := stepOf(adapter)
			wide := float64(adapter.SampleRate) / 8000 // the bands are as much wider
			for _, c := range []struct{ frequency, atLeast, atMost float64 }{
				{300, -0.5, 0.5}, {1000, -0.5, 0.5}, {2700, -1, 0.5}, {5000, -200, -50}, {9000, -200, -50},
			} {
				d := newDecimator(step)
				got := gain(c.frequency*wide, sampleRate, func(pcm []int16) []int16 { return d.run(nil, pcm) })
				if got < c.atLeast || got > c.atMost {
					t.Errorf("down, %g Hz: %.1f dB", c.frequency*wide, got)
				}
			}
			up := newInterpolator(step)
			path := func(pcm []int16) []int16 { return up.run(nil, pcm) }
			if got := gain(1000*wide, float64(adapter.SampleRate), path); got < -0.5 || got > 0.5 {
				t.Errorf("up, %g Hz: %.1f dB", 1000*wide, got)
			}
			// The picture of the tone above half the rate must be gone: what is left after taking the tone out is small.
			down := newDecimator(step)
			up = newInterpolator(step)
			path = func(pcm []int16) []int16 { return down.run(nil, up.run(nil, pcm)) }
			if got := gain(1000*wide, float64(adapter.SampleRate), path); got < -0.5 || got > 0.5 {
				t.Errorf("there and back: %.1f dB", got)
			}
		})
	}
}

func TestTelephoneAndOpusHearEachOther(t *testing.T) {
	for _, name := range []string{"G722", "PCMU", "PCMA"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := New(nil)
				defer m.Close()
				adapter, err := codec.Audio(name)
				if err != nil {
					t.Fatal(err)
				}
				config := codec.AudioConfig{SampleRate: adapter.SampleRate, Channels: 1}
				decoder, err := adapter.NewDecoder(config)
				if err != nil {
					t.Fatal(err)
				}
				encoder, err := adapter.NewEncoder(config)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				phone, room := -127.0, -127.0
				var last uint32
				telephone, err := m.Join(Options{Name: "phone", Codec: name, Output: func(packet []byte, timestamp uint32, _ bool) {
					mu.Lock()
					defer mu.Unlock()
					if last != 0 && timestamp-last != 160 {
						t.Errorf("timestamp grew by %d", timestamp-last)
					}
					last = timestamp
					pcm := make([]int16, 1000)
					n, err := decoder.Decode(pcm, packet)
					if err != nil || n != adapter.SampleRate/50 {
						t.Errorf("%d samples, %v", n, err)
					}
					phone = max(phone, level(pcm[:n]))
				}})
				if err != nil {
					t.Fatal(err)
				}
				opus, err := codec.Audio("opus")
				if err != nil {
					t.Fatal(err)
				}
				ear, err := opus.NewDecoder(codec.AudioConfig{SampleRate: sampleRate, Channels: 1})
				if err != nil {
					t.Fatal(err)
				}
				defer ear.Close()
				speaker, err := m.Join(Options{Name: "room", Local: true, Output: func(packet []byte, _ uint32, _ bool) {
					mu.Lock()
					defer mu.Unlock()
					pcm := make([]int16, maxPacket)
					n, err := ear.Decode(pcm, packet)
					if err != nil {
						t.Error(err)
					}
					room = max(room, level(pcm[:n]))
				}})
				if err != nil {
					t.Fatal(err)
				}
				down := newDecimator(stepOf(adapter))
				for n := range 50 { // first the room speaks, then the telephone
					if n < 25 {
						speaker.PushLocal(tone(n, 440, 0.3))
					} else {
						coded, _ := encoder.Encode(nil, down.run(nil, tone(n, 440, 0.3)))
						telephone.Push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(n)}, Payload: coded})
					}
					time.Sleep(frameTime)
				}
				mu.Lock()
				defer mu.Unlock()
				if phone < -16 || phone > -10 { // a sine at 0.3 of full scale is -13.5 dBov
					t.Errorf("the telephone hears %.1f dBov", phone)
				}
				if room < -18 || room > -9 {
					t.Errorf("the room hears %.1f dBov", room)
				}
			})
		})
	}
}

func TestADeafMemberGetsNothingAndASecondSelfDoesNotEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(nil)
		defer m.Close()
		var mu sync.Mutex
		heard := map[string]int{}
		loud := map[string]float64{"screen": -127, "b": -127}
		opus, err := codec.Audio("opus")
		if err != nil {
			t.Fatal(err)
		}
		output := func(name string) Output {
			ear, err := opus.NewDecoder(codec.AudioConfig{SampleRate: sampleRate, Channels: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ear.Close() })
			return func(packet []byte, _ uint32, _ bool) {
				mu.Lock()
				defer mu.Unlock()
				heard[name]++
				pcm := make([]int16, maxPacket)
				n, err := ear.Decode(pcm, packet)
				if err != nil {
					t.Error(err)
				}
				loud[name] = max(loud[name], level(pcm[:n]))
			}
		}
		join := func(o Options) *Member {
			t.Helper()
			member, err := m.Join(o)
			if err != nil {
				t.Fatal(err)
			}
			return member
		}
		a := join(Options{Name: "a", Local: true, Output: output("a")})
		join(Options{Name: "a's screen", Local: true, Self: a, Output: output("screen")})
		join(Options{Name: "b", Local: true, Output: output("b")})
		a.SetDeaf(true)
		for n := range 50 {
			a.PushLocal(tone(n, 440, 0.3))
			time.Sleep(frameTime)
		}
		mu.Lock()
		defer mu.Unlock()
		if heard["a"] != 0 {
			t.Errorf("the deaf one got %d packets", heard["a"])
		}
		if loud["b"] < -20 || loud["screen"] > -60 {
			t.Errorf("heard, dBov: %v", loud)
		}
	})
}
