package harness

import (
	"fmt"
	"strconv"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// AskToClose asks a window to close as the button of a window manager does (ICCCM 4.2.8, WM_DELETE_WINDOW).
func (s *Screen) AskToClose(window string) error {
	number, err := strconv.ParseUint(window, 10, 32)
	if err != nil {
		return fmt.Errorf("ask to close: %w", err)
	}
	display, err := xgb.NewConnDisplay(s.Display)
	if err != nil {
		return fmt.Errorf("ask to close: %w", err)
	}
	defer display.Close()
	var atoms [2]xproto.Atom
	for i, name := range []string{"WM_PROTOCOLS", "WM_DELETE_WINDOW"} {
		reply, err := xproto.InternAtom(display, true, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("ask to close: %w", err)
		}
		atoms[i] = reply.Atom
	}
	message := xproto.ClientMessageEvent{Format: 32, Window: xproto.Window(number), Type: atoms[0],
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(atoms[1]), xproto.TimeCurrentTime, 0, 0, 0})}
	err = xproto.SendEventChecked(display, false, xproto.Window(number), xproto.EventMaskNoEvent, string(message.Bytes())).Check()
	if err != nil {
		return fmt.Errorf("ask to close: %w", err)
	}
	return nil
}
