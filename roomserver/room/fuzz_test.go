package room

import (
	"strings"
	"testing"
	"time"
)

// FuzzToken offers anything as a spectator's token: only what was issued is taken, and it means what it meant.
func FuzzToken(f *testing.F) {
	secret, now := []byte("secret"), time.Unix(1000, 0)
	good := issue(secret, claims{Conference: "2001", Participant: "ann", ID: "1", Nonce: "n", Expires: 2000})
	f.Add(good, "2001", int64(2000))
	f.Add(good[:len(good)-1], "\xff", int64(1000))
	f.Add("eyJhbGciOiJub25lIn0.e30.", "", int64(-1))
	f.Add(tokenHeader+".."+strings.Repeat("A", 43), `a"b\`, int64(1<<62))
	f.Fuzz(func(t *testing.T, token, conference string, expires int64) {
		if c, err := verify(secret, token, now); err == nil && token != good {
			t.Fatalf("%q was taken as %+v", token, c)
		}
		valid := strings.ToValidUTF8(conference, "\ufffd")
		own := issue(secret, claims{Conference: valid, Participant: token, Expires: expires})
		c, err := verify(secret, own, now)
		if (err == nil) != (expires > now.Unix()) || err == nil && c.Conference != valid {
			t.Fatalf("conference %q, until %d: %+v, %v", valid, expires, c, err)
		}
		if len(token) > 0 { // another secret's
			if _, err := verify([]byte("other"), own, now); err == nil {
				t.Fatal("a foreign token was taken")
			}
		}
	})
}
