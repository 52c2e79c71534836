package views

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// statisticsView shows the statistics of the last minutes, one tab a stream and one for the transport.
type statisticsView struct {
	content fyne.CanvasObject
	tabs    *container.AppTabs
	pages   []*statisticsPage
	kept    []rtc.Stats
}

// statisticsPage is a tab: plots, and all figures of the newest collection.
type statisticsPage struct {
	content fyne.CanvasObject
	figures *fynewidget.Label
	plots   []*statisticsPlot
	newest  func(rtc.Stats) any // what the figures show
}

type statisticsPlot struct {
	plot   *widget.Plot
	series func([]rtc.Stats) []widget.Series
}

func newStatisticsView() *statisticsView {
	v := &statisticsView{}
	v.tabs = container.NewAppTabs()
	add := func(title string, newest func(rtc.Stats) any, plots ...*statisticsPlot) {
		page := newStatisticsPage(newest, plots)
		v.pages = append(v.pages, page)
		v.tabs.Append(container.NewTabItem(title, page.content))
	}
	stream := func(title string, out, in pick, video bool) {
		add(title, func(s rtc.Stats) any {
			return map[string]any{"outbound": out(s), "inbound": in(s)}
		}, streamPlots(out, in, video)...)
	}
	stream(text.T("diagnostics.audio"), func(s rtc.Stats) *rtc.StreamStats { return s.Outbound.Audio },
		func(s rtc.Stats) *rtc.StreamStats { return s.Inbound.Audio }, false)
	stream(text.T("diagnostics.main"), func(s rtc.Stats) *rtc.StreamStats { return s.Outbound.Video },
		func(s rtc.Stats) *rtc.StreamStats { return s.Inbound.Video }, true)
	stream(text.T("diagnostics.presentation"), func(s rtc.Stats) *rtc.StreamStats { return s.Outbound.Presentation },
		func(s rtc.Stats) *rtc.StreamStats { return s.Inbound.Presentation }, true)
	add(text.T("diagnostics.transport"), func(s rtc.Stats) any {
		return map[string]any{"candidatePair": s.CandidatePair, "transport": s.Transport}
	}, transportPlots()...)
	v.tabs.OnSelected = func(*container.TabItem) { v.show() }
	v.content = v.tabs
	return v
}

func newStatisticsPage(newest func(rtc.Stats) any, plots []*statisticsPlot) *statisticsPage {
	p := &statisticsPage{newest: newest, plots: plots, figures: fynewidget.NewLabel(text.T("diagnostics.noStatistics"))}
	p.figures.TextStyle.Monospace = true
	p.figures.Wrapping = fyne.TextWrapBreak
	grid := container.New(layout.NewGridWrapLayout(fyne.NewSize(340, 150)))
	for _, one := range plots {
		grid.Add(one.plot)
	}
	p.content = container.NewVScroll(container.NewVBox(gap(look.Gap), grid, p.figures))
	return p
}

func newStatisticsPlot(title, unit string, series func([]rtc.Stats) []widget.Series) *statisticsPlot {
	return &statisticsPlot{widget.NewPlot(title, unit, recorder.DefaultStatistics), series}
}

func streamPlots(out, in pick, video bool) []*statisticsPlot {
	sent, received := text.T("diagnostics.sent"), text.T("diagnostics.received")
	two := func(outgoing, incoming func([]rtc.Stats) []float64) func([]rtc.Stats) []widget.Series {
		return func(list []rtc.Stats) []widget.Series {
			return []widget.Series{{Name: sent, Values: outgoing(list)}, {Name: received, Values: incoming(list)}}
		}
	}
	plots := []*statisticsPlot{
		newStatisticsPlot(text.T("diagnostics.plot.bitrate"), text.T("diagnostics.unit.kbps"), two(
			func(l []rtc.Stats) []float64 {
				return perSecond(l, out, func(s *rtc.StreamStats) float64 { return float64(s.BytesSent) * 8 / 1000 })
			},
			func(l []rtc.Stats) []float64 {
				return perSecond(l, in, func(s *rtc.StreamStats) float64 { return float64(s.BytesReceived) * 8 / 1000 })
			})),
		newStatisticsPlot(text.T("diagnostics.plot.loss"), "%", two(
			func(l []rtc.Stats) []float64 {
				return level(l, out, func(s *rtc.StreamStats) float64 { return s.FractionLost * 100 })
			},
			func(l []rtc.Stats) []float64 { return lossPercent(l, in) })),
		newStatisticsPlot(text.T("diagnostics.plot.jitter"), text.T("diagnostics.unit.ms"), two(
			func(l []rtc.Stats) []float64 {
				return level(l, out, func(s *rtc.StreamStats) float64 { return s.RemoteJitter * 1000 })
			},
			func(l []rtc.Stats) []float64 {
				return level(l, in, func(s *rtc.StreamStats) float64 { return s.Jitter * 1000 })
			})),
	}
	if video {
		rate := func(s *rtc.StreamStats) float64 { return s.FrameRate }
		return append(plots, newStatisticsPlot(text.T("diagnostics.plot.frames"), "fps", two(
			func(l []rtc.Stats) []float64 { return level(l, out, rate) },
			func(l []rtc.Stats) []float64 { return level(l, in, rate) })))
	}
	loud := func(s *rtc.StreamStats) float64 { return s.AudioLevel }
	return append(plots, newStatisticsPlot(text.T("diagnostics.plot.level"), "", two(
		func(l []rtc.Stats) []float64 { return level(l, out, loud) },
		func(l []rtc.Stats) []float64 { return level(l, in, loud) })))
}

func transportPlots() []*statisticsPlot {
	pair := func(s rtc.Stats) map[string]any { return s.CandidatePair }
	one := func(key string, factor float64) func([]rtc.Stats) []widget.Series {
		return func(list []rtc.Stats) []widget.Series {
			return []widget.Series{{Values: fromMap(list, pair, key, factor)}}
		}
	}
	rate := func(key string) func([]rtc.Stats) []float64 {
		return func(list []rtc.Stats) []float64 { return growth(list, fromMap(list, pair, key, 8.0/1000)) }
	}
	sent, received := rate("bytesSent"), rate("bytesReceived")
	return []*statisticsPlot{
		newStatisticsPlot(text.T("diagnostics.plot.roundTrip"), text.T("diagnostics.unit.ms"), one("currentRoundTripTime", 1000)),
		newStatisticsPlot(text.T("diagnostics.plot.available"), text.T("diagnostics.unit.kbps"), one("availableOutgoingBitrate", 1.0/1000)),
		newStatisticsPlot(text.T("diagnostics.plot.bitrate"), text.T("diagnostics.unit.kbps"), func(list []rtc.Stats) []widget.Series {
			return []widget.Series{{Name: text.T("diagnostics.sent"), Values: sent(list)}, {Name: text.T("diagnostics.received"), Values: received(list)}}
		}),
	}
}

// set takes the statistics that are kept, when there are new ones.
func (v *statisticsView) set(kept []rtc.Stats) {
	if len(kept) == len(v.kept) && (len(kept) == 0 || kept[len(kept)-1].Time.Equal(v.kept[len(v.kept)-1].Time)) {
		return
	}
	v.kept = kept
	v.show()
}

// show draws the tab that is seen.
func (v *statisticsView) show() {
	if len(v.kept) == 0 {
		return
	}
	page := v.pages[v.tabs.SelectedIndex()]
	for _, p := range page.plots {
		p.plot.Set(p.series(v.kept)...)
	}
	page.figures.SetText(figuresOf(page.newest(v.kept[len(v.kept)-1])))
}

// figuresOf writes all figures of a value, one a line, by their names on the wire.
func figuresOf(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var parts map[string]any
	if err := json.Unmarshal(encoded, &parts); err != nil {
		return err.Error()
	}
	lines := flatten("", parts)
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func flatten(prefix string, part map[string]any) (lines []string) {
	names := make([]string, 0, len(part))
	for name := range part {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch v := part[name].(type) {
		case map[string]any:
			lines = append(lines, flatten(prefix+name+".", v)...)
		case nil:
		case float64:
			lines = append(lines, fmt.Sprintf("%s%s = %s", prefix, name, plain(v)))
		default:
			lines = append(lines, fmt.Sprintf("%s%s = %v", prefix, name, v))
		}
	}
	return lines
}

// plain writes a number without an exponent.
func plain(v float64) string {
	text := fmt.Sprintf("%.6f", v)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
