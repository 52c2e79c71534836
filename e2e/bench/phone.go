package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// phonePorts are where two baresips listen; each takes the next one for TLS, too.
var phonePorts = [2]int{25071, 25081}

// phone is a running baresip.
type phone struct {
	process *exec.Cmd
	input   io.WriteCloser
	camera  *os.File // its video source, which is fed
	port    int
	fed     chan struct{}
	read    chan struct{}

	mu            sync.Mutex
	changed       chan struct{} // closed and replaced at each line
	ended         bool
	lines         []string
	sent, decoded float64 // frames a second, as it tells them
}

// settings of a baresip: the same picture, sound and bitrates as the others.
const phoneSettings = `poll_method epoll
sip_listen 127.0.0.1:%[1]d
net_interface 127.0.0.1
audio_source aufile,%[2]s
audio_player aubridge,nothing
audio_alert aubridge,nothing
video_source avformat,%[3]s
video_display fakevideo,nil
video_size %[4]dx%[5]d
video_bitrate %[6]d
video_fps %[7]d
opus_bitrate 40000
opus_stereo no
opus_sprop_stereo no
module_path /usr/lib/baresip/modules
module stdio.so
module opus.so
module aufile.so
module aubridge.so
module vp8.so
module avcodec.so
module avformat.so
module fakevideo.so
module_tmp account.so
module_app menu.so
`

// longSpeech makes a sentence that is long enough: baresip hangs up at its end.
func (b *bench) longSpeech(ctx context.Context) error {
	seconds := int((3*warming + *measuring).Seconds()) + 60
	out, err := exec.CommandContext(ctx, "sox", b.speech, b.phoneSpeech(), "repeat", strconv.Itoa(seconds/5)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("sox: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) phoneSpeech() string { return filepath.Join(b.folder, "long.wav") }

func (b *bench) startPhone(name, codec string, port int) (p *phone, err error) {
	folder := filepath.Join(b.folder, name+"-"+codec)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	camera := filepath.Join(folder, "camera")
	files := map[string]string{
		"config":   fmt.Sprintf(phoneSettings, port, b.phoneSpeech(), camera, width, height, videoBitrate, rate),
		"accounts": fmt.Sprintf("<sip:%s@127.0.0.1>;regint=0;answermode=auto;audio_codecs=opus/48000/2;video_codecs=%s\n", name, codec),
		"contacts": "",
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if err := syscall.Mkfifo(camera, 0o600); err != nil {
		return nil, fmt.Errorf("make %s: %w", camera, err)
	}
	p = &phone{port: port, fed: make(chan struct{}), read: make(chan struct{}), changed: make(chan struct{}),
		process: exec.Command("baresip", "-f", folder)}
	// For reading too: opening does not wait for baresip then, and closing ends a write that nobody takes.
	if p.camera, err = os.OpenFile(camera, os.O_RDWR|syscall.O_NONBLOCK, 0); err != nil {
		return nil, err
	}
	if err := p.start(b.video); err != nil {
		return nil, errors.Join(err, p.camera.Close())
	}
	return p, nil
}

func (p *phone) start(video string) (err error) {
	if p.input, err = p.process.StdinPipe(); err != nil {
		return err
	}
	output, err := p.process.StdoutPipe()
	if err != nil {
		return err
	}
	p.process.Stderr = p.process.Stdout
	if err := p.process.Start(); err != nil {
		return err
	}
	go p.follow(output)
	go p.feed(video)
	return nil
}

// feed plays a .y4m file over and over: baresip rests for a second at the end of a file.
func (p *phone) feed(path string) {
	defer close(p.fed)
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	head := bytes.IndexByte(content, '\n') + 1
	for part := content; ; part = content[head:] {
		if _, err := p.camera.Write(part); err != nil {
			return // closed: the call is over
		}
	}
}

var frameRate = regexp.MustCompile(`efps=([0-9.]+)/([0-9.]+)`)

// follow reads what it says; the line of its figures is written over and over.
func (p *phone) follow(output io.Reader) {
	defer close(p.read)
	lines := bufio.NewScanner(output)
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	for lines.Scan() {
		p.hear(lines.Text())
	}
	p.mu.Lock()
	p.ended = true
	p.wake()
	p.mu.Unlock()
}

func (p *phone) hear(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if told := frameRate.FindStringSubmatch(line); told != nil {
		p.sent, _ = strconv.ParseFloat(told[1], 64)
		p.decoded, _ = strconv.ParseFloat(told[2], 64)
	} else if line != "" {
		p.lines = append(p.lines, line)
	}
	p.wake()
}

func (p *phone) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// until waits for a line with a text in it.
func (p *phone) until(ctx context.Context, text string) error {
	for {
		p.mu.Lock()
		said, ended, changed := strings.Join(p.lines, "\n"), p.ended, p.changed
		p.mu.Unlock()
		switch {
		case strings.Contains(said, text):
			return nil
		case ended:
			return fmt.Errorf("baresip ended before %q:\n%s", text, said)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for baresip's %q: %w\n%s", text, ctx.Err(), said)
		}
	}
}

func (p *phone) say(command string) error {
	_, err := io.WriteString(p.input, command+"\n")
	return err
}

func (p *phone) frameRates() (sent, decoded float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, p.decoded
}

func (p *phone) pid() int { return p.process.Process.Pid }

// end kills it: the figures are taken, and a goodbye costs time.
func (p *phone) end() error {
	err := p.process.Process.Kill()
	<-p.read
	_ = p.process.Wait() // killed is no clean end
	err = errors.Join(err, p.camera.Close())
	<-p.fed
	return err
}
