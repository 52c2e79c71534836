//go:build linux || freebsd || netbsd || openbsd

package x11

import (
	"fmt"
	"image"

	sysv "github.com/gen2brain/shm"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
)

// memory is where the server puts pictures: shared with it (MIT-SHM), or what came through the socket.
type memory struct {
	segment shm.Seg
	shared  []byte // nil: not now
	refused bool   // the server cannot share memory with us
}

// fit shares so many bytes, or more while a window shrinks and grows.
func (m *memory) fit(d *display, size int) {
	if m.shared != nil && size <= len(m.shared) && size > len(m.shared)/4 {
		return
	}
	m.unshare(d)
	m.share(d, size)
}

// share memory with the server; when that fails (another machine, a container), shared stays nil.
func (m *memory) share(d *display, size int) {
	if !d.shm || m.refused {
		return
	}
	id, err := sysv.Get(sysv.IPC_PRIVATE, size, sysv.IPC_CREAT|0o600)
	if err != nil {
		return
	}
	// It goes with its last user, whatever becomes of us.
	defer func() { _ = sysv.Rm(id) }()
	data, err := sysv.At(id, 0, 0)
	if err != nil {
		return
	}
	segment, err := shm.NewSegId(d.conn)
	if err == nil {
		err = shm.AttachChecked(d.conn, segment, uint32(id), false).Check()
	}
	if err != nil {
		_ = sysv.Dt(data)
		m.refused = true
		return
	}
	m.segment, m.shared = segment, data
}

func (m *memory) unshare(d *display) {
	if m.shared == nil {
		return
	}
	shm.Detach(d.conn, m.segment)
	_ = sysv.Dt(m.shared)
	m.shared = nil
}

// image reads a part of a window or pixmap.
func (m *memory) image(d *display, from xproto.Drawable, part image.Rectangle) ([]byte, error) {
	x, y := int16(part.Min.X), int16(part.Min.Y)
	w, h := uint16(part.Dx()), uint16(part.Dy())
	size := part.Dx() * part.Dy() * 4
	if size <= len(m.shared) {
		_, err := shm.GetImage(d.conn, from, x, y, w, h, ^uint32(0), xproto.ImageFormatZPixmap, m.segment, 0).Reply()
		return m.shared[:size], err
	}
	reply, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, from, x, y, w, h, ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	if len(reply.Data) < size {
		return nil, fmt.Errorf("x11: a picture of %d bytes instead of %d", len(reply.Data), size)
	}
	return reply.Data[:size], nil
}
