package roomserver

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"parley/internal/wholefile"
)

// certificateRest is how long a kept certificate must still be valid at a start.
const certificateRest = 30 * 24 * time.Hour

// certificate is the given one, or the one of an earlier start, or a new one.
func (c *Config) certificate() (tls.Certificate, error) {
	if c.CertFile != "" {
		return tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	if c.KeptCert == "" {
		return selfSigned(host)
	}
	kept, err := readKept(c.KeptCert, host)
	if err == nil {
		return kept, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		c.Logger.Warn("a new certificate is made: whoever trusted the last one is asked again", "reason", err)
	}
	made, err := selfSigned(host)
	if err != nil {
		return made, err
	}
	if err := keep(c.KeptCert, made); err != nil {
		c.Logger.Warn("the certificate is not kept for the next start", "error", err)
	}
	return made, nil
}

// readKept reads a certificate that an earlier start made. It must be for the host listened on now, too.
func readKept(path, host string) (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(path, path)
	if err != nil {
		return cert, err
	}
	if rest := time.Until(cert.Leaf.NotAfter); rest < certificateRest {
		return cert, fmt.Errorf("%s: it ends on %v", path, cert.Leaf.NotAfter)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	if err := cert.Leaf.VerifyHostname(host); err != nil {
		return cert, fmt.Errorf("%s: %w", path, err)
	}
	return cert, nil
}

// keep puts the file in place whole, for this user's eyes only.
func keep(path string, cert tls.Certificate) error {
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		return err
	}
	return wholefile.Write(path, append(
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})...))
}
