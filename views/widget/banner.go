package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
)

// Level is how grave a banner is.
type Level int

// The levels.
const (
	Info Level = iota
	Warning
	Failure
)

// Notice is what a banner says: what happened, why and what to do. An empty Title hides the banner.
type Notice struct {
	Level  Level
	Title  string
	Text   string
	Action string // the action's words, empty for none
	Second string // another action's, before it; empty for none
}

// Banner shows one notice over the full width, with an icon, so that nothing is told by colour alone.
type Banner struct {
	fynewidget.BaseWidget

	// OnAction is called when the action is pressed. OnClose, when not nil, gives the banner a close button.
	OnAction, OnSecond, OnClose func()

	notice  Notice
	field   *canvas.Rectangle
	icon    *fynewidget.Icon
	title   *fynewidget.Label
	text    *fynewidget.Label
	action  *Button
	second  *Button
	close   *Button
	content fyne.CanvasObject
}

// NewBanner makes a hidden banner.
func NewBanner(onClose func()) *Banner {
	b := &Banner{
		OnClose: onClose,
		field:   canvas.NewRectangle(nil),
		icon:    fynewidget.NewIcon(nil),
		title:   fynewidget.NewLabel(""),
		text:    fynewidget.NewLabel(""),
	}
	b.field.CornerRadius = look.Radius
	b.field.StrokeWidth = 1
	b.title.Wrapping, b.text.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord
	b.title.TextStyle.Bold = true
	b.action = NewButton("", nil, func() {
		if b.OnAction != nil {
			b.OnAction()
		}
	})
	b.second = NewButton("", nil, func() { call(b.OnSecond) })
	b.close = NewIconButton("close", text.T("common.close"), func() {
		b.Set(Notice{})
		if b.OnClose != nil {
			b.OnClose()
		}
	})
	if onClose == nil {
		b.close.Hide()
	}
	words := container.New(layout.NewCustomPaddedVBoxLayout(-14), layout.NewSpacer(), b.title, b.text, layout.NewSpacer())
	icon := container.NewPadded(container.NewCenter(b.icon))
	b.content = container.NewStack(b.field, container.NewBorder(nil, nil, icon,
		container.NewPadded(container.NewCenter(container.NewHBox(b.second, b.action, b.close))), words))
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// Width that the notice needs to be told without more lines than necessary, at most most.
func (b *Banner) Width(most float32) float32 {
	size := theme.Size(theme.SizeNameText)
	w := fyne.MeasureText(b.notice.Title, size, fyne.TextStyle{Bold: true}).Width
	w = max(w, fyne.MeasureText(b.notice.Text, size, fyne.TextStyle{}).Width)
	w += b.content.MinSize().Width - b.title.MinSize().Width + 4*theme.Padding()
	return min(w, most)
}

// Notice shown now.
func (b *Banner) Notice() Notice { return b.notice }

// Set shows a notice; an empty one hides the banner.
func (b *Banner) Set(n Notice) {
	if n == b.notice && b.Visible() == (n.Title != "") {
		return
	}
	b.notice = n
	if n.Title == "" {
		b.Hide()
		return
	}
	b.title.SetText(n.Title)
	b.text.SetText(n.Text)
	setVisible(b.text, n.Text != "")
	b.action.SetText(n.Action)
	setVisible(b.action, n.Action != "")
	b.second.SetText(n.Second)
	setVisible(b.second, n.Second != "")
	b.apply()
	b.Show()
	b.Refresh()
}

func (b *Banner) apply() {
	icon, name := "info", theme.ColorNamePrimary
	switch b.notice.Level {
	case Warning:
		icon, name = "warning", theme.ColorNameWarning
	case Failure:
		icon, name = "error", theme.ColorNameError
	}
	b.icon.SetResource(look.ColoredIcon(icon, name))
	b.field.FillColor = colorOf(b, look.Surface)
	b.field.StrokeColor = colorOf(b, name)
}

// AccessibilityLabel implements fyne.Accessible.
func (b *Banner) AccessibilityLabel() string { return b.notice.Title + ". " + b.notice.Text }

// AccessibilityRole implements fyne.Accessible.
func (b *Banner) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	b.apply()
	return &bannerRenderer{WidgetRenderer: fynewidget.NewSimpleRenderer(b.content), banner: b}
}

type bannerRenderer struct {
	fyne.WidgetRenderer
	banner *Banner
}

func (r *bannerRenderer) Refresh() {
	r.banner.apply()
	r.banner.field.Refresh()
	r.WidgetRenderer.Refresh()
}
