package views

import (
	"context"
	"image"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// Sizes of the live pictures in the picker, pixels.
const (
	shareThumbWidth, shareThumbHeight   = 384, 216
	shareRegionWidth, shareRegionHeight = 1280, 720
)

// sharePageLeast is the height that a page needs at least, device independent pixels: most of a card.
const sharePageLeast = 150

// sharePicker lets a person choose what to share: a screen, a window or a part of a screen, each with a live picture.
type sharePicker struct {
	env     *Env
	sources []ShareSource
	sharing bool // something is shared already: this one takes its place
	share   func(Share)
	stop    func()

	cards   map[string]*widget.SourceCard
	region  *widget.Region
	screen  *widget.Select // whose part
	size    *fynewidget.Label
	tabs    []*widget.Button
	pages   []fyne.CanvasObject
	page    int
	body    *fyne.Container
	motion  *widget.Options
	hint    *fynewidget.Label
	chosen  string // ID
	of      ShareSource
	pump    Thumbnails
	large   bool // the pump takes large pictures
	news    shareNews
	closed  bool
	dismiss func()
}

// The pages of the picker.
const (
	pageScreens = iota
	pageWindows
	pageRegion
)

// askShare opens the picker over the window. share is called with the choice; stop, when something is shared already.
func (e *Env) askShare(sources []ShareSource, sharing, motion bool, share func(Share), stop func()) *sharePicker {
	p := e.sharePicker(sources, sharing, motion, share, stop)
	p.open(pageScreens)
	return p
}

func (e *Env) sharePicker(sources []ShareSource, sharing, motion bool, share func(Share), stop func()) *sharePicker {
	p := &sharePicker{env: e, sources: sources, sharing: sharing, share: share, stop: stop, cards: map[string]*widget.SourceCard{}}
	p.build(motion)
	return p
}

// AskShare opens the picker in a call, on a page of it: 0 screens, 1 windows, 2 a part of a screen.
func (r *Root) AskShare(sources []ShareSource, sharing bool, page int) {
	if v := r.call; v != nil {
		r.env.sharePicker(sources, sharing, v.choices.shareMotion, v.startShare, v.stopShare).open(page)
	}
}

func (p *sharePicker) build(motion bool) {
	sources := slices.Clone(p.sources)
	p.sources = sources
	monitors := 0
	for i := range sources {
		if sources[i].Kind == ShareMonitor {
			monitors++
			sources[i].Number = monitors
		}
	}
	screens := p.grid(func(s ShareSource) bool { return s.Kind != ShareWindow })
	windows := p.grid(func(s ShareSource) bool { return s.Kind == ShareWindow })
	if len(windows.Objects) == 0 {
		windows.Layout = layout.NewVBoxLayout()
		windows.Add(muted(text.T("share.noWindows")))
	}
	p.pages = []fyne.CanvasObject{container.NewVScroll(screens), container.NewVScroll(windows), p.buildRegion()}
	for i, key := range []string{"share.screens", "share.windows", "share.region"} {
		p.tabs = append(p.tabs, widget.NewButton(text.T(key), nil, func() { p.turn(i) }))
	}
	p.hint = note("")
	kind := text.T("share.detail")
	if motion {
		kind = text.T("share.motion")
	}
	p.motion = widget.NewOptions([]string{text.T("share.detail"), text.T("share.motion")}, kind, func(string) { p.explain() })
	p.explain()
	for _, s := range p.sources {
		if p.chosen == "" || s.Kind == ShareMonitor && s.ID == p.primary() {
			p.choose(s.ID)
		}
	}
}

// primary is the main monitor's ID: the sources list it first.
func (p *sharePicker) primary() string {
	for _, s := range p.sources {
		if s.Kind == ShareMonitor {
			return s.ID
		}
	}
	return ""
}

// grid holds the cards of some sources.
func (p *sharePicker) grid(which func(ShareSource) bool) *fyne.Container {
	probe := widget.NewSourceCard("", "", "share", nil, "")
	grid := container.NewGridWrap(probe.MinSize())
	for _, s := range p.sources {
		if !which(s) {
			continue
		}
		card := widget.NewSourceCard(s.title(), s.detail(), s.icon(), s.Icon, text.T("share.loading"))
		card.OnChosen = func() { p.choose(s.ID) }
		card.OnEnter = p.accept
		p.cards[s.ID] = card
		grid.Add(card)
	}
	return grid
}

func (s ShareSource) title() string {
	switch {
	case s.Kind == ShareMonitor && s.Number > 0:
		return text.T("share.monitor", text.D{"Number": s.Number})
	case s.Kind == SharePortal:
		return text.T("share.portal")
	case s.Kind == ShareDesktop:
		return text.T("share.desktop")
	case s.Title == "":
		return shorten(s.Program)
	}
	return shorten(s.Title)
}

func (s ShareSource) detail() string {
	switch {
	case s.Kind == SharePortal:
		return text.T("share.portal.text")
	case s.Minimized:
		return text.T("share.minimized")
	case s.Kind == ShareMonitor && s.Number > 0:
		return shorten(s.Title) + " · " + text.T("share.size", text.D{"Width": s.Width, "Height": s.Height})
	case s.Kind == ShareWindow && s.Program != "" && s.Title != "":
		return shorten(s.Program)
	}
	return text.T("share.size", text.D{"Width": s.Width, "Height": s.Height})
}

func (s ShareSource) icon() string {
	if s.Kind == ShareWindow {
		return "window"
	}
	return "share"
}

func (p *sharePicker) buildRegion() fyne.CanvasObject {
	p.size = muted("")
	var names []string
	var screens []ShareSource
	for _, s := range p.sources {
		if s.Kind == ShareMonitor {
			names, screens = append(names, s.title()), append(screens, s)
		}
	}
	if len(screens) == 0 {
		return container.NewVBox(muted(text.T("share.noRegion")))
	}
	field := container.NewStack()
	use := func(s ShareSource) {
		p.of = s
		p.region = widget.NewRegion(image.Pt(s.Width, s.Height))
		p.region.OnChanged = func(image.Rectangle) { p.measure() }
		p.region.OnEnter = p.accept
		field.Objects = []fyne.CanvasObject{p.region}
		field.Refresh()
		p.measure()
		p.aim()
	}
	p.screen = widget.NewSelect(names, nil)
	p.screen.Selected, p.screen.Name = names[0], text.T("share.screens")
	p.screen.OnChanged = func(string) { use(screens[p.screen.SelectedIndex()]) }
	use(screens[0])
	var which fyne.CanvasObject
	if len(screens) > 1 {
		which = p.screen
	}
	p.size.Wrapping = fyne.TextWrapOff
	return bordered(bordered(nil, nil, nil, p.size, which), note(text.T("share.region.text")), nil, nil, field)
}

// measure says how large the region is.
func (p *sharePicker) measure() {
	r := p.region.Chosen()
	p.size.SetText(text.T("share.size", text.D{"Width": r.Dx(), "Height": r.Dy()}))
}

// explain says what detail and motion are good for.
func (p *sharePicker) explain() {
	key := "share.detail.text"
	if p.motion.Selected() == text.T("share.motion") {
		key = "share.motion.text"
	}
	p.hint.SetText(text.T(key))
}

func (p *sharePicker) choose(id string) {
	p.chosen = id
	for other, card := range p.cards {
		card.SetChosen(other == id)
	}
}

// turn to a page.
func (p *sharePicker) turn(page int) {
	p.page = page
	for i, tab := range p.tabs {
		markChosen(tab, i == page)
	}
	p.body.Objects = []fyne.CanvasObject{p.pages[page]}
	p.body.Refresh()
	// What is chosen must be on the page that is seen.
	if kind := p.kindOf(p.chosen); page != pageRegion && (p.chosen == "" || (kind == ShareWindow) != (page == pageWindows)) {
		p.choose(p.firstOf(page))
	}
	p.aim()
}

func (p *sharePicker) kindOf(id string) ShareKind {
	for _, s := range p.sources {
		if s.ID == id {
			return s.Kind
		}
	}
	return ShareMonitor
}

func (p *sharePicker) firstOf(page int) string {
	for _, s := range p.sources {
		if (s.Kind == ShareWindow) == (page == pageWindows) {
			return s.ID
		}
	}
	return ""
}

// aim captures what is on the page only, and no larger than it is shown.
func (p *sharePicker) aim() {
	if p.dismiss == nil {
		return // not open yet
	}
	large := p.page == pageRegion
	if p.pump == nil || p.large != large {
		p.release()
		w, h := shareThumbWidth, shareThumbHeight
		if large {
			w, h = shareRegionWidth, shareRegionHeight
		}
		p.large = large
		p.pump = p.env.Actions.Thumbnails(w, h, func(id string, picture image.Image) {
			if p.news.put(id, picture) {
				p.env.Do(p.showNews)
			}
		})
	}
	if large {
		p.pump.Show([]string{p.of.ID})
		return
	}
	var ids []string
	for _, s := range p.sources {
		if s.Kind != SharePortal && (s.Kind == ShareWindow) == (p.page == pageWindows) {
			ids = append(ids, s.ID)
		}
	}
	p.pump.Show(ids)
}

// release ends the capture. It may wait for a picture that is being taken: not on the window's goroutine.
func (p *sharePicker) release() {
	if pump := p.pump; pump != nil {
		p.pump = nil
		p.env.run(func(context.Context) error { pump.Close(); return nil }, func(error) {})
	}
}

// shareNews holds the newest picture of each source until the window takes them.
type shareNews struct {
	mu       sync.Mutex
	pictures map[string]image.Image
}

// put a picture; it reports whether the window must be told.
func (n *shareNews) put(id string, picture image.Image) (tell bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	tell = n.pictures == nil
	if tell {
		n.pictures = map[string]image.Image{}
	}
	n.pictures[id] = picture
	return tell
}

func (n *shareNews) take() map[string]image.Image {
	n.mu.Lock()
	defer n.mu.Unlock()
	pictures := n.pictures
	n.pictures = nil
	return pictures
}

func (p *sharePicker) showNews() {
	for id, picture := range p.news.take() {
		p.show(id, picture)
	}
}

// show puts a live picture up; on the window's goroutine.
func (p *sharePicker) show(id string, picture image.Image) {
	if p.closed {
		return
	}
	if p.region != nil && id == p.of.ID && picture != nil {
		p.region.SetPicture(picture)
	}
	if card := p.cards[id]; card != nil {
		card.SetPicture(picture, text.T("share.gone"))
	}
}

// accept shares what is chosen.
func (p *sharePicker) accept() {
	s := Share{Source: p.chosen, Motion: p.motion.Selected() == text.T("share.motion")}
	if p.page == pageRegion {
		if p.region == nil {
			return
		}
		s.Source = p.of.ID
		s.Region = p.region.Chosen().Add(image.Pt(p.of.Left, p.of.Top))
		s.Name = text.T("share.region")
	}
	for _, source := range p.sources {
		if s.Name == "" && source.ID == s.Source && source.Kind != SharePortal {
			s.Name = source.title()
		}
	}
	if s.Source == "" {
		p.hint.SetText(text.T("share.choose"))
		return
	}
	p.close()
	p.share(s)
}

func (p *sharePicker) close() {
	if p.closed {
		return
	}
	p.closed = true
	p.dismiss()
	p.release()
}

// open shows the picker as a sheet as large as the window allows.
func (p *sharePicker) open(page int) {
	title := subheading(text.T("share.title"))
	accept := widget.NewButton(text.T("share.do"), nil, p.accept)
	accept.Importance = fynewidget.HighImportance
	cancel := widget.NewButton(text.T("common.cancel"), nil, p.close)
	buttons := container.NewHBox(layout.NewSpacer(), cancel, accept)
	if p.sharing {
		title.SetText(text.T("share.title.other"))
		accept.SetText(text.T("share.switch"))
		stop := widget.NewButton(text.T("call.shareStop"), nil, func() { p.close(); p.stop() })
		stop.Importance = fynewidget.DangerImportance
		buttons = container.NewHBox(stop, layout.NewSpacer(), cancel, accept)
	}
	p.body = container.NewStack(p.pages[page])
	tabs := container.NewHBox()
	for _, tab := range p.tabs {
		tabs.Add(tab)
	}
	content := bordered(
		container.NewVBox(title, container.NewHScroll(tabs)),
		tight(p.motion, p.hint), nil, nil, container.NewStack(gap(sharePageLeast), p.body))
	p.dismiss = p.env.sheet(content, buttons, fyne.NewSize(716, 600), p.close)
	p.turn(page)
	if card := p.cards[p.chosen]; card != nil {
		p.env.focus(card)
	} else {
		p.env.focus(cancel)
	}
}

// sheet shows content over the window, at most of a size. The foot stays in sight, content scrolls where it is too high for
// the window. escape closes it: by the key, or because the screen below has gone.
func (e *Env) sheet(content, foot fyne.CanvasObject, most fyne.Size, escape func()) (dismiss func()) {
	canvas := e.Window.Canvas()
	room := fyne.NewSize(canvas.Size().Width-2*look.Space, canvas.Size().Height-2*look.Space)
	whole := bordered(nil, foot, nil, nil, container.NewVScroll(content))
	popup := fynewidget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(8, 8, 10, 10), whole), canvas)
	popup.Resize(fyne.NewSize(min(most.Width, room.Width), min(most.Height, room.Height)))
	return e.lay(&overlay{popup: popup, escape: escape, gone: escape})
}
