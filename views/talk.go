package views

import "context"

// pushToTalk switches the microphone on while a key is held. Its actions go out one after the other, so that the last one
// is what the key said last.
type pushToTalk struct {
	env    *Env
	failed func(error)
	// muted tells whether the microphone is there, off and not by a moderator.
	muted func() bool

	held    bool // the key, now
	talking bool // we switched it on, and have to switch it off
	running bool
	on      bool // what was asked for last
}

// down begins to talk. A microphone that is on already stays as it is.
func (p *pushToTalk) down() {
	if p.held || !p.talking && !p.muted() {
		return
	}
	p.held, p.talking = true, true
	p.run()
}

// up ends it.
func (p *pushToTalk) up() {
	p.held = false
	if p.talking {
		p.run()
	}
}

func (p *pushToTalk) run() {
	if p.running || p.on == p.held {
		if !p.running && !p.held {
			p.talking = false
		}
		return
	}
	p.running = true
	p.on = p.held
	on := p.on
	p.env.run(func(ctx context.Context) error { return p.env.Actions.SetMicrophone(ctx, on) }, func(err error) {
		p.running = false
		if err != nil {
			p.held, p.talking, p.on = false, false, false
			p.failed(err)
			return
		}
		p.run()
	})
}
