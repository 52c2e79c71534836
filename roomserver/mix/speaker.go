package mix

// Detector decides who the active speaker is, from the levels of every frame. It follows speech that lasts, so that a
// cough moves no picture, and keeps the last speaker through pauses. Not for concurrent use.
type Detector struct {
	voices  map[string]*voice
	speaker string
	held    int // frames since the last change
}

type voice struct {
	activity int // rises while he speaks, falls while he is silent
	seen     bool
}

// In frames of 20 ms.
const (
	speechLevel    = -50 // dBov
	activityLimit  = 50
	activityStart  = 12 // 240 ms of speech make a speaker when the last one is silent
	activityMargin = 25 // how much more active than a speaker who still speaks one must be
	holdFrames     = 40 // 800 ms: the least time between two changes
	silentActivity = 5
)

// Frame takes the levels of one frame and returns the active speaker ("" before anyone spoke) and whether he changed.
func (d *Detector) Frame(levels []Level) (speaker string, changed bool) {
	if d.voices == nil {
		d.voices = map[string]*voice{}
	}
	for _, v := range d.voices {
		v.seen = false
	}
	best, most := "", 0
	for _, l := range levels {
		v := d.voices[l.Name]
		if v == nil {
			v = &voice{}
			d.voices[l.Name] = v
		}
		v.seen = true
		if l.DB > speechLevel {
			v.activity = min(v.activity+1, activityLimit)
		} else if v.activity > 0 {
			v.activity--
		}
		if v.activity > most {
			best, most = l.Name, v.activity
		}
	}
	for name, v := range d.voices {
		if !v.seen {
			delete(d.voices, name)
		}
	}
	d.held++
	if best == "" || best == d.speaker || most < activityStart || d.held < holdFrames && d.speaker != "" {
		return d.speaker, false
	}
	if current := d.voices[d.speaker]; current != nil && current.activity > silentActivity &&
		most < current.activity+activityMargin {
		return d.speaker, false
	}
	d.speaker, d.held = best, 0
	return best, true
}
