package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLinesComeInOrder(t *testing.T) {
	start := time.Now()
	var out bytes.Buffer
	j := New(&out, start)
	for i := range 100 {
		j.Write(fmt.Sprintf("call:%d", i), start.Add(time.Duration(i)*time.Second), map[string]int{"n": i})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 100 {
		t.Fatalf("%d lines, want 100", len(lines))
	}
	for i, text := range lines {
		var got struct {
			T     float64
			Event string
			Data  struct{ N int }
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.T != float64(i) || got.Event != fmt.Sprintf("call:%d", i) || got.Data.N != i {
			t.Errorf("line %d is %s", i, text)
		}
	}
}

func TestAnUnwritableEventCostsOnlyItself(t *testing.T) {
	var out bytes.Buffer
	j := New(&out, time.Now())
	j.Write("bad", time.Now(), make(chan int))
	j.Write("good", time.Now(), nil)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "unwritable") || !strings.Contains(got, `"good"`) {
		t.Error(got)
	}
}

func TestAFullDiskIsReportedAndHoldsNobodyUp(t *testing.T) {
	full := errors.New("no space left")
	reader, writer := io.Pipe()
	j := New(writer, time.Now())
	if err := reader.CloseWithError(full); err != nil {
		t.Fatal(err)
	}
	for range 3 * depth {
		j.Write("x", time.Now(), nil)
	}
	if err := j.Close(); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

func TestASlowReaderLosesLinesAndIsToldSo(t *testing.T) {
	reader, writer := io.Pipe()
	j := New(writer, time.Now())
	for range 3 * depth { // nobody reads: at most the buffers fill
		j.Write("x", time.Now(), nil)
	}
	text := make(chan string)
	go func() {
		all, _ := io.ReadAll(reader)
		text <- string(all)
	}()
	// The queue has room again once the goroutine got rid of the first lines; a line after that carries the count.
	for len(j.lines) > depth/2 {
		j.mu.Lock()
		room := cap(j.lines) - len(j.lines)
		j.mu.Unlock()
		if room >= 2 {
			break
		}
	}
	j.Write("last", time.Now(), nil)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if got := <-text; !strings.Contains(got, "events-lost") || !strings.Contains(got, `"last"`) {
		t.Errorf("the end of the journal: %s", got[max(0, len(got)-300):])
	}
}

func TestNoJournalTakesEverything(t *testing.T) {
	var none *Journal
	none.Write("x", time.Now(), nil)
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFileThatCannotBeMadeIsAnError(t *testing.T) {
	if _, err := Create(filepath.Join(t.TempDir(), "no", "folder"), time.Now(), nil); err == nil {
		t.Error("no error")
	}
}
