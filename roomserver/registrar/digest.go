package registrar

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 3261's digest; SHA-256 is offered beside it
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// nonceLife is how long a nonce can be used; after that the client is challenged again with stale=true.
const nonceLife = 5 * time.Minute

// Verdict is the outcome of a check of credentials.
type Verdict int

// The verdicts.
const (
	Absent Verdict = iota // no credentials for our realm: challenge
	Stale                 // right password, old nonce: challenge again
	Wrong                 // wrong password or forged nonce: 403
	Right
)

// Authenticator checks digest credentials (RFC 3261 22, RFC 8760). It keeps no state for a challenge: a nonce carries
// its time and the connection it was made for, signed, so that credentials seen elsewhere are of no use.
type Authenticator struct {
	realm      string
	algorithms []string
	passwords  map[string]string // by canonical user; secrets, never logged
	secret     []byte
	now        func() time.Time
}

// NewAuthenticator takes users with their passwords. algorithms are challenged in this order ("MD5", "SHA-256").
func NewAuthenticator(realm string, users map[string]string, algorithms []string) (*Authenticator, error) {
	a := &Authenticator{realm: realm, passwords: map[string]string{}, secret: make([]byte, 32), now: time.Now}
	if _, err := rand.Read(a.secret); err != nil {
		return nil, fmt.Errorf("secret for nonces: %w", err)
	}
	for _, name := range algorithms {
		if newHash(name) == nil {
			return nil, fmt.Errorf("digest algorithm %q is not known", name)
		}
		a.algorithms = append(a.algorithms, strings.ToUpper(name))
	}
	for user, password := range users {
		a.passwords[Canonical(user)] = password
	}
	return a, nil
}

// Known tells whether a user has an account.
func (a *Authenticator) Known(user string) bool {
	_, ok := a.passwords[Canonical(user)]
	return ok
}

// Challenges gives the values of WWW-Authenticate or Proxy-Authenticate, best first as the owner ordered them.
func (a *Authenticator) Challenges(connection string, stale bool) []string {
	nonce := a.nonce(connection)
	values := make([]string, 0, len(a.algorithms))
	for _, algorithm := range a.algorithms {
		v := fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=%s, qop="auth"`, a.realm, nonce, algorithm)
		if stale {
			v += ", stale=true"
		}
		values = append(values, v)
	}
	return values
}

// Check looks at the credentials of a request in the header ("Authorization" or "Proxy-Authorization") for a user.
func (a *Authenticator) Check(req *sip.Request, header, user, connection string) Verdict {
	for _, h := range req.GetHeaders(header) {
		c, err := digest.ParseCredentials(h.Value())
		if err != nil || c.Realm != a.realm {
			continue
		}
		return a.verify(c, req.Method.String(), user, connection)
	}
	return Absent
}

func (a *Authenticator) verify(c *digest.Credentials, method, user, connection string) Verdict {
	password, known := a.passwords[Canonical(user)]
	if !known || Canonical(c.Username) != Canonical(user) {
		return Wrong
	}
	algorithm := c.Algorithm
	if algorithm == "" {
		algorithm = "MD5"
	}
	if !a.offers(algorithm) {
		return Wrong
	}
	ha1 := sum(algorithm, c.Username+":"+a.realm+":"+password)
	ha2 := sum(algorithm, method+":"+c.URI)
	want := ""
	switch c.QOP {
	case "auth":
		want = sum(algorithm, fmt.Sprintf("%s:%s:%08x:%s:auth:%s", ha1, c.Nonce, c.Nc, c.Cnonce, ha2))
	case "":
		want = sum(algorithm, ha1+":"+c.Nonce+":"+ha2)
	default:
		return Wrong
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response))) != 1 {
		return Wrong
	}
	age, ok := a.nonceAge(c.Nonce, connection)
	if !ok || age > nonceLife {
		return Stale
	}
	return Right
}

func (a *Authenticator) offers(algorithm string) bool {
	for _, have := range a.algorithms {
		if strings.EqualFold(have, algorithm) {
			return true
		}
	}
	return false
}

func (a *Authenticator) nonce(connection string) string {
	stamp := binary.BigEndian.AppendUint64(nil, uint64(a.now().UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(stamp, a.sign(stamp, connection)...))
}

func (a *Authenticator) nonceAge(nonce, connection string) (time.Duration, bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) < 9 || !hmac.Equal(b[8:], a.sign(b[:8], connection)) {
		return 0, false
	}
	return a.now().Sub(time.Unix(0, int64(binary.BigEndian.Uint64(b)))), true
}

func (a *Authenticator) sign(stamp []byte, connection string) []byte {
	m := hmac.New(sha256.New, a.secret)
	m.Write(stamp)
	m.Write([]byte(connection))
	return m.Sum(nil)[:16]
}

func newHash(algorithm string) hash.Hash {
	switch strings.ToUpper(algorithm) {
	case "MD5":
		return md5.New() //nolint:gosec // see the import
	case "SHA-256":
		return sha256.New()
	}
	return nil
}

func sum(algorithm, text string) string {
	h := newHash(algorithm)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}
