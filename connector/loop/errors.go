package loop

import "errors"

// ErrClosed is returned by what needs a loop that has ended.
var ErrClosed = errors.New("connector is closed")
