package sip

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// A server that names another realm in each 401 must not be answered for ever.
func TestChallengesWithNewRealmsEnd(t *testing.T) {
	au := newAuthenticator("user", "password")
	var c credentials
	rounds := 0
	for ; rounds < 100; rounds++ {
		res := sip.NewResponse(401, "Unauthorized")
		res.AppendHeader(sip.NewHeader("WWW-Authenticate",
			fmt.Sprintf(`Digest realm="realm %d", nonce="n", algorithm=MD5, qop="auth"`, rounds)))
		if !au.learn(&c, res) {
			break
		}
	}
	if rounds != maxChallengeRounds {
		t.Errorf("answered %d rounds of challenges, want %d", rounds, maxChallengeRounds)
	}
	for i := range 100 { // and other requests, each with a realm of its own
		res := sip.NewResponse(401, "Unauthorized")
		res.AppendHeader(sip.NewHeader("WWW-Authenticate", fmt.Sprintf(`Digest realm="other %d", nonce="n", algorithm=MD5`, i)))
		au.learn(&credentials{}, res)
	}
	if len(au.known) > maxKnownRealms {
		t.Errorf("%d realms are remembered, want at most %d", len(au.known), maxKnownRealms)
	}
}
