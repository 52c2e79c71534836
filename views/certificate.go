package views

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/text"
)

// showCertificate asks whether a server's certificate, whose fingerprint it shows, is to be trusted.
func showCertificate(env *Env, c *CertificateError, trusted func()) {
	words := fynewidget.NewLabel(text.T("certificate.text", text.D{"Server": shorten(c.Server)}))
	words.Wrapping = fyne.TextWrapWord
	print := fynewidget.NewLabel(fingerprintLines(c.Fingerprint))
	print.TextStyle.Monospace = true
	print.Alignment = fyne.TextAlignCenter
	body := container.NewVBox(words, print)
	if c.Subject != "" {
		body.Add(muted(shorten(c.Subject)))
	}
	if !c.NotAfter.IsZero() {
		body.Add(muted(text.T("certificate.until", text.D{"Date": c.NotAfter.Format("2006-01-02")})))
	}
	env.ask(question{
		title: text.T("certificate.title"), yes: text.T("certificate.trust"), no: text.T("common.cancel"), body: body,
		answer: func(yes bool) {
			if yes {
				trusted()
			}
		},
	})
}

// fingerprintLines breaks a fingerprint of 32 pairs into four lines that can be read aloud.
func fingerprintLines(f string) string {
	pairs := strings.Split(f, ":")
	var lines []string
	for len(pairs) > 8 {
		lines = append(lines, strings.Join(pairs[:8], " "))
		pairs = pairs[8:]
	}
	return strings.Join(append(lines, strings.Join(pairs, " ")), "\n")
}
