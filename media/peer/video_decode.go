package peer

import (
	"strings"
	"time"

	"parley/media/codec"
	"parley/media/video"
)

const (
	// decodeMargin is how much earlier than decoding takes a frame is decoded: threads do not wake to the point.
	decodeMargin = 3 * time.Millisecond
	mostLead     = 50 * time.Millisecond
	never        = time.Duration(-1)
	pauseAfter   = 5 * time.Second // and more: W3C pauseCount
	// mostSkipped: after so long without a picture a late one is shown. A decoder that cannot follow is always late, and a
	// slow picture is better than none.
	mostSkipped = 100 * time.Millisecond
)

func (v *videoReceiver) run() {
	defer close(v.exited)
	defer v.closeDecoder()
	defer v.letGo()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := v.step()
		if ask := v.askAgain(); wait < 0 || ask >= 0 && ask < wait {
			wait = ask
		}
		if wait >= 0 {
			timer.Reset(wait)
		}
		select {
		case <-v.stop:
			return
		case <-v.wake:
		case <-timer.C:
		}
	}
}

// step shows and decodes what is due, and returns how long nothing more is; never: until a packet comes.
func (v *videoReceiver) step() time.Duration {
	for {
		select {
		case <-v.stop:
			return never
		default:
		}
		now := video.Now()
		if v.held != nil {
			if now < v.heldAt.due && v.shownAt > 0 { // the first picture has nothing to be smooth with
				return v.heldAt.due - now
			}
			v.show(now)
		}
		v.mu.Lock()
		if !v.peek() {
			v.mu.Unlock()
			return never
		}
		// While a key frame is needed nothing waits: who knows how soon it is found.
		if wait := v.head.due - v.lead - decodeMargin - now; wait > 0 && !v.buffer.broken {
			v.mu.Unlock()
			return wait
		}
		v.take()
	}
}

// peek finds and schedules the next frame. Under mu.
func (v *videoReceiver) peek() bool {
	first, last, ok := v.buffer.frame()
	if !ok {
		v.head.known = false
		return false
	}
	start := v.buffer.at(first)
	if v.head.known && v.head.first == first && v.head.timestamp == start.timestamp {
		v.head.last = last
		return true
	}
	arrived, complete, counts := start.arrived, start.arrived, true
	for n := first; n <= last; n++ {
		p := v.buffer.at(n)
		arrived, complete = min(arrived, p.arrived), max(complete, p.arrived)
		counts = counts && !p.repaired
	}
	v.head = scheduled{known: true, first: first, last: last, timestamp: start.timestamp, arrived: arrived, complete: complete,
		due: v.schedule.Frame(complete, start.timestamp, counts)}
	v.buffer.slack = v.schedule.Delay()
	return true
}

// take decodes the frame that peek found. Under mu, which it gives up.
func (v *videoReceiver) take() {
	at := v.head
	v.head.known = false
	v.stats.framesReceived++
	if at.last > at.first {
		v.stats.assembled++
		v.stats.assembly += at.complete - at.arrived
	}
	name, err := v.assemble(at.first, at.last)
	v.buffer.drop(at.last + 1)
	broken := v.buffer.broken
	v.mu.Unlock()
	if name == "" {
		return // an unknown payload type
	}
	key := err == nil && codec.IsKeyFrame(name, v.data)
	if err != nil || broken && !key {
		v.lose()
		return
	}
	v.decode(name, key, at)
}

// assemble puts the payloads of the packets together in data. Under mu.
func (v *videoReceiver) assemble(first, last int64) (name string, err error) {
	name = v.codec(v.buffer.at(first).pt)
	if name == "" {
		return "", nil
	}
	if name != v.name || v.parts == nil {
		v.closeDecoder()
		v.name, v.parts = name, newDepacketizer(name)
		v.buffer.broken = true
		v.track.codec.Store(strings.ToUpper(name))
	}
	v.data = v.data[:0]
	v.parts.reset()
	for n := first; n <= last; n++ {
		p := v.buffer.at(n)
		if len(p.payload) == 0 {
			continue
		}
		if v.data, err = v.parts.append(v.data, p.payload); err != nil {
			return name, err
		}
	}
	return name, nil
}

// lose counts a frame that cannot be shown and asks for a key frame.
func (v *videoReceiver) lose() {
	v.mu.Lock()
	v.stats.framesDropped++
	v.buffer.broken = true
	v.wantKey = true
	ask := v.dueKey(video.Now())
	v.mu.Unlock()
	if ask {
		v.requestKey()
	}
}

func (v *videoReceiver) decode(name string, key bool, at scheduled) {
	if v.decoder == nil && !v.open(name) {
		v.lose()
		return
	}
	began := video.Now()
	frame, err := v.decoder.Decode(v.data)
	now := video.Now()
	if err != nil {
		v.log.Debug("a video frame does not decode", "codec", name, "bytes", len(v.data), "error", err)
		v.lose()
		return
	}
	spent := now - began
	v.lead = min(v.lead+(spent-v.lead)/8, mostLead)
	v.mu.Lock()
	s := &v.stats
	s.decodeTime += spent
	if key {
		s.keyFrames++
		v.buffer.broken, v.wantKey = false, false
	}
	if frame != nil {
		s.framesDecoded++
		s.qp.add(v.decoder)
		s.processing += now - at.arrived
		s.width, s.height = frame.Width, frame.Height
		s.frameRate.add(time.Now())
	}
	v.mu.Unlock()
	if frame != nil {
		v.letGo()
		v.held, v.heldAt = frame, at
	}
}

// show hands the held frame to the viewers, unless it is late and the next one is due too.
func (v *videoReceiver) show(now time.Duration) {
	frame, at := v.held, v.heldAt
	v.held = nil
	defer frame.Release()
	v.mu.Lock()
	if v.peek() && v.head.due <= now && !v.buffer.broken && now-v.shownAt < mostSkipped {
		v.stats.late++
		v.stats.framesDropped++
		v.mu.Unlock()
		return
	}
	s := &v.stats
	s.framesRendered++
	s.bufferDelay += now - at.arrived
	s.bufferTarget += v.schedule.Target()
	s.bufferMinimum += v.schedule.Least()
	s.emitted++
	s.freezes.add(now)
	if v.shownAt > 0 {
		between := (now - v.shownAt).Seconds()
		if now-v.shownAt > pauseAfter {
			s.pauses++
			s.paused += now - v.shownAt
		}
		s.interFrame += between
		s.interFrameSquared += between * between
	}
	v.shownAt, v.shownTS = now, at.timestamp
	v.mu.Unlock()
	frame.Captured = now
	v.track.frames.Put(frame)
}

// letGo forgets the held frame.
func (v *videoReceiver) letGo() {
	if v.held != nil {
		v.held.Release()
		v.held = nil
	}
}

func (v *videoReceiver) closeDecoder() {
	if v.decoder != nil {
		_ = v.decoder.Close()
		v.decoder = nil
	}
}

func (v *videoReceiver) open(name string) bool {
	if time.Since(v.failedAt) < time.Second {
		return false
	}
	decoder, implementation, err := v.newDecoder(name)
	if v.decoder = decoder; err != nil {
		v.decoder, v.failedAt = nil, time.Now()
		v.log.Warn("video cannot be decoded", "codec", name, "error", err)
		v.unopened.add(name)
		return false
	}
	v.mu.Lock()
	v.stats.implementation = implementation
	v.mu.Unlock()
	return true
}

// openDecoder opens the decoder that this build has for a codec and names its library.
func openDecoder(name string) (codec.VideoDecoder, string, error) {
	adapter, err := codec.Video(name)
	if err != nil {
		return nil, "", err
	}
	if adapter.NewDecoder == nil {
		return nil, "", codec.ErrUnsupported
	}
	d, err := adapter.NewDecoder()
	if err != nil {
		return nil, "", err
	}
	return d, adapter.Decoder, nil
}
