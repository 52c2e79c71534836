package peer

import "sync"

// payloadTypes are codecs by payload type. Its lock is a leaf: receivers look names up while they hold their own lock, and
// others take a receiver's lock while they hold the connection's.
type payloadTypes struct {
	mu    sync.RWMutex
	names map[uint8]string
}

func (t *payloadTypes) set(pt uint8, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names == nil {
		t.names = map[uint8]string{}
	}
	t.names[pt] = name
}

// name of the codec, empty when unknown.
func (t *payloadTypes) name(pt uint8) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.names[pt]
}
