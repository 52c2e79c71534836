package kamailio

import (
	"os"
	"strings"
	"testing"
)

// The configuration that docs/servers.md shows is the one the tests use.
func TestDocumentedConfiguration(t *testing.T) {
	text, err := settings{
		Address: "192.0.2.10", WSS: 443, Domain: "sip.example.org", Algorithm: "MD5", GRUU: true,
		Certificate: "/etc/kamailio/certificate.pem", Key: "/etc/kamailio/key.pem",
		Users: map[string]string{"1001": "change me", "1002": "change me too"},
	}.render()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/servers.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```\n"+text+"```\n") {
		t.Errorf("docs/servers.md shows another configuration than kamailio.cfg.tmpl gives:\n%s", text)
	}
}
