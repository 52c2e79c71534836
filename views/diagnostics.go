package views

import (
	"context"
	"io"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/connector/stress"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// Fault is something that the diagnostics break on purpose.
type Fault string

// The faults.
const (
	FaultSocket Fault = "socket" // the socket is cut
	FaultPing   Fault = "ping"   // the next ping fails
)

// Inspector is what the diagnostics ask for and do. Methods with a context may block; the others return at once.
type Inspector interface {
	// MachineStates are the states of all machines, by name; none without a connection.
	MachineStates(ctx context.Context) (map[string]string, error)
	// EventsAfter are the events that are kept and came after the one with that number.
	EventsAfter(number uint64) []recorder.Event
	ClearEvents()
	Statistics() []rtc.Stats
	Break(ctx context.Context, f Fault) error
	MediaBlocked() bool
	BlockMedia(ctx context.Context, on bool) error
	Stress(ctx context.Context, o stress.Options, progress func(stress.Result)) (stress.Result, error)
	// Bundle writes a report that holds no secrets.
	Bundle(ctx context.Context, w io.Writer) error
	// Suggest is where a file of that name may go. Save writes a file whole, or not at all.
	Suggest(name string) (path string)
	Save(ctx context.Context, path string, write func(context.Context, io.Writer) error) error
}

// diagnosticsRefresh is how often the diagnostics look for what is new.
const diagnosticsRefresh = 250 * time.Millisecond

// Diagnostics is the content of the diagnostics' window.
type Diagnostics struct {
	Content fyne.CanvasObject

	env       *Env
	inspector Inspector
	banner    *widget.Banner
	tabs      *container.AppTabs

	machines   *machinesView
	events     *eventsView
	statistics *statisticsView
	stress     *stressView
	faults     *faultsView

	asking  bool // for the machines' states
	stopped bool
	cancel  func()
}

// NewDiagnostics makes the content; Stop ends it.
func NewDiagnostics(env *Env, inspector Inspector) *Diagnostics {
	v := &Diagnostics{env: env, inspector: inspector}
	v.banner = widget.NewBanner(nil)
	v.banner.OnAction = func() { v.banner.Set(widget.Notice{}) }
	v.machines = newMachinesView()
	v.events = newEventsView(env, inspector, v.save)
	v.statistics = newStatisticsView()
	v.stress = newStressView(env, inspector)
	v.faults = newFaultsView(env, inspector, v.Tell)
	v.tabs = container.NewAppTabs(
		container.NewTabItem(text.T("diagnostics.machines"), v.machines.content),
		container.NewTabItem(text.T("diagnostics.events"), v.events.content),
		container.NewTabItem(text.T("diagnostics.statistics"), v.statistics.content),
		container.NewTabItem(text.T("diagnostics.stress"), v.stress.content),
		container.NewTabItem(text.T("diagnostics.faults"), v.faults.content),
	)
	v.tabs.OnSelected = func(*container.TabItem) { v.refresh() }
	v.bindKeys()
	bundle := widget.NewButton(text.T("diagnostics.bundle"), nil, v.saveBundle)
	head := container.NewBorder(nil, nil, nil, container.NewCenter(bundle), heading(text.T("diagnostics.title")))
	v.Content = container.New(layout.NewCustomPaddedLayout(look.Gap, look.Gap, look.Margin, look.Margin),
		container.NewBorder(container.NewVBox(head, v.banner), nil, nil, nil, v.tabs))
	v.refresh()
	v.tick()
	return v
}

// Stop ends what runs; the view is not used again.
func (v *Diagnostics) Stop() {
	v.stopped = true
	if v.cancel != nil {
		v.cancel()
	}
	v.stress.stop()
}

func (v *Diagnostics) tick() {
	v.cancel = v.env.after(diagnosticsRefresh, func() {
		if !v.stopped {
			v.refresh()
			v.tick()
		}
	})
}

// refresh brings the tab that is seen up to date.
func (v *Diagnostics) refresh() {
	switch v.tabs.SelectedIndex() {
	case 0:
		v.askStates()
	case 1:
		v.events.refresh()
	case 2:
		v.statistics.set(v.inspector.Statistics())
	case 4:
		v.faults.refresh()
	}
}

func (v *Diagnostics) askStates() {
	if v.asking {
		return
	}
	v.asking = true
	var states map[string]string
	v.env.run(func(ctx context.Context) (err error) {
		states, err = v.inspector.MachineStates(ctx)
		return err
	}, func(error) { // without a connection there are no states, and nothing is lit
		v.asking = false
		if !v.stopped {
			v.machines.set(states)
		}
	})
}

// Tell shows a notice.
func (v *Diagnostics) Tell(n widget.Notice) {
	n.Action = text.T("common.close")
	v.banner.Set(n)
	v.Content.Refresh()
}

func (v *Diagnostics) saveBundle() {
	v.save("parley-report.zip", v.inspector.Bundle)
}

// save asks where to and writes the file.
func (v *Diagnostics) save(name string, write func(context.Context, io.Writer) error) {
	path := widget.NewField("")
	path.Text, path.Name = v.inspector.Suggest(name), text.T("diagnostics.save.title")
	var dismiss func()
	store := func() {
		to := strings.TrimSpace(path.Text)
		v.env.run(func(ctx context.Context) error { return v.inspector.Save(ctx, to, write) }, func(err error) {
			if err != nil {
				v.Tell(Describe(OpSave, shorten(to), err))
				return
			}
			v.Tell(widget.Notice{Level: widget.Info, Title: text.T("diagnostics.saved", text.D{"File": shorten(to)})})
		})
	}
	path.OnSubmitted = func(string) {
		dismiss()
		store()
	}
	path.OnEscape = func() { dismiss() }
	dismiss = v.env.ask(question{
		title: text.T("diagnostics.save.title"), yes: text.T("diagnostics.save.do"), no: text.T("common.cancel"),
		body: path, focus: path, answer: func(yes bool) {
			if yes {
				store()
			}
		},
	})
}
