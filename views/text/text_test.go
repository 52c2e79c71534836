package text

import "testing"

func TestLanguageIsSwitchedWhileRunning(t *testing.T) {
	t.Cleanup(func() { Use(System) })
	Use("en")
	if got := T("signin.do"); got != "Sign in" {
		t.Errorf("English: %q", got)
	}
	Use("ru")
	if got := T("signin.do"); got != "Войти" {
		t.Errorf("Russian: %q", got)
	}
	if got := T("Cancel"); got != "Отмена" { // one of Fyne's own words
		t.Errorf("Fyne's own words stay in %q", got)
	}
	if Current() != "ru" || Spoken() != "ru" {
		t.Errorf("current %q, spoken %q", Current(), Spoken())
	}
	Use("no such language")
	if Current() != System {
		t.Errorf("an unknown language was taken: %q", Current())
	}
}

func TestPluralForms(t *testing.T) {
	t.Cleanup(func() { Use(System) })
	cases := []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "Next attempt in 1 second"}, {"en", 2, "Next attempt in 2 seconds"},
		{"ru", 1, "Следующая попытка через 1 секунду"}, {"ru", 3, "Следующая попытка через 3 секунды"},
		{"ru", 5, "Следующая попытка через 5 секунд"}, {"ru", 21, "Следующая попытка через 21 секунду"},
	}
	for _, c := range cases {
		Use(c.lang)
		if got := N("redial.next", c.n, D{"Seconds": c.n}); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestSystemLanguageComesFromTheEnvironment(t *testing.T) {
	t.Cleanup(func() { Use(System) })
	t.Setenv("LC_ALL", "")
	t.Setenv("LANGUAGE", "")
	t.Setenv("LANG", "ru_RU.UTF-8")
	Use(System)
	if Spoken() != "ru" {
		t.Errorf("LANG=ru_RU.UTF-8 gives %q", Spoken())
	}
	t.Setenv("LANG", "de_DE.UTF-8")
	Use(System)
	if Spoken() != "en" {
		t.Errorf("a language without words gives %q, want English", Spoken())
	}
}
