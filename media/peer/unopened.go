package peer

import (
	"sync"

	"parley/connector/rtc"
)

// CodecFailure is a codec of this build that does not open in a call, so that nothing is sent or shown (Config.CodecFailed).
type CodecFailure struct {
	Codec string // as in rtpmap
	// Track is what cannot be shown or heard; nil: it is what we send on Slot that is not sent.
	Track rtc.RemoteTrack
	Slot  rtc.Slot
}

// unopened tells once of each codec that does not open: opening is tried again every second. What it keeps is bounded by the codecs
// we know.
type unopened struct {
	tell func(codec string) // nil: nobody is told

	mu   sync.Mutex // sound has a reader for each of the peer's streams
	told map[string]bool
}

func (u *unopened) add(codec string) {
	if u.tell != nil && u.first(codec) {
		u.tell(codec)
	}
}

// first tells whether it is the first time of a codec.
func (u *unopened) first(codec string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told[codec] {
		return false
	}
	if u.told == nil {
		u.told = map[string]bool{}
	}
	u.told[codec] = true
	return true
}

// tellsOf hands failures of one stage to Config.CodecFailed, beside the stage: what is called there may take its time.
func (p *Conn) tellsOf(f CodecFailure) func(codec string) {
	tell := p.config.CodecFailed
	if tell == nil {
		return nil
	}
	return func(codec string) {
		f := f
		f.Codec = codec
		p.post(func() { tell(f) })
	}
}
