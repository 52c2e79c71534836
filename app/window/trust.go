package window

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"parley/views"
)

// Fingerprint is a certificate's SHA-256 as hexadecimal pairs with colons.
func Fingerprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i, v := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteByte(digits[v>>4])
		b.WriteByte(digits[v&15])
	}
	return b.String()
}

// serverKey is how a server is known in the list of trusted certificates: host and port in lower case.
func serverKey(server string) string {
	server = strings.ToLower(strings.TrimSpace(server))
	if _, _, err := net.SplitHostPort(server); err != nil {
		return net.JoinHostPort(strings.Trim(server, "[]"), "443")
	}
	return server
}

// verifiedHost is the name the certificate must be for. The handshake carries no name for an IP address (RFC 6066 section 3),
// and an empty name would let any valid certificate pass: then it is the host we were asked to connect to.
func verifiedHost(server, handshake string) string {
	if handshake != "" {
		return handshake
	}
	host, _, err := net.SplitHostPort(serverKey(server))
	if err != nil || host == "" {
		return "invalid." // no certificate is for it
	}
	return host
}

// clientTLS verifies a server's certificate as usual. One that does not pass is taken all the same if trusted is its
// fingerprint, and only then; the error tells whether another one was trusted before.
func clientTLS(server string, roots *x509.CertPool, trusted string) *tls.Config {
	verify := func(state tls.ConnectionState) error {
		leaf := state.PeerCertificates[0]
		options := x509.VerifyOptions{DNSName: verifiedHost(server, state.ServerName), Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(c)
		}
		_, err := leaf.Verify(options)
		if err == nil {
			return nil
		}
		print := Fingerprint(leaf.Raw)
		if trusted != "" && print == trusted {
			return nil
		}
		return &views.CertificateError{
			Server: serverKey(server), Fingerprint: print, Subject: leaf.Subject.String(), NotAfter: leaf.NotAfter,
			Changed: trusted != "", Err: err,
		}
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    roots,
		// The check is in VerifyConnection: it is the ordinary one, with the one trusted certificate beside it.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("server sent no certificate")
			}
			return verify(state)
		},
	}
}
