//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/png"

	"fyne.io/fyne/v2"
	"github.com/godbus/dbus/v5"
	scale "golang.org/x/image/draw"

	"parley/assets"
)

// Who shows notifications (freedesktop.org Desktop Notifications 1.3).
const (
	notesName = "org.freedesktop.Notifications"
	notesPath = "/org/freedesktop/Notifications"
)

// noteIcon is the height of the icon in a notification, pixels.
const noteIcon = 64

// noteKeys are the hints of a notification.
const (
	hintUrgency, urgent = "urgency", byte(2)
	hintCategory        = "category"
	hintEntry           = "desktop-entry"
	hintPicture         = "image-data"
	pressed             = "default" // the action of the notification itself
)

// When a notification goes by itself.
const (
	asUsual int32 = -1 // when the desktop says
	never   int32 = 0
)

// board shows notes through the session bus. Fyne's way has no end: a desktop that keeps to the standard would show them for
// ever. Its methods come one after the other.
type board struct {
	plain   func(*fyne.Notification) // where nobody is on the bus: in a Flatpak, Fyne asks the portal
	words   boardWords
	pressed func()
	icon    dbus.Variant
	ringing uint32 // number of the note of a call that rings, 0: there is none
	ours    ourNotes
}

// newBoard begins to show notes; pressed is called when a person presses one, from any goroutine. It lasts until ctx ends.
func newBoard(ctx context.Context, plain func(*fyne.Notification), words boardWords, pressed func()) (show func(context.Context, note)) {
	b := &board{plain: plain, words: words, pressed: pressed, icon: noteIconHint()}
	listening := false
	return func(now context.Context, n note) {
		bus, err := dbus.SessionBus() // shared with Fyne: it is not closed
		if err != nil {
			b.fallBack(n)
			return
		}
		if !listening {
			listening = true
			go b.listen(ctx, bus)
		}
		b.show(now, bus, n)
	}
}

// show a note, or take the one of a ringing call away.
func (b *board) show(ctx context.Context, bus *dbus.Conn, n note) {
	service := bus.Object(notesName, notesPath)
	if n.title == "" {
		if b.ringing != 0 {
			service.CallWithContext(ctx, notesName+".CloseNotification", 0, b.ringing) // it may have gone
			b.ringing = 0
		}
		return
	}
	hints := map[string]dbus.Variant{hintEntry: dbus.MakeVariant(AppID), hintPicture: b.icon}
	replaces, expires := uint32(0), asUsual
	if n.rings {
		replaces, expires = b.ringing, never
		hints[hintUrgency], hints[hintCategory] = dbus.MakeVariant(urgent), dbus.MakeVariant("call.incoming")
	}
	var number uint32
	err := service.CallWithContext(ctx, notesName+".Notify", 0, b.words.app, replaces, "", n.title, n.content,
		[]string{pressed, b.words.show}, hints, expires).Store(&number)
	if ctx.Err() != nil {
		return // the program ends, or the desktop hangs: the other way asks the same desktop, and waits without end
	}
	if err != nil {
		b.fallBack(n)
		return
	}
	b.ours.add(number)
	if n.rings {
		b.ringing = number
	}
}

func (b *board) fallBack(n note) {
	if n.title != "" {
		b.plain(fyne.NewNotification(n.title, n.content))
	}
}

// listen hears when a note is pressed, and when it goes.
func (b *board) listen(ctx context.Context, bus *dbus.Conn) {
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(notesPath), dbus.WithMatchInterface(notesName)}
	signals := make(chan *dbus.Signal, 8)
	bus.Signal(signals)
	defer bus.RemoveSignal(signals)
	if err := bus.AddMatchSignalContext(ctx, match...); err != nil {
		return
	}
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return
			}
			b.heard(s)
		case <-ctx.Done():
			return
		}
	}
}

// heard takes a signal, which may be about the note of another program.
func (b *board) heard(s *dbus.Signal) {
	if s.Path != notesPath {
		return
	}
	var number, reason uint32
	var action string
	switch s.Name {
	case notesName + ".ActionInvoked":
		if dbus.Store(s.Body, &number, &action) == nil && action == pressed && b.ours.take(number) {
			b.pressed()
		}
	case notesName + ".NotificationClosed":
		if dbus.Store(s.Body, &number, &reason) == nil {
			b.ours.take(number)
		}
	}
}

// noteIconHint is the program's icon as the bus takes pictures: raw, for it may not be installed.
func noteIconHint() dbus.Variant {
	full, err := png.Decode(bytes.NewReader(assets.AppIcon().Content()))
	if err != nil {
		panic(err) // it is a part of the program
	}
	small := image.NewNRGBA(image.Rect(0, 0, noteIcon, noteIcon))
	scale.CatmullRom.Scale(small, small.Bounds(), full, full.Bounds(), draw.Src, nil)
	return dbus.MakeVariant(struct {
		Width, Height, Stride int32
		Alpha                 bool
		Bits, Channels        int32
		Pixels                []byte
	}{noteIcon, noteIcon, int32(small.Stride), true, 8, 4, small.Pix})
}
