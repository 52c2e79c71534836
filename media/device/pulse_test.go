//go:build linux

package device

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/media/audio"
	"parley/media/audio/sound"
)

// soundServer is a PulseAudio of the test's own, whose cards are null sinks: what is played can be recorded.
type soundServer struct {
	t *testing.T
}

func startSoundServer(t *testing.T) *soundServer {
	t.Helper()
	for _, name := range []string{"pulseaudio", "pactl", "parec"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (scripts/packages.sh test installs it)", name)
		}
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	for key, value := range map[string]string{"XDG_RUNTIME_DIR": dir, "HOME": dir, "PULSE_SERVER": "unix:" + socket,
		"PULSE_COOKIE": filepath.Join(dir, "cookie")} {
		t.Setenv(key, value)
	}
	server := exec.Command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+socket, "--load=module-rescue-streams",
		"--load=module-null-sink sink_name=speakers rate=48000 sink_properties=device.description=Speakers")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	s := &soundServer{t}
	// The server tells nobody when it is ready; asking it is the only way.
	for deadline := time.Now().Add(20 * time.Second); exec.Command("pactl", "info").Run() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("PulseAudio does not come up")
		}
	}
	return s
}

func (s *soundServer) pactl(arguments ...string) string {
	s.t.Helper()
	out, err := exec.Command("pactl", arguments...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("pactl %v: %v %s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}

// card plugs a card in; the result takes it out.
func (s *soundServer) card(name, words string) (module string) {
	s.t.Helper()
	return s.pactl("load-module", "module-null-sink", "sink_name="+name, "rate=48000",
		"sink_properties=device.description="+words)
}

// hears waits until a card plays a tone of 1 kHz with an amplitude, as recorded from it, and tells how long that took.
func (s *soundServer) hears(what, card string, amplitude float64) time.Duration {
	s.t.Helper()
	begun := time.Now()
	parec := exec.Command("parec", "--device="+card+".monitor", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20")
	out, err := parec.StdoutPipe()
	if err == nil {
		err = parec.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = parec.Process.Kill(); _ = parec.Wait() }()
	pcm, data := make([]int16, FrameSamples), make([]byte, 2*FrameSamples)
	heard := 0.0
	for good := 0; good < 10; {
		if time.Since(begun) > 30*time.Second {
			s.t.Fatalf("%s: %q plays a tone of amplitude %.0f instead of %.0f", what, card, heard, amplitude)
		}
		if _, err := io.ReadFull(out, data); err != nil {
			s.t.Fatalf("%s: parec: %v", what, err)
		}
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		if heard = amplitudeAt(pcm, 1000); math.Abs(heard-amplitude) < amplitude/20+50 {
			good++
		} else {
			good = 0
		}
	}
	took := time.Since(begun)
	s.t.Logf("%s: heard after %v", what, took.Round(10*time.Millisecond))
	return took
}

// amplitudeAt is the amplitude of a frequency (Hz) in a piece of sound.
func amplitudeAt(pcm []int16, frequency float64) float64 {
	var sum, cos float64
	for i, v := range pcm {
		x := 2 * math.Pi * frequency * float64(i) / SampleRate
		sum += float64(v) * math.Sin(x)
		cos += float64(v) * math.Cos(x)
	}
	return 2 * math.Hypot(sum, cos) / float64(len(pcm))
}

// kilohertz is a tone of 1 kHz on both channels (audio.Input).
type kilohertz struct{ at int }

func (k *kilohertz) Read(pcm []int16) {
	for i := 0; i+1 < len(pcm); i += 2 {
		v := int16(12000 * math.Sin(2*math.Pi*1000*float64(k.at)/SampleRate))
		pcm[i], pcm[i+1] = v, v
		k.at++
	}
}

func TestSpeakerUnpluggedTakenBackAndFollowingTheSystem(t *testing.T) {
	s := startSoundServer(t)
	headset := s.card("headset", "Headset")
	plugs := NewPlugs()
	defer plugs.Close()
	volume := audio.NewVolume(&kilohertz{}, 100)
	out := audio.NewOutput(volume, audio.OutputOptions{Device: "Headset",
		Known: func(name string) bool { return sound.Known(sound.Playback, name) }})
	defer out.Close()
	defer plugs.Listen(out.Look)()
	s.hears("wanted", "headset", 12000)
	volume.Set(50)
	s.hears("half as loud", "headset", 3000)
	volume.Set(100)
	s.pactl("unload-module", headset)
	if took := s.hears("unplugged", "speakers", 12000); took > 10*time.Second {
		t.Errorf("the fallback took %v", took)
	}
	s.card("headset", "Headset")
	if took := s.hears("plugged in again", "headset", 12000); took > 10*time.Second {
		t.Errorf("taking it back took %v", took)
	}
	// The system's choice is followed while it plays.
	out.SetDevice("")
	s.pactl("set-default-sink", "speakers")
	s.hears("the system's default", "speakers", 12000)
	s.card("monitor2", "Television")
	s.pactl("set-default-sink", "monitor2")
	s.hears("another default", "monitor2", 12000)
}

func TestMicrophoneUnpluggedAndTakenBack(t *testing.T) {
	s := startSoundServer(t)
	headset := s.card("headset", "Headset")
	s.pactl("set-default-source", "speakers.monitor")
	plugs := NewPlugs()
	defer plugs.Close()
	told := make(chan FollowEvent, 16)
	m := FollowMicrophone(FollowOptions{Wanted: "Monitor of Headset", Plugs: plugs, Told: func(e FollowEvent) { told <- e }})
	frames := make(chan struct{}, 1)
	if err := m.Start(func(pcm []int16) {
		select {
		case frames <- struct{}{}:
		default:
		}
	}, nil); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	event := func(what string, want FollowEvent) {
		t.Helper()
		select {
		case e := <-told:
			if e != want {
				t.Errorf("%s: told %+v instead of %+v", what, e, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: nothing told", what)
		}
		<-frames
		<-frames // of the new device, at the latest
	}
	<-frames
	s.pactl("unload-module", headset)
	event("unplugged", FollowEvent{Gone: "Monitor of Headset", Uses: "Default microphone"})
	s.card("headset", "Headset")
	event("plugged in again", FollowEvent{Uses: "Monitor of Headset", Wanted: true})
}

func TestPlugsHearTheSoundServerComeAndGo(t *testing.T) {
	s := startSoundServer(t)
	plugs := NewPlugs()
	defer plugs.Close()
	told := make(chan struct{}, 8)
	defer plugs.Listen(func() { told <- struct{}{} })()
	<-told // the server is there
	begun := time.Now()
	module := s.card("headset", "Headset")
	<-told
	t.Logf("plugged in: told after %v", time.Since(begun).Round(time.Millisecond))
	s.pactl("set-sink-volume", "headset", "50%") // concerns nobody
	begun = time.Now()
	s.pactl("unload-module", module)
	<-told
	t.Logf("unplugged: told after %v", time.Since(begun).Round(time.Millisecond))
	if names := fmt.Sprint(Speakers()); !strings.Contains(names, "Speakers") || strings.Contains(names, "Headset") {
		t.Errorf("speakers %v", names)
	}
}
