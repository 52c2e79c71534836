// Package report makes what a person attaches to a report: a bundle of logs, settings, versions and statistics, and what
// a crash left behind. None of it holds secrets.
package report

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"parley/app/logging"
	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/media/codec"
)

// Contents of a bundle. Absent parts are left out.
type Contents struct {
	Version    string
	Now        time.Time
	Renderer   string
	Settings   any               // as kept, without passwords
	Snapshot   any               // the session's state
	Machines   map[string]string // states by machine
	Events     []recorder.Event
	Statistics []rtc.Stats
	Logs       func(io.Writer) error
	// Secrets are taken out wherever they stand, besides what looks like one.
	Secrets []string
}

// Write writes the bundle as a zip file.
func Write(out io.Writer, c Contents) error {
	b := &bundle{zip: zip.NewWriter(out), now: c.Now, hide: hider(c.Secrets)}
	b.text("about.txt", about(c))
	b.object("settings.json", c.Settings)
	b.object("snapshot.json", c.Snapshot)
	if c.Machines != nil {
		b.object("machines.json", c.Machines)
	}
	b.lines("events.jsonl", len(c.Events), func(i int) any { return c.Events[i] })
	b.lines("statistics.jsonl", len(c.Statistics), func(i int) any { return statistics{c.Statistics[i].Time, c.Statistics[i]} })
	if c.Logs != nil {
		var log strings.Builder
		if err := c.Logs(&log); err != nil {
			fmt.Fprintf(&log, "\n(the log could not be read to its end: %v)\n", err)
		}
		b.text("parley.log", log.String())
	}
	if b.err == nil {
		b.err = b.zip.Close()
	}
	if b.err != nil {
		return fmt.Errorf("write the report: %w", b.err)
	}
	return nil
}

// statistics with their time, which rtc.Stats does not encode.
type statistics struct {
	Time time.Time `json:"time"`
	rtc.Stats
}

// bundle is the zip file while it is written; the first error stays.
type bundle struct {
	zip  *zip.Writer
	now  time.Time
	hide func(string) string
	err  error
}

func (b *bundle) text(name, content string) {
	if b.err != nil {
		return
	}
	file, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.now})
	if err == nil {
		_, err = io.WriteString(file, b.hide(content))
	}
	b.err = err
}

func (b *bundle) object(name string, value any) {
	if value == nil {
		return
	}
	encoded, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		b.text(name, fmt.Sprintf("could not be written: %v", err))
		return
	}
	b.text(name, string(encoded)+"\n")
}

func (b *bundle) lines(name string, n int, line func(int) any) {
	if n == 0 {
		return
	}
	var all strings.Builder
	encoder := json.NewEncoder(&all)
	for i := range n {
		if err := encoder.Encode(line(i)); err != nil {
			fmt.Fprintf(&all, "%q\n", "could not be written: "+err.Error())
		}
	}
	b.text(name, all.String())
}

// leastSecret is how long a secret must be to be searched for: a shorter one would tear holes into ordinary words, and
// what looks like one is taken out in any case.
const leastSecret = 4

// hider takes out known secrets, also as JSON writes them, and what looks like one.
func hider(secrets []string) func(string) string {
	var pairs []string
	for _, s := range secrets {
		if len(s) < leastSecret {
			continue
		}
		pairs = append(pairs, s, "[hidden]")
		if encoded, err := json.Marshal(s); err == nil && string(encoded) != `"`+s+`"` {
			pairs = append(pairs, strings.Trim(string(encoded), `"`), "[hidden]")
		}
	}
	replacer := strings.NewReplacer(pairs...)
	return func(text string) string { return logging.Clean(replacer.Replace(text)) }
}

// about says what this program is and where it runs.
func about(c Contents) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Parley %s\nTime: %s\nSystem: %s/%s, %d processors\nGo: %s\n", c.Version,
		c.Now.Format(time.RFC3339), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if c.Renderer != "" {
		fmt.Fprintf(&b, "Drawing: %s\n", c.Renderer)
	}
	var codecs []string
	for _, a := range codec.VideoAdapters() {
		codecs = append(codecs, a.Name)
	}
	fmt.Fprintf(&b, "Video codecs: %s\n", strings.Join(codecs, " "))
	if info, ok := debug.ReadBuildInfo(); ok {
		b.WriteString("\nModules:\n")
		for _, s := range info.Settings {
			if strings.HasPrefix(s.Key, "vcs") || s.Key == "-tags" {
				fmt.Fprintf(&b, "  %s %s\n", s.Key, s.Value)
			}
		}
		for _, m := range info.Deps {
			fmt.Fprintf(&b, "  %s %s\n", m.Path, m.Version)
		}
	}
	return b.String()
}
