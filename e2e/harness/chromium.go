package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Browser is a headless Chromium and the server of its page.
type Browser struct {
	command *exec.Cmd
	tools   *devtools
	web     *http.Server
	address string // of the page
	profile string
	drained chan struct{}

	mu  sync.Mutex
	out []string // the browser's console, for a failing test
}

// ErrNoChromium means that a test cannot run here.
var ErrNoChromium = errors.New("chromium is not installed (scripts/packages.sh test installs it)")

// BrowserOptions of StartBrowser.
type BrowserOptions struct {
	// Video (.y4m) and Audio (.wav) take the place of Chromium's own moving picture and beeps.
	Video, Audio string
}

// StartBrowser starts Chromium with fake devices and builds the page it will show.
func StartBrowser(ctx context.Context, options BrowserOptions) (*Browser, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, ErrNoChromium
	}
	script, err := buildPage(ctx)
	if err != nil {
		return nil, err
	}
	b := &Browser{drained: make(chan struct{})}
	if b.profile, err = os.MkdirTemp("", "parley-chromium-"); err != nil {
		return nil, err
	}
	if err := b.serve(script); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if err := b.start(ctx, program, options); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Browser) serve(script []byte) error {
	page, err := os.ReadFile(filepath.Join(pageFolder(), "page.html"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write(script)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write(page)
	})
	b.address = "http://" + listener.Addr().String() + "/"
	b.web = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go b.web.Serve(listener)
	return nil
}

func (b *Browser) start(ctx context.Context, program string, options BrowserOptions) error {
	arguments := []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream",
		"--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required",
		// The room server's certificate is made anew at each start.
		"--ignore-certificate-errors",
		// A page in the background must go on sending, and addresses must not hide behind mDNS names.
		"--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--disable-background-timer-throttling", "--disable-features=WebRtcHideLocalIpsWithMdns",
		"--remote-debugging-port=0", "--user-data-dir=" + b.profile,
	}
	if options.Video != "" {
		arguments = append(arguments, "--use-file-for-fake-video-capture="+options.Video)
	}
	if options.Audio != "" {
		arguments = append(arguments, "--use-file-for-fake-audio-capture="+options.Audio)
	}
	b.command = exec.Command(program, append(arguments, "about:blank")...)
	b.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its helpers end with it
	stderr, err := b.command.StderrPipe()
	if err != nil {
		return err
	}
	if err := b.command.Start(); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	found := make(chan string, 1)
	go func() {
		defer close(b.drained)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if _, url, ok := strings.Cut(lines.Text(), "DevTools listening on "); ok {
				found <- url
			}
		}
		close(found)
	}()
	select {
	case url, ok := <-found:
		if !ok {
			return errors.New("chromium ended before it was ready")
		}
		b.tools, err = dialDevtools(ctx, url, b.note)
		return err
	case <-ctx.Done():
		return fmt.Errorf("chromium: %w", ctx.Err())
	}
}

// noteLimit bounds what is kept of the browser's console.
const noteLimit = 200

func (b *Browser) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.out) < noteLimit {
		b.out = append(b.out, text)
	}
}

// Console returns what pages logged.
func (b *Browser) Console() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.out, "\n")
}

// Group is the process group of the browser and its helpers, for measuring.
func (b *Browser) Group() int { return b.command.Process.Pid }

// Close ends the browser and forgets its profile.
func (b *Browser) Close() error {
	var err error
	if b.tools != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		b.tools.call(ctx, "", "Browser.close", nil, nil) // it may be gone before it answers
		cancel()
		err = b.tools.close()
	}
	if b.command != nil && b.command.Process != nil {
		exited := make(chan struct{})
		go func() { b.command.Wait(); close(exited) }()
		select {
		case <-exited:
		case <-time.After(3 * time.Second):
		}
		syscall.Kill(-b.command.Process.Pid, syscall.SIGKILL)
		<-exited
		<-b.drained
	}
	if b.web != nil {
		err = errors.Join(err, b.web.Close())
	}
	return errors.Join(err, os.RemoveAll(b.profile))
}

func pageFolder() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "page")
}

// InstallPage brings what the page is built of, from the registry; once for all. StartBrowser does it too, but a process
// in a namespace of its own may not reach the registry.
func InstallPage(ctx context.Context) error {
	folder := pageFolder()
	unlock, err := lock(filepath.Join(os.TempDir(), "parley-page-"+strconv.Itoa(os.Getuid())+".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err == nil {
		return nil
	}
	// esbuild's install script only saves a start of node; without it nothing from the registry runs at install.
	if out, err := command(ctx, folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

// buildPage bundles the page with esbuild; the npm packages are installed, as locked, when they are missing.
func buildPage(ctx context.Context) ([]byte, error) {
	if err := InstallPage(ctx); err != nil {
		return nil, err
	}
	folder := pageFolder()
	out, err := command(ctx, folder, filepath.Join(folder, "node_modules", ".bin", "esbuild"), "page.js", "--bundle",
		"--format=iife", "--target=chrome110", "--log-level=warning")
	if err != nil {
		return nil, fmt.Errorf("esbuild: %w\n%s", err, out)
	}
	return out, nil
}

func command(ctx context.Context, folder, name string, arguments ...string) ([]byte, error) {
	process := exec.CommandContext(ctx, name, arguments...)
	process.Dir = folder
	var stderr strings.Builder
	process.Stderr = &stderr
	out, err := process.Output()
	if err != nil {
		return []byte(stderr.String() + string(out)), err
	}
	return out, nil
}

// lock keeps two test programs from installing at once.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { file.Close() }, nil
}
