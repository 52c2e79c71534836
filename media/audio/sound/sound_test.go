package sound

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startPulse runs a sound server of our own with one sink that goes nowhere, and points this process to it.
func startPulse(t *testing.T) (stop func()) {
	t.Helper()
	path, err := exec.LookPath("pulseaudio")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("PulseAudio is not installed")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	for key, value := range map[string]string{"XDG_RUNTIME_DIR": dir, "HOME": dir, "PULSE_SERVER": "unix:" + socket,
		"PULSE_COOKIE": filepath.Join(dir, "cookie")} {
		t.Setenv(key, value)
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"--load=module-null-sink sink_name=test rate=48000 sink_properties=device.description=TestSink")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	// The server tells nobody when it is ready; asking it is the only way.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if devices, err := Devices(Playback); err == nil && len(devices) > 0 {
			return stop
		}
		if time.Now().After(deadline) {
			stop()
			t.Fatalf("PulseAudio does not come up: %s", said.String())
		}
	}
}

func TestSoundGoesRoundThroughACard(t *testing.T) {
	stop := startPulse(t)
	if _, err := Open(Playback, "nope", 2, nil, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown device: %v", err)
	}
	speakers, err := Devices(Playback)
	if err != nil || !strings.Contains(speakers[0].Name, "TestSink") || !speakers[0].Default {
		t.Fatalf("%+v %v", speakers, err)
	}

	at := 0
	lost := make(chan struct{}, 2)
	out, err := Open(Playback, "testsink", 2, func(pcm []int16) { // a part of the name, any case
		if len(pcm) != 960 {
			t.Errorf("%d samples to play", len(pcm))
		}
		for i := 0; i < len(pcm); i += 2 {
			v := int16(10000 * math.Sin(2*math.Pi*1000*float64(at)/48000))
			pcm[i], pcm[i+1] = v, v
			at++
		}
	}, func() { lost <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()

	heard := make(chan float64, 1000)
	in, err := Open(Capture, "monitor", 1, func(pcm []int16) {
		if len(pcm) != 480 {
			t.Errorf("%d samples taken", len(pcm))
		}
		select {
		case heard <- tone(pcm, 1000):
		default:
		}
	}, func() { lost <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()

	timeout := time.After(10 * time.Second)
	for good := 0; good < 50; {
		select {
		case amplitude := <-heard:
			if amplitude > 9000 && amplitude < 11000 {
				good++
			}
		case <-timeout:
			t.Fatal("the tone was not heard")
		}
	}

	stop() // as if unplugged
	select {
	case <-lost:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody said that the device is gone")
	}
}

// tone is the amplitude of a frequency in a piece of sound.
func tone(pcm []int16, frequency float64) float64 {
	var s, c float64
	for i, v := range pcm {
		x := 2 * math.Pi * frequency * float64(i) / 48000
		s += float64(v) * math.Sin(x)
		c += float64(v) * math.Cos(x)
	}
	return 2 * math.Hypot(s, c) / float64(len(pcm))
}

func TestNoSoundCard(t *testing.T) {
	if _, err := os.Stat("/dev/snd"); err == nil {
		t.Skip("this machine has a sound card")
	}
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if devices, err := Devices(Capture); err == nil && len(devices) > 0 {
		t.Skipf("this machine has a sound card: %v", devices)
	}
	if _, err := Open(Playback, "", 2, func([]int16) {}, func() {}); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
}

func TestFramerCutsAnyPeriod(t *testing.T) {
	n := int16(0)
	f := framer{pcm: make([]int16, 960), at: 960, transfer: func(pcm []int16) {
		for i := range pcm {
			pcm[i] = n
			n++
		}
	}}
	var out []int16
	for size := range 200 {
		b := make([]int16, size)
		f.fill(b)
		out = append(out, b...)
	}
	for i, v := range out {
		if v != int16(i) {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
	var taken []int16
	g := framer{pcm: make([]int16, 480), transfer: func(pcm []int16) { taken = append(taken, pcm...) }}
	for i := 0; i < len(out); i += 37 {
		g.take(out[i:min(i+37, len(out))])
	}
	if len(taken) != len(out)/480*480 || taken[1000] != 1000 {
		t.Fatalf("%d samples", len(taken))
	}
}
