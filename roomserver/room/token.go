package room

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// errToken means that a token is not ours, has been changed, or is over.
var errToken = errors.New("token not valid")

type claims struct {
	Conference  string `json:"conference"`
	Participant string `json:"participant"`
	ID          string `json:"jti"`   // of the participant, RFC 7519 4.1.7
	Nonce       string `json:"nonce"` // two tokens of one second differ
	Expires     int64  `json:"exp"`   // Unix seconds, RFC 7519 4.1.4
}

// tokenHeader is {"alg":"HS256","typ":"JWT"}.
const tokenHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

// issue makes a JSON Web Token (RFC 7519, HS256). It is a secret of the participant.
func issue(secret []byte, c claims) string {
	body, _ := json.Marshal(c) // strings and numbers always encode
	text := tokenHeader + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + signature(secret, text)
}

// verify reads a token that issue made.
func verify(secret []byte, token string, now time.Time) (claims, error) {
	var c claims
	i := strings.LastIndexByte(token, '.')
	if i < 0 || !strings.HasPrefix(token, tokenHeader+".") ||
		!hmac.Equal([]byte(token[i+1:]), []byte(signature(secret, token[:i]))) {
		return c, errToken
	}
	body, err := base64.RawURLEncoding.DecodeString(token[len(tokenHeader)+1 : i])
	if err != nil || json.Unmarshal(body, &c) != nil || now.Unix() >= c.Expires {
		return claims{}, errToken
	}
	return c, nil
}

func signature(secret []byte, text string) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
