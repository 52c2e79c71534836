package mix

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"parley/media/codec"
	_ "parley/media/codec/opus"
)

func tone(n int, frequency, amplitude float64) []int16 {
	pcm := make([]int16, frameSamples)
	for i := range pcm {
		pcm[i] = int16(32767 * amplitude * math.Sin(2*math.Pi*frequency*float64(n*frameSamples+i)/sampleRate))
	}
	return pcm
}

// packets codes some frames of a tone.
func packets(t *testing.T, count int, first uint16) []*rtp.Packet {
	t.Helper()
	adapter, err := codec.Audio("opus")
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := adapter.NewEncoder(codec.AudioConfig{SampleRate: sampleRate, Channels: 1, Bitrate: 32000, FEC: true})
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	var list []*rtp.Packet
	for n := range count {
		data, err := encoder.Encode(nil, tone(n, 440, 0.3))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, &rtp.Packet{Header: rtp.Header{SequenceNumber: first + uint16(n)}, Payload: data})
	}
	return list
}

func newTestInput(t *testing.T) *input {
	t.Helper()
	in, err := newInput("opus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.close)
	return in
}

func TestInputPutsPacketsInOrderAndConcealsLoss(t *testing.T) {
	in := newTestInput(t)
	list := packets(t, 40, 65520) // wraps
	pcm := make([]int16, frameSamples)
	if in.pull(pcm) {
		t.Fatal("sound out of nothing")
	}
	for i := 0; i < 4; i += 2 {
		in.push(list[i+1])
		in.push(list[i])
	}
	// The first pair came the wrong way round: what is older than the first packet ever is lost, the rest is in order.
	played, quiet := 0, 0
	for i := 4; i < 40; i++ {
		if i != 20 && i != 30 && i != 31 {
			in.push(list[i])
		}
		if !in.pull(pcm) {
			t.Fatalf("dried up at %d", i)
		}
		played++
		if played > 3 && level(pcm) < -25 {
			quiet++
		}
	}
	if quiet > 0 {
		t.Errorf("%d of %d frames are quiet: loss was not concealed", quiet, played)
	}
}

func TestInputDoesNotGatherDelay(t *testing.T) {
	in := newTestInput(t)
	for _, p := range packets(t, 60, 100) {
		in.push(p)
	}
	pcm := make([]int16, frameSamples)
	frames := 0
	for in.pull(pcm) {
		frames++
	}
	if frames > maxDepth+2 {
		t.Errorf("%d frames were kept", frames)
	}
}

func TestInputTakesNewNumbers(t *testing.T) {
	in := newTestInput(t)
	pcm := make([]int16, frameSamples)
	for _, first := range []uint16{1000, 40000, 5} {
		heard := 0
		for _, p := range packets(t, 10, first) {
			in.push(p)
			if in.pull(pcm) {
				heard++
			}
		}
		if heard < 7 {
			t.Errorf("from %d on: %d of 10 frames", first, heard)
		}
		for in.pull(pcm) { // the rest
		}
	}
}

func TestInputSurvivesGarbage(t *testing.T) {
	in := newTestInput(t)
	pcm := make([]int16, frameSamples)
	for n := range 300 {
		payload := make([]byte, n%50)
		for i := range payload {
			payload[i] = byte(n * i * 31)
		}
		in.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(n * n)}, Payload: payload})
		in.pull(pcm)
	}
}

// TestMixIsTheSumOfTheOthers runs the mixer on virtual time.
func TestMixIsTheSumOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(nil)
		adapter, _ := codec.Audio("opus")
		type ear struct {
			member  *Member
			decoder codec.AudioDecoder
			energy  float64
			stamps  []uint32
		}
		var mu sync.Mutex
		var ears [3]*ear
		for i := range ears {
			decoder, err := adapter.NewDecoder(codec.AudioConfig{SampleRate: sampleRate, Channels: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer decoder.Close()
			e := &ear{decoder: decoder, energy: -127}
			ears[i] = e
			e.member, err = m.Join(Options{Name: string(rune('a' + i)), Local: true, Output: func(packet []byte, timestamp uint32, _ bool) {
				mu.Lock()
				defer mu.Unlock()
				e.stamps = append(e.stamps, timestamp)
				pcm := make([]int16, maxPacket)
				n, err := e.decoder.Decode(pcm, packet)
				if err != nil {
					t.Error(err)
				}
				e.energy = math.Max(e.energy, level(pcm[:n]))
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		for n := range 50 {
			ears[0].member.PushLocal(tone(n, 440, 0.3))
			time.Sleep(frameTime)
		}
		mu.Lock()
		if ears[0].energy > -60 {
			t.Errorf("a hears himself at %.0f dBov", ears[0].energy)
		}
		for _, e := range ears[1:] {
			if e.energy < -20 {
				t.Errorf("heard at %.0f dBov", e.energy)
			}
			for i := 1; i < len(e.stamps); i++ {
				if d := e.stamps[i] - e.stamps[i-1]; d%frameSamples != 0 || d == 0 {
					t.Errorf("timestamp grew by %d", d)
				}
			}
			e.energy = -127
		}
		mu.Unlock()
		ears[0].member.SetMuted(true)
		time.Sleep(5 * frameTime)
		mu.Lock()
		ears[1].energy = -127
		mu.Unlock()
		for n := range 20 {
			ears[0].member.PushLocal(tone(n, 440, 0.3))
			time.Sleep(frameTime)
		}
		mu.Lock()
		if ears[1].energy > -60 {
			t.Errorf("a muted member is heard at %.0f dBov", ears[1].energy)
		}
		mu.Unlock()
		ears[2].member.Leave()
		m.Close()
	})
}

func TestLimitNeverWraps(t *testing.T) {
	last := int16(math.MinInt16)
	for v := int32(-400000); v <= 400000; v += 111 {
		got := limit(v)
		if got < last {
			t.Fatalf("%d becomes %d, below %d", v, got, last)
		}
		last = got
	}
	if limit(1000) != 1000 || limit(-1000) != -1000 {
		t.Error("quiet sound is changed")
	}
}

func TestDetector(t *testing.T) {
	var d Detector
	run := func(frames int, a, b float64) (speaker string, changes int) {
		for range frames {
			s, changed := d.Frame([]Level{{"a", a}, {"b", b}})
			speaker = s
			if changed {
				changes++
			}
		}
		return speaker, changes
	}
	if s, _ := run(50, -127, -127); s != "" {
		t.Errorf("%q speaks in silence", s)
	}
	if s, _ := run(20, -20, -127); s != "a" {
		t.Errorf("%q, not a", s)
	}
	if s, _ := run(100, -127, -127); s != "a" {
		t.Errorf("%q: the last speaker is not kept", s)
	}
	if s, _ := run(5, -127, -20); s != "a" {
		t.Errorf("%q: a cough is a speaker", s)
	}
	run(50, -20, -127)
	if s, n := run(20, -20, -10); s != "a" || n != 0 {
		t.Errorf("%q: interrupted at once", s)
	}
	if s, n := run(100, -127, -20); s != "b" || n != 1 {
		t.Errorf("%q after %d changes", s, n)
	}
	if s, changed := d.Frame([]Level{{"a", -127}}); s != "b" || changed {
		t.Errorf("%q", s)
	}
	if s, _ := run(40, -20, -127); s != "a" {
		t.Errorf("%q, not a", s)
	}
}

// What a member hears is as old as the packets of those who speak had to wait, and a packet; his own do not count.
func TestBehindIsHowLongVoicesWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(nil)
		defer m.Close()
		join := func(name string) *Member {
			member, err := m.Join(Options{Name: name, Output: func([]byte, uint32, bool) {}})
			if err != nil {
				t.Fatal(err)
			}
			return member
		}
		a, b := join("a"), join("b")
		if a.Behind() != 0 || b.Behind() != 0 {
			t.Error("nobody has spoken yet")
		}
		time.Sleep(frameTime / 2)              // between two frames of the mixer: who is first at the same instant would be chance
		for _, p := range packets(t, 200, 1) { // a speaks
			a.Push(p)
			time.Sleep(frameTime)
		}
		if got := b.Behind(); got < 2*frameTime || got > (startDepth+2)*frameTime {
			t.Errorf("b hears what is %v old", got)
		}
		if got := a.Behind(); got != 0 {
			t.Errorf("a hears what is %v old", got)
		}
	})
}
