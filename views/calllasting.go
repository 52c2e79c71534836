package views

// lasting is the oldest of what lasts as long as the call and has not been closed; what passes, and what a person did meanwhile,
// only covers it for a while. What wants an answer, and who has put the call on hold, go before it.
func (v *callView) lasting() (Told, bool) {
	s := v.model.Snapshot
	if v.holding || s.Call.Held || s.Redial.State.Reconnecting() || v.words.Asks != asksNothing && v.words.Asks != asksToStopSharing {
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
