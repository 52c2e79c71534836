package audio

import "testing"

// steady is a sound of one value.
type steady int16

func (s steady) Read(pcm []int16) {
	for i := range pcm {
		pcm[i] = int16(s)
	}
}

func TestVolumeChangesWithoutAClick(t *testing.T) {
	pcm := make([]int16, stereoFrame)
	v := NewVolume(steady(10000), 100)
	v.Read(pcm)
	if pcm[0] != 10000 || pcm[len(pcm)-1] != 10000 {
		t.Errorf("full: %d %d", pcm[0], pcm[len(pcm)-1])
	}
	v.Set(50)
	v.Read(pcm)
	for i := 1; i < len(pcm); i++ {
		if step := int(pcm[i-1]) - int(pcm[i]); step < 0 || step > 20 {
			t.Fatalf("a step of %d at %d", step, i)
		}
	}
	v.Read(pcm)
	if pcm[0] < 2499 || pcm[0] > 2501 {
		t.Errorf("half: %d", pcm[0])
	}
	for percent, want := range map[int]int16{0: 0, -5: 0, 1000: 10000} {
		v.Set(percent)
		v.Read(pcm)
		v.Read(pcm)
		if pcm[7] != want {
			t.Errorf("%d %%: %d instead of %d", percent, pcm[7], want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { v.Read(pcm) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestVolumeLetsItsOutputRest(t *testing.T) {
	m := NewMixer()
	v := NewVolume(m, 100)
	if v.Needed() {
		t.Error("needed while nothing plays")
	}
	tone := steady(1)
	m.Add(tone)
	<-v.Changes()
	if !v.Needed() {
		t.Error("not needed while something plays")
	}
	if always := NewVolume(steady(1), 100); !always.Needed() || always.Changes() != nil {
		t.Error("an input that is always needed rests")
	}
}
