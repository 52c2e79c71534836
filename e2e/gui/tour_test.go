package gui

import (
	"os"
	"testing"
	"time"
)

// camera and microphone stand in for those that a test machine lacks.
const synthetic = "[devices]\ncamera = \"pattern\"\nmicrophone = \"tone\"\n"

// The tour: a person with a mouse goes through every screen. `make screenshots` keeps the pictures of four tours, which are
// those of the user guide.
func TestTour(t *testing.T) {
	if os.Getenv("PARLEY_SCREENS") == "" {
		tour(t, "en", "light")
		return
	}
	for _, language := range []string{"en", "ru"} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(language+"-"+theme, func(t *testing.T) { tour(t, language, theme) })
		}
	}
}

func tour(t *testing.T, language, theme string) {
	s := begin(t, plan{room: []string{"--bots", "3", "--user", "1001:secret", "--user", "1002:other"}, language: language,
		look: language + "-" + theme, whole: true, limit: 4 * time.Minute,
		settings: synthetic + "[appearance]\ntheme = \"" + theme + "\"\n"})
	s.signIn()
	s.quit()
}

// signIn goes wrong first: nothing typed, a server that is not there, a wrong password; then with the right one.
func (s *session) signIn() {
	s.sees(s.word("signin.server"))
	s.shot("sign-in", "")
	s.tap(s.word("signin.do"))
	s.sees(s.word("signin.need.server"))
	s.fill(s.word("signin.server.hint"), "127.0.0.1:1")
	s.fill(s.word("signin.name.hint"), "Anna")
	s.tap(s.word("signin.do"))
	s.sees(s.word("why.refused"))
	s.shot("no-server", "")

	s.tap(s.word("signin.account"))
	s.fill(s.word("signin.server.hint"), s.address)
	s.fill(s.word("signin.user.hint"), "1001")
	s.password("wrong")
	s.tap(s.word("signin.do"))
	s.sees(s.word("certificate.title"))
	s.shot("certificate", "")
	s.tap(s.word("common.cancel"))
	s.tap(s.word("signin.do"))
	s.tap(s.word("certificate.trust"))
	s.sees(s.word("why.credentials"))
	s.shot("wrong-password", "")
	s.password("secret")
	s.tap(s.word("signin.do"))
	s.happens("registered")
	s.sees(s.word("status.ready"))
	s.shot("home", "")
}
