//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// The extensions' own Init functions of xgb are not used: each call writes maps that the readers of all other connections
// read, and an error whose number is in no map leaves the request that caused it waiting for ever. Here every number has
// its constructor before there is any connection. Events of extensions have none, so xgb drops them: nothing here asks
// for any but damage, which is polled.
func init() {
	for number := 128; number < 256; number++ { // those below are the core protocol's
		xgb.NewErrorFuncs[number] = newExtensionError
	}
}

// enable an extension on a connection; false when the server lacks it.
func enable(conn *xgb.Conn, name string) bool {
	reply, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil || !reply.Present {
		return false
	}
	conn.ExtLock.Lock()
	conn.Extensions[name] = reply.MajorOpcode
	conn.ExtLock.Unlock()
	return true
}

// extensionError is an error of an extension (X11 protocol, "Errors").
type extensionError struct {
	number   byte
	sequence uint16
	bad      uint32
}

func newExtensionError(buf []byte) xgb.Error {
	return extensionError{buf[1], xgb.Get16(buf[2:]), xgb.Get32(buf[4:])}
}

func (e extensionError) SequenceId() uint16 { return e.sequence }
func (e extensionError) BadId() uint32      { return e.bad }
func (e extensionError) Error() string {
	return fmt.Sprintf("X11 extension error %d about %#x", e.number, e.bad)
}
