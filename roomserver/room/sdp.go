package room

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

var errOffer = errors.New("offer cannot be used")

// maxLines bounds the m-lines of an offer: each costs a transceiver. Clients use three in a call, five in a receive-only
// session.
const maxLines = 32

// checkSize refuses what cannot be parsed, and offers of too many m-lines.
func checkSize(offer string) error {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return fmt.Errorf("%w: %w", errOffer, err)
	}
	if n := len(d.MediaDescriptions); n == 0 || n > maxLines {
		return fmt.Errorf("%w: %d m-lines", errOffer, n)
	}
	return nil
}

// checkOffer looks at an offer within a call before it is applied: half applied, it could not be taken back.
func checkOffer(offer, before string) error {
	var next, last sdp.SessionDescription
	if err := next.UnmarshalString(offer); err != nil {
		return fmt.Errorf("%w: %w", errOffer, err)
	}
	if err := last.UnmarshalString(before); err != nil {
		return fmt.Errorf("%w: the one before: %w", errOffer, err)
	}
	if n := len(next.MediaDescriptions); n > maxLines {
		return fmt.Errorf("%w: %d m-lines", errOffer, n)
	}
	if len(next.MediaDescriptions) < len(last.MediaDescriptions) {
		return fmt.Errorf("%w: %d m-lines after %d", errOffer, len(next.MediaDescriptions), len(last.MediaDescriptions))
	}
	for i, m := range next.MediaDescriptions {
		if i < len(last.MediaDescriptions) && m.MediaName.Media != last.MediaDescriptions[i].MediaName.Media {
			return fmt.Errorf("%w: m-line %d changed its kind", errOffer, i)
		}
		if _, ok := m.Attribute(sdp.AttrKeyMID); !ok {
			return fmt.Errorf("%w: m-line %d has no mid", errOffer, i)
		}
		if m.MediaName.Port.Value == 0 {
			continue
		}
		for _, name := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
			_, here := m.Attribute(name)
			if _, above := next.Attribute(name); !here && !above {
				return fmt.Errorf("%w: m-line %d has no %s", errOffer, i, name)
			}
		}
	}
	return nil
}

// fingerprints are the keys that a description names (RFC 8122), "" when it names none or cannot be read.
func fingerprints(text string) string {
	var d sdp.SessionDescription
	if d.UnmarshalString(text) != nil {
		return ""
	}
	var list []string
	take := func(value string, ok bool) {
		if ok && !slices.Contains(list, value) {
			list = append(list, value)
		}
	}
	take(d.Attribute("fingerprint"))
	for _, m := range d.MediaDescriptions {
		take(m.Attribute("fingerprint"))
	}
	return strings.Join(list, "\n")
}

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

// restUnused makes the m-lines of an answer inactive that would be sent on and have no stream: a browser would make tracks
// of nothing for them (RFC 8829 5.3.1).
func restUnused(answer string) string {
	var a sdp.SessionDescription
	if a.UnmarshalString(answer) != nil {
		return answer
	}
	for _, m := range a.MediaDescriptions {
		if _, stream := m.Attribute("msid"); stream {
			continue
		}
		for i := range m.Attributes {
			if m.Attributes[i].Key == sdp.AttrKeySendOnly {
				m.Attributes[i].Key = sdp.AttrKeyInactive
			}
		}
	}
	text, err := a.Marshal()
	if err != nil {
		return answer
	}
	return string(text)
}
