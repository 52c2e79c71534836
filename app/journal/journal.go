// Package journal writes events as JSON, one object a line, without ever holding up whoever reports them.
package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"
)

// depth is how many lines may wait for the disk. A call reports a few events a second; a thousand are a burst of minutes.
const depth = 1024

// Journal writes lines on a goroutine of its own. When the writer cannot keep up, lines are dropped and counted, and a
// line "events-lost" says so.
type Journal struct {
	start time.Time
	lines chan line
	done  chan struct{}
	close func() error
	err   error // of the writer, read after done

	mu     sync.Mutex
	closed bool
	lost   int
}

type line struct {
	T     float64 `json:"t"` // seconds since the start
	Event string  `json:"event"`
	Data  any     `json:"data,omitempty"`
}

// Create opens the file at path for writing ("-" is standard output, which Close leaves open). Times count from start.
func Create(path string, start time.Time, stdout io.Writer) (*Journal, error) {
	if path == "-" {
		return New(stdout, start), nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	j := New(file, start)
	j.close = file.Close
	return j, nil
}

// New writes to out.
func New(out io.Writer, start time.Time) *Journal {
	j := &Journal{start: start, lines: make(chan line, depth), done: make(chan struct{})}
	go j.run(out)
	return j
}

// Write queues one event. It never blocks; data must not change afterwards. A nil journal takes everything.
func (j *Journal) Write(event string, at time.Time, data any) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	t := math.Round(at.Sub(j.start).Seconds()*1e6) / 1e6
	if j.lost > 0 && cap(j.lines)-len(j.lines) >= 2 {
		j.lines <- line{t, "events-lost", map[string]int{"count": j.lost}}
		j.lost = 0
	}
	select {
	case j.lines <- line{t, event, data}:
	default:
		j.lost++
	}
}

// Close writes what waits and returns the first error of the writer.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.lines)
	}
	j.mu.Unlock()
	<-j.done
	return j.err
}

func (j *Journal) run(out io.Writer) {
	defer close(j.done)
	buffered := bufio.NewWriter(out)
	for next := range j.lines {
		if j.err != nil {
			continue // goes on taking lines, so that nobody waits for a full disk
		}
		j.err = writeLine(buffered, next)
		if len(j.lines) == 0 && j.err == nil { // a reader at the other end of a pipe wants it now
			j.err = buffered.Flush()
		}
	}
	if j.err == nil {
		j.err = buffered.Flush()
	}
	if j.close != nil {
		j.err = errors.Join(j.err, j.close())
	}
}

func writeLine(out *bufio.Writer, next line) error {
	text, err := json.Marshal(next)
	if err != nil { // an event that cannot be written must not cost the others
		text, err = json.Marshal(line{next.T, next.Event, map[string]string{"unwritable": err.Error()}})
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = out.Write(append(text, '\n'))
	return err
}
