package peer

import "parley/connector/rtc"

// CodecFailure is a codec of this build that does not open in a call, so that nothing is sent or shown (Config.CodecFailed).
type CodecFailure struct {
	Codec string // as in rtpmap
	// Track is what cannot be shown or heard; nil: it is what we send on Slot that is not sent.
	Track rtc.RemoteTrack
	Slot  rtc.Slot
}

// unopened tells once of each codec that does not open: opening is tried again every second. It belongs to its stage's
// goroutine. What it keeps is bounded by the codecs we know.
type unopened struct {
	tell func(codec string) // nil: nobody is told
	told map[string]bool
}

func (u *unopened) add(codec string) {
	if u.tell == nil || u.told[codec] {
		return
	}
	if u.told == nil {
		u.told = map[string]bool{}
	}
	u.told[codec] = true
	u.tell(codec)
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
