package room

import "github.com/pion/sdp/v3"

// nameRejected gives the rejected m-lines of an answer their mid: pion leaves it out, and clients match m-lines by it
// (RFC 8829 5.3.1).
func nameRejected(answer, offer string) string {
	var a, o sdp.SessionDescription
	if a.UnmarshalString(answer) != nil || o.UnmarshalString(offer) != nil ||
		len(a.MediaDescriptions) > len(o.MediaDescriptions) {
		return answer
	}
	changed := false
	for i, m := range a.MediaDescriptions {
		mid, ok := o.MediaDescriptions[i].Attribute(sdp.AttrKeyMID)
		if _, has := m.Attribute(sdp.AttrKeyMID); m.MediaName.Port.Value != 0 || has || !ok {
			continue
		}
		m.WithValueAttribute(sdp.AttrKeyMID, mid).WithPropertyAttribute(sdp.AttrKeyInactive)
		changed = true
	}
	if !changed {
		return answer
	}
	text, err := a.Marshal()
	if err != nil {
		return answer
	}
	return string(text)
}
