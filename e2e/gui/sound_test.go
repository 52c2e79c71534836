package gui

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"parley/e2e/harness"
)

// soundServer is a PulseAudio of the test's own. Its cards are null sinks, whose monitors are microphones.
type soundServer struct {
	s           *session
	environment []string
}

func startSoundServer(s *session) *soundServer {
	s.t.Helper()
	if missing := harness.Missing("pulseaudio", "pactl"); missing != "" {
		s.t.Skipf("%s is not installed (scripts/packages.sh test installs it)", missing)
	}
	socket := filepath.Join(s.runtime, "native") // "pulse" is a folder of its own
	p := &soundServer{s, []string{"PULSE_SERVER=unix:" + socket, "PULSE_COOKIE=" + filepath.Join(s.runtime, "cookie"),
		"XDG_RUNTIME_DIR=" + s.runtime, "HOME=" + s.runtime}}
	server := exec.Command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+socket, "--load=module-rescue-streams",
		"--load=module-null-sink sink_name=speakers rate=48000 sink_properties=device.description=Speakers")
	server.Env = append(os.Environ(), p.environment...)
	s.must(server.Start())
	s.t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	// The server tells nobody when it is ready; asking it is the only way.
	for p.run("info").Run() != nil {
		select {
		case <-s.ctx.Done():
			s.t.Fatal("PulseAudio does not come up")
		case <-time.After(lookAgain):
		}
	}
	return p
}

func (p *soundServer) run(arguments ...string) *exec.Cmd {
	command := exec.Command("pactl", arguments...)
	command.Env = append(os.Environ(), p.environment...)
	return command
}

func (p *soundServer) pactl(arguments ...string) string {
	p.s.t.Helper()
	out, err := p.run(arguments...).CombinedOutput()
	if err != nil {
		p.s.t.Fatalf("pactl %v: %v %s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}

// plug a microphone in; the result takes it out.
func (p *soundServer) plug(name, words string) (module string) {
	p.s.t.Helper()
	return p.pactl("load-module", "module-null-source", "source_name="+name, "rate=48000", "description="+words)
}

// unplug what plug returned.
func (p *soundServer) unplug(module string) {
	p.s.t.Helper()
	p.pactl("unload-module", module)
}
