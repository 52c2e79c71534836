//go:build linux && cgo

// Package pipewire reads the pictures of one PipeWire node, such as a screen that the desktop's portal gave out. The
// library is loaded when it is first needed: Parley starts without it.
package pipewire

/*
#cgo CFLAGS: -I/usr/include/pipewire-0.3 -I/usr/include/spa-0.2
#cgo LDFLAGS: -ldl -lpthread
#include "pipewire.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

// Errors of this package.
var (
	// ErrMissing means that the PipeWire library is not installed.
	ErrMissing = errors.New("PipeWire is missing")
	// ErrEnded means that no more pictures will come.
	ErrEnded = errors.New("the stream of pictures ended")
)

// Available says why PipeWire cannot be used: ErrMissing, or nil.
func Available() error {
	if reason := C.parley_load(); reason != nil {
		return fmt.Errorf("%w: %s", ErrMissing, C.GoString(reason))
	}
	return nil
}

// Stream of pictures. Not for concurrent use.
type Stream struct {
	stream *C.parley_stream
	taken  C.uint64_t
	pixels []byte
}

// Open connects to a node through the socket that the portal gave, which it takes. Errors: ErrMissing, ErrEnded.
func Open(socket *os.File, node uint32) (*Stream, error) {
	defer socket.Close()
	if err := Available(); err != nil {
		return nil, err
	}
	fd, err := duplicate(socket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnded, err)
	}
	stream := C.parley_open(C.int(fd), C.uint32_t(node))
	if stream == nil {
		return nil, fmt.Errorf("%w: PipeWire does not answer", ErrEnded)
	}
	return &Stream{stream: stream}, nil
}

// Changed tells whether there is a picture that Take has not taken. Errors: ErrEnded.
func (s *Stream) Changed() (bool, error) {
	var pictures C.uint64_t
	if C.parley_state(s.stream, &pictures) == C.PARLEY_ENDED {
		var text [256]C.char
		C.parley_error(s.stream, &text[0], C.size_t(len(text)))
		return false, fmt.Errorf("%w: %s", ErrEnded, C.GoString(&text[0]))
	}
	return pictures != s.taken, nil
}

// Take the newest picture: 4 bytes a pixel in the order B, G, R, unused, rows without padding, valid until the next call;
// nil before the first picture came.
func (s *Stream) Take() (pixels []byte, width, height int) {
	var pictures C.uint64_t
	C.parley_state(s.stream, &pictures)
	var w, h C.int
	for C.parley_size(s.stream, &w, &h) != 0 {
		size := int(w) * int(h) * 4
		if cap(s.pixels) < size {
			s.pixels = make([]byte, size)
		}
		s.pixels = s.pixels[:size]
		if C.parley_take(s.stream, (*C.uint8_t)(unsafe.Pointer(&s.pixels[0])), w, h) != 0 {
			s.taken = pictures
			return s.pixels, int(w), int(h)
		}
	}
	return nil, 0, 0
}

// Close ends the stream.
func (s *Stream) Close() { C.parley_close(s.stream) }
