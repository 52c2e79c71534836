package views

// lasting is the oldest of what lasts as long as the call and has not been closed; what passes, and what a person did meanwhile,
// only covers it for a while. A call that is being restored has other things to say.
func (v *callView) lasting() (Told, bool) {
	if v.holding || v.model.Snapshot.Redial.State.Reconnecting() {
		return Told{}, false
	}
	for _, t := range v.model.Lasting {
		if t.Number > v.choices.closed {
			t.Name = callTitle(v.model.Snapshot.Call)
			return t, true
		}
	}
	return Told{}, false
}

// closeLasting makes room for the next; false: there is none to close.
func (v *callView) closeLasting() bool {
	t, ok := v.lasting()
	if ok {
		v.choices.closed = t.Number
	}
	return ok
}
