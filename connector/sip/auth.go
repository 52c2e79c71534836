package sip

import (
	"bytes"
	"io"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// authenticator answers digest challenges (RFC 3261 22, RFC 7616, RFC 8760: MD5, SHA-256, SHA-512-256). The loop owns it.
type authenticator struct {
	user, password string
	known          map[string]*challenge // the last challenge of each protection space, for REGISTER refreshes
}

// challenge with the number of requests that answered it.
type challenge struct {
	*digest.Challenge
	proxy bool
	count int
}

// Limits on what a server can make us answer: rounds of challenges for one request, and protection spaces remembered.
const (
	maxChallengeRounds = 4
	maxKnownRealms     = 8
)

// credentials are what one request's tries have gathered.
type credentials struct {
	challenges map[string]*challenge
	tries      map[string]int
	rounds     int
}

func newAuthenticator(user, password string) *authenticator {
	return &authenticator{user: user, password: password, known: make(map[string]*challenge)}
}

// learn takes the challenges of a 401 or 407. False: give up, because we have no password, no algorithm of theirs is
// known, or the server has refused an answer to a fresh nonce of this realm. A nonce that went stale is tried once more.
func (au *authenticator) learn(c *credentials, res *sip.Response) bool {
	c.rounds++
	if au.password == "" || c.rounds > maxChallengeRounds {
		return false // a server that names a new realm each time would keep us busy for ever
	}
	if c.challenges == nil {
		c.challenges, c.tries = make(map[string]*challenge), make(map[string]int)
	}
	found := false
	for key, ch := range readChallenges(res) {
		limit := 1
		if ch.Stale {
			limit = 2
		}
		if c.tries[key] >= limit {
			return false
		}
		c.tries[key]++
		c.challenges[key] = ch
		if _, known := au.known[key]; !known && len(au.known) >= maxKnownRealms {
			clear(au.known)
		}
		au.known[key] = ch
		found = true
	}
	return found
}

// readChallenges gives, for each realm, the topmost challenge whose algorithm is known (RFC 8760 2.4).
func readChallenges(res *sip.Response) map[string]*challenge {
	name, proxy := "www-authenticate", false
	if res.StatusCode == sip.StatusProxyAuthRequired {
		name, proxy = "proxy-authenticate", true
	}
	found := make(map[string]*challenge)
	for _, h := range res.GetHeaders(name) {
		ch, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		for i := range ch.QOP {
			ch.QOP[i] = strings.ToLower(strings.TrimSpace(ch.QOP[i]))
		}
		key := name + " " + ch.Realm
		if _, taken := found[key]; !taken && digest.CanDigest(ch) {
			found[key] = &challenge{Challenge: ch, proxy: proxy}
		}
	}
	return found
}

// apply adds the answers to what c has gathered. A REGISTER also answers what the last one learned, which saves a round
// trip at every refresh; should the nonce be old by now, the server challenges again.
func (au *authenticator) apply(req *sip.Request, c *credentials) {
	challenges := c.challenges
	if len(challenges) == 0 && req.Method == sip.REGISTER && au.password != "" {
		challenges = au.known
	}
	for _, ch := range challenges {
		ch.count++
		answer, err := digest.Digest(ch.Challenge, digest.Options{
			Method: string(req.Method), URI: req.Recipient.String(), Count: ch.count,
			Username: au.user, Password: au.password,
			GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
		})
		if err != nil {
			continue
		}
		name := "Authorization"
		if ch.proxy {
			name = "Proxy-Authorization"
		}
		req.AppendHeader(sip.NewHeader(name, answer.String()))
	}
}

// copyCredentials gives an ACK to a 2xx the credentials of its INVITE (RFC 3261 22.1).
func copyCredentials(from, to *sip.Request) {
	for _, name := range []string{"authorization", "proxy-authorization"} {
		for _, h := range from.GetHeaders(name) {
			to.AppendHeader(sip.HeaderClone(h))
		}
	}
}
