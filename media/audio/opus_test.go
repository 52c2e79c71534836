package audio_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"parley/media/audio"
	"parley/media/codec"
	_ "parley/media/codec/opus"
	"parley/media/device"
)

func TestOpusSpeechOverABadNetwork(t *testing.T) {
	adapter, err := codec.Audio("opus")
	if err != nil {
		t.Fatal(err)
	}
	config := codec.AudioConfig{SampleRate: 48000, Channels: 1, Bitrate: 32000, FEC: true, DTX: true}
	enc, err := adapter.NewEncoder(config)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	enc.SetLoss(0.1)
	dec, err := adapter.NewDecoder(config)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var now time.Duration
	j, err := audio.NewJitterBuffer(audio.JitterOptions{Decoder: dec, ClockRate: 48000, Channels: 1,
		Now: func() time.Duration { return now }})
	if err != nil {
		t.Fatal(err)
	}

	voice := device.NewSpeech(3).Render(60 * audio.SampleRate)
	type packet struct {
		at   time.Duration
		seq  uint16
		ts   uint32
		data []byte
	}
	var wire []packet
	r := rand.New(rand.NewPCG(5, 6))
	seq, unsent := uint16(0), 0
	for i := 0; i+960 <= len(voice); i += 960 {
		data, err := enc.Encode(nil, voice[i:i+960])
		if err != nil {
			t.Fatal(err)
		}
		if len(data) == 0 {
			unsent++
			continue
		}
		if r.IntN(20) > 0 { // 5 % are lost
			delay := time.Duration(20+r.IntN(40)) * time.Millisecond
			wire = append(wire, packet{time.Duration(i)*time.Second/48000 + delay, seq, uint32(i), data})
		}
		seq++
	}

	pcm := make([]int16, 2*audio.FrameSamples)
	var in, out float64
	for _, v := range voice {
		in += float64(v) * float64(v)
	}
	for reads := 0; reads < 6050; reads++ {
		now = time.Duration(reads) * 10 * time.Millisecond
		rest := wire[:0:0]
		for k, p := range wire {
			if p.at <= now {
				j.Push(p.seq, p.ts, p.data, p.at)
			} else if p.at > now+100*time.Millisecond {
				rest = append(rest, wire[k:]...)
				break
			} else {
				rest = append(rest, p)
			}
		}
		wire = rest
		j.Read(pcm)
		for k := 0; k < len(pcm); k += 2 {
			out += float64(pcm[k]) * float64(pcm[k])
		}
	}
	c := j.Counters()
	t.Logf("%d of 3000 packets not sent (DTX); %+v", unsent, c)
	if ratio := out / in; ratio < 0.75 || ratio > 1.2 {
		t.Errorf("energy %.2f of what was said", ratio)
	}
	if share := float64(c.ConcealedSamples) / float64(c.TotalSamplesReceived); share < 0.02 || share > 0.09 {
		t.Errorf("%.1f %% concealed", share*100)
	}
	if c.Delay > 110*time.Millisecond || c.FECPacketsUsed < 60 {
		t.Errorf("delay %v, FEC %d", c.Delay, c.FECPacketsUsed)
	}
}

func BenchmarkJitterBufferOpus(b *testing.B) {
	adapter, err := codec.Audio("opus")
	if err != nil {
		b.Fatal(err)
	}
	config := codec.AudioConfig{SampleRate: 48000, Channels: 2}
	enc, _ := adapter.NewEncoder(config)
	dec, _ := adapter.NewDecoder(config)
	voice := audio.Remix(nil, device.NewSpeech(3).Render(48000), 1, 2)
	var packets [][]byte
	for i := 0; i+1920 <= len(voice); i += 1920 {
		data, _ := enc.Encode(nil, voice[i:i+1920])
		packets = append(packets, data)
	}
	var now time.Duration
	j, err := audio.NewJitterBuffer(audio.JitterOptions{Decoder: dec, ClockRate: 48000, Channels: 2,
		Now: func() time.Duration { return now }})
	if err != nil {
		b.Fatal(err)
	}
	pcm := make([]int16, 2*audio.FrameSamples)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N { // one packet of 20 ms
		now += 20 * time.Millisecond
		j.Push(uint16(i), uint32(i*960), packets[i%len(packets)], now)
		j.Read(pcm)
		j.Read(pcm)
	}
}
