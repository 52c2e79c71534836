package views_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/connector/stress"
	"parley/views"
	"parley/views/widget"
)

// inspected is an Inspector with what the test says.
type inspected struct {
	states     map[string]string
	events     []recorder.Event
	statistics []rtc.Stats
	broken     []views.Fault
	fault      error
	blocked    bool
	options    stress.Options
	stress     func(ctx context.Context, progress func(stress.Result)) (stress.Result, error)
	saved      map[string]string
	copied     int // events that were asked for
}

func (i *inspected) MachineStates(context.Context) (map[string]string, error) { return i.states, nil }
func (i *inspected) EventsAfter(number uint64) []recorder.Event {
	var after []recorder.Event
	for _, e := range i.events {
		if e.Number > number {
			after = append(after, e)
		}
	}
	i.copied += len(after)
	return after
}
func (i *inspected) ClearEvents()               { i.events = nil }
func (i *inspected) Statistics() []rtc.Stats    { return i.statistics }
func (i *inspected) MediaBlocked() bool         { return i.blocked }
func (i *inspected) Suggest(name string) string { return "/reports/" + name }
func (i *inspected) Break(_ context.Context, f views.Fault) error {
	i.broken = append(i.broken, f)
	return i.fault
}
func (i *inspected) BlockMedia(_ context.Context, on bool) error {
	if i.fault == nil {
		i.blocked = on
	}
	return i.fault
}
func (i *inspected) Stress(ctx context.Context, o stress.Options, progress func(stress.Result)) (stress.Result, error) {
	i.options = o
	return i.stress(ctx, progress)
}
func (i *inspected) Bundle(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "a report")
	return err
}
func (i *inspected) Save(ctx context.Context, path string, write func(context.Context, io.Writer) error) error {
	var b bytes.Buffer
	if err := write(ctx, &b); err != nil {
		return err
	}
	i.saved[path] = b.String()
	return nil
}

// diagnosing opens the diagnostics in the stage's window.
func diagnosing(t *testing.T, i *inspected) (*stage, *views.Diagnostics) {
	t.Helper()
	s := newStage(t)
	i.saved = map[string]string{}
	d := views.NewDiagnostics(s.env, i)
	s.window.SetContent(d.Content)
	s.settle() // the first look at the machines
	t.Cleanup(d.Stop)
	return s, d
}

// tab opens the tab with these words.
func (s *stage) tab(words string) {
	s.t.Helper()
	found := false
	s.walk(func(o fyne.CanvasObject) bool {
		tabs, ok := o.(*container.AppTabs)
		if !ok {
			return false
		}
		for n, item := range tabs.Items {
			if item.Text == words {
				tabs.SelectIndex(n)
				found = true
			}
		}
		return found
	})
	if !found {
		s.t.Fatalf("no tab %q", words)
	}
}

func TestMachinesShowTheirStates(t *testing.T) {
	i := &inspected{states: map[string]string{"call": "call:idle", "connection": "connection:connecting"}}
	s, _ := diagnosing(t, i)
	s.says("State machines", "connecting", "Not connected", "CALL.CONNECTING: connecting")
	i.states = map[string]string{"call": "call:connecting", "connection": "connection:established"}
	s.advance(time.Second)
	s.settle()
	s.says("established", "CALL.ENTER_ROOM")
}

func TestEventsAreFilteredPausedClearedAndExported(t *testing.T) {
	i := &inspected{}
	for n := range 5 {
		i.events = append(i.events, recorder.Event{Number: uint64(n + 1), Name: fmt.Sprintf("call:event-%d", n), Payload: fmt.Sprintf(`{"room":"200%d"}`, n)})
	}
	s, _ := diagnosing(t, i)
	s.tab("Events")
	s.says("call:event-0", "5 of 5 events")
	filter := s.field("Filter by name or content")
	test.Type(filter, "EVENT 2003")
	s.says("1 of 5 events", "call:event-3")
	s.silent("call:event-0")
	s.tap("Export…")
	s.says("/reports/parley-events.jsonl")
	s.tap("Save")
	s.settle()
	if text := i.saved["/reports/parley-events.jsonl"]; strings.Count(text, "\n") != 1 || !strings.Contains(text, `"event":"call:event-3"`) {
		t.Errorf("saved %q", text)
	}
	filter.SetText("")
	s.tap("Clear")
	s.says("0 of 0 events")
	i.events = []recorder.Event{{Number: 9, Name: "call:new"}}
	s.advance(time.Second)
	s.says("call:new", "1 of 1 event")
}

// The list takes each event once, holds no more than are kept, and takes none while nobody sees it.
func TestEventsAreTakenOnceAndWhenSeen(t *testing.T) {
	i := &inspected{}
	add := func(n int) {
		for range n {
			number := len(i.events) + 1
			i.events = append(i.events, recorder.Event{Number: uint64(number), Name: fmt.Sprintf("call:event-%d.", number)})
		}
	}
	s, _ := diagnosing(t, i)
	add(recorder.DefaultEvents)
	s.advance(time.Second)
	s.settle() // the machines, which are seen
	if i.copied != 0 {
		t.Errorf("%d events were taken for a list that is not seen", i.copied)
	}
	s.tab("Events")
	filter := s.field("Filter by name or content")
	test.Type(filter, "1.")
	s.says("200 of 2000 events")
	s.advance(time.Second)
	add(11)
	s.advance(time.Second)
	if i.copied != recorder.DefaultEvents+11 {
		t.Errorf("%d events were taken, of %d", i.copied, len(i.events))
	}
	s.says("200 of 2000 events", "call:event-2011.") // 1 and 11 have gone, 2001 and 2011 have come
	filter.SetText("event-11.")
	s.says("0 of 2000 events")
}

func TestStatisticsAreDrawnAndListed(t *testing.T) {
	i := &inspected{}
	s, _ := diagnosing(t, i)
	s.tab("Statistics")
	s.says("Statistics come once a second")
	for n := range 3 {
		i.statistics = append(i.statistics, rtc.Stats{Time: time.Unix(int64(n), 0),
			Inbound:       rtc.InboundStats{Audio: &rtc.StreamStats{SSRC: 1, BytesReceived: uint64(n) * 1000, PacketsReceived: uint64(n) * 10, Jitter: 0.005}},
			CandidatePair: map[string]any{"currentRoundTripTime": 0.042}})
	}
	s.advance(time.Second)
	s.says("Bitrate", "received 8 kbit/s", "sent – kbit/s", "received 5 ms", "inbound.bytesReceived = 2000")
	s.tab("Transport")
	s.says("42 ms", "candidatePair.currentRoundTripTime = 0.042")
}

func TestStressTestShowsProgressAndResult(t *testing.T) {
	i := &inspected{}
	step := make(chan stress.Result)
	i.stress = func(ctx context.Context, progress func(stress.Result)) (stress.Result, error) {
		var last stress.Result
		for r := range step {
			last = r
			progress(r)
		}
		return last, nil
	}
	s, _ := diagnosing(t, i)
	s.tab("Stress test")
	fields := []*widget.Field{}
	s.walk(func(o fyne.CanvasObject) bool {
		if f, ok := o.(*widget.Field); ok {
			fields = append(fields, f)
		}
		return false
	})
	fields[0].SetText("0")
	s.tap("Start")
	s.says("Enter 1 to 10000 rounds")
	fields[0].SetText("2")
	fields[1].SetText("0,5")
	s.tap("Start")
	step <- stress.Result{Rounds: 1, Started: 1, Stopped: 1, Shortest: 30 * time.Millisecond, Longest: 30 * time.Millisecond, Total: 30 * time.Millisecond}
	s.settle()
	s.says("Rounds: 1, started: 1, stopped: 1, failed: 0", "30 ms")
	step <- stress.Result{Rounds: 2, Started: 1, Failed: 1, First: errors.New("603 Decline"), Done: true}
	s.settle()
	close(step)
	s.settle()
	s.says("Rounds: 2", "failed: 1", "603 Decline")
	if i.options != (stress.Options{Count: 2, Hold: 500 * time.Millisecond, Pause: 2 * time.Second}) {
		t.Errorf("ran with %+v", i.options)
	}
}

// While no event is chosen the reader beside the list says what it is for.
func TestTheEventsReaderSaysWhatItIsFor(t *testing.T) {
	i := &inspected{events: []recorder.Event{{Number: 1, Name: "call:confirmed", Payload: `{"number":"2001"}`}}}
	s, _ := diagnosing(t, i)
	s.tab("Events")
	const hint = "Choose an event to read all of it here"
	s.says(hint)
	s.window.Resize(fyne.NewSize(1024, 640))
	var list *fynewidget.List
	s.walk(func(o fyne.CanvasObject) bool {
		found, ok := o.(*fynewidget.List)
		if ok {
			list = found
		}
		return ok
	})
	list.Select(0)
	s.says("\"number\": \"2001\"")
	s.silent(hint)
	s.field("Filter by name or content").SetText("nothing of that kind")
	s.says(hint)
	s.silent("\"number\": \"2001\"")
}

func TestFaults(t *testing.T) {
	i := &inspected{}
	s, _ := diagnosing(t, i)
	s.tab("Faults")
	s.tap("Drop the socket")
	s.settle()
	s.tap("Fail the next ping")
	s.settle()
	if len(i.broken) != 2 || i.broken[0] != views.FaultSocket || i.broken[1] != views.FaultPing {
		t.Errorf("broke %v", i.broken)
	}
	check := s.check("Block sound and video")
	check.SetChecked(true)
	s.settle()
	if !i.blocked {
		t.Error("media are not blocked")
	}
	i.fault = errors.New("not connected to a server")
	check.SetChecked(false)
	s.settle()
	s.says("The fault could not be made")
	if !check.Checked {
		t.Error("the tick does not show what is so")
	}
}

func TestReportIsSaved(t *testing.T) {
	i := &inspected{}
	s, _ := diagnosing(t, i)
	s.tap("Save report…")
	s.tap("Save")
	s.settle()
	s.says("Saved to /reports/parley-report.zip")
	if i.saved["/reports/parley-report.zip"] != "a report" {
		t.Errorf("saved %v", i.saved)
	}
}

// check is the box with these words.
func (s *stage) check(words string) *widget.Check {
	s.t.Helper()
	var found *widget.Check
	s.walk(func(o fyne.CanvasObject) bool {
		if c, ok := o.(*widget.Check); ok && c.Text == words {
			found = c
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no box %q", words)
	}
	return found
}
