package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxAddresses of one host that are tried.
const maxAddresses = 8

// expirySoon is when an expiring certificate is worth a warning.
const expirySoon = 14 * 24 * time.Hour

// lookUp finds the host's addresses; with a proxy in between, the proxy's.
func (p *probe) lookUp(ctx context.Context) outcome {
	scheme, port := "https", "443"
	if p.o.Plain {
		scheme, port = "http", "80"
	}
	u, err := url.Parse(scheme + "://" + p.o.Server)
	if err != nil || u.Host != p.o.Server || u.Hostname() == "" {
		return outcome{err: errors.New("the server is not HOST or HOST:PORT"), fix: "Check what was given as --server."}
	}
	note := ""
	if p.proxy, err = http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil {
		return outcome{err: fmt.Errorf("the proxy's address is not usable: %w", err), fix: "Check HTTPS_PROXY and HTTP_PROXY."}
	}
	if p.proxy != nil {
		u, port, note = p.proxy, "80", "through the proxy "+p.proxy.Host+", "
		if u.Scheme == "https" {
			port = "443"
		}
	}
	p.host, p.port = u.Hostname(), port
	if u.Port() != "" {
		p.port = u.Port()
	}
	if ip := net.ParseIP(p.host); ip != nil {
		p.addresses = []net.IP{ip}
		return outcome{detail: note + "an address: nothing to look up"}
	}
	found, err := p.o.Resolver.LookupIP(ctx, "ip", p.host)
	if err != nil {
		return outcome{err: err}
	}
	p.addresses = found[:min(len(found), maxAddresses)]
	return outcome{detail: note + joined(found)}
}

func joined(addresses []net.IP) string {
	words := make([]string, len(addresses))
	for i, ip := range addresses {
		words[i] = ip.String()
	}
	return strings.Join(words, " ")
}

// connect opens a connection to every address at the same time: one that does not answer slows down calls even when
// another one does.
func (p *probe) connect(ctx context.Context) outcome {
	errs := make([]error, len(p.addresses))
	var all sync.WaitGroup
	for i, ip := range p.addresses {
		all.Go(func() {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), p.port))
			if errs[i] = err; err == nil {
				_ = conn.Close() // nothing was sent
			}
		})
	}
	all.Wait()
	var good, bad []net.IP
	var failure error
	for i, err := range errs {
		if err == nil {
			good = append(good, p.addresses[i])
		} else {
			bad, failure = append(bad, p.addresses[i]), err
		}
	}
	switch {
	case len(good) == 0:
		fix := ""
		if isTimeout(failure) {
			fix = "Check the address, and that no firewall keeps TCP port " + p.port + " closed."
		}
		return outcome{err: failure, fix: fix}
	case len(bad) > 0:
		return outcome{detail: joined(good) + " answers", warning: joined(bad) + " does not answer",
			fix: "Ask the server's administrator to remove that address or to serve it."}
	}
	return outcome{detail: joined(good) + " port " + p.port + " answers"}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// handshake checks the certificate, as the application would.
func (p *probe) handshake(ctx context.Context) outcome {
	config := p.o.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	dialer := tls.Dialer{Config: config}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(p.host, p.port))
	if err != nil {
		return outcome{err: err, detail: unverified(err), fix: fixOfHandshake(err)}
	}
	state := conn.(*tls.Conn).ConnectionState()
	_ = conn.Close() // nothing was sent
	leaf := state.PeerCertificates[0]
	found := outcome{detail: tls.VersionName(state.Version) + ", " + describe(leaf)}
	switch left := time.Until(leaf.NotAfter); {
	case config.InsecureSkipVerify:
		found.warning, found.fix = "the certificate was not checked", "For anything but a test, leave --insecure-tls out."
	case left < expirySoon:
		found.warning = fmt.Sprintf("the certificate expires in %d days", int(left.Hours()/24))
		found.fix = "Tell the server's administrator."
	}
	return found
}

func fixOfHandshake(err error) string {
	if isTimeout(err) {
		return "The port is open, and nothing there speaks TLS. Check the port and the server."
	}
	return ""
}

func describe(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	return fmt.Sprintf("certificate for %q from %q until %s", name, c.Issuer.CommonName, c.NotAfter.UTC().Format(time.DateOnly))
}

// unverified describes the certificate that was refused; with its fingerprint a person can compare it.
func unverified(err error) string {
	var refused *tls.CertificateVerificationError
	if !errors.As(err, &refused) || len(refused.UnverifiedCertificates) == 0 {
		return ""
	}
	leaf := refused.UnverifiedCertificates[0]
	return fmt.Sprintf("%s, SHA-256 %X", describe(leaf), sha256.Sum256(leaf.Raw))
}
