package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"parley/views/kept"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func open(t *testing.T, folder, administrator string) *File {
	t.Helper()
	f, err := Open(folder, administrator)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func change(t *testing.T, f *File, edit func(*kept.Settings)) {
	t.Helper()
	if err := f.Change(edit); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultsAreCorrect(t *testing.T) {
	s := kept.Defaults()
	if wrong := s.Correct(kept.Settings{}); len(wrong) > 0 {
		t.Errorf("defaults that cannot be: %v", wrong)
	}
}

func TestEverySettingSurvivesARestart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "parley")
	want := kept.Settings{
		Version:    1,
		Appearance: kept.Appearance{Language: "ru", Theme: "dark", Scale: 150},
		Start:      kept.Start{WithSystem: true, CloseToTray: true},
		Devices:    kept.Devices{Camera: "c \"quoted\"", Microphone: "m", Speaker: "s", Ringer: kept.NoDevice, SpeakerVolume: 0, RingerVolume: 30},
		Sound:      kept.Sound{},
		Video: kept.Video{Height: 1080, PreferredCodecs: []string{"H264", "VP8"}, ExcludedCodecs: []string{"AV1"},
			SendLimit: 800, PresentLimit: 1200, ReceiveLimit: 2500},
		Network: kept.Network{ICEServers: []kept.ICEServer{{URL: "turn:t.test:3478?transport=tcp", User: "u"}, {URL: "stun:[::1]:1"}},
			Proxy: "http://p.test:8080", CAFile: "/ca.pem", RedialAttempts: 9},
		Recovery:  kept.Recovery{Samples: 7, Throttle: 900},
		Join:      kept.Join{Muted: true, CameraOff: true},
		CallView:  kept.CallView{Layout: "speaker", SelfHidden: true, SelfCorner: "top-left"},
		Window:    kept.Window{Width: 800, Height: 600},
		Account:   kept.Account{Name: "Анна", User: "1001", Remember: true, SignedIn: true},
		Trusted:   map[string]string{"meet.test:443": "AA:BB"},
		Shortcuts: map[string]string{"mute": "Ctrl+M"},
	}
	each(&want, &kept.Settings{}, func(l leaf) { // whoever adds a setting must not forget it here
		defaults := kept.Defaults()
		each(&defaults, &defaults, func(d leaf) {
			if d.key == l.key && d.key != "version" && cmp.Equal(d.value.Interface(), l.value.Interface()) {
				t.Errorf("%s is not tried: the default would pass", l.key)
			}
		})
	})
	change(t, open(t, folder, ""), func(s *kept.Settings) { *s = want })
	if diff := cmp.Diff(want, open(t, folder, "").Settings()); diff != "" {
		t.Error(diff)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(folder, ".draft-*")); len(leftovers) > 0 {
		t.Errorf("drafts left behind: %v", leftovers)
	}
}

func TestUnknownKeysAreKept(t *testing.T) {
	folder := t.TempDir()
	path := write(t, filepath.Join(folder, fileName), `version = 7
future = "yes"
[video]
height = 480
hologram = [1, 2]
[telepathy]
range_m = 3.5
[[telepathy.friends]]
name = "Eve"
`)
	change(t, open(t, folder, ""), func(s *kept.Settings) { s.Theme = "dark" })
	var got map[string]any
	if _, err := toml.Decode(read(t, path), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"version": int64(7), "future": "yes", "appearance": map[string]any{"theme": "dark"},
		"video":     map[string]any{"height": int64(480), "hologram": []any{int64(1), int64(2)}},
		"telepathy": map[string]any{"range_m": 3.5, "friends": []map[string]any{{"name": "Eve"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsAsTheDefaultIsNotWritten(t *testing.T) {
	folder := t.TempDir()
	f := open(t, folder, "")
	change(t, f, func(s *kept.Settings) { s.Theme = "dark" })
	change(t, f, func(s *kept.Settings) { s.Theme = "system" })
	if got := read(t, filepath.Join(folder, fileName)); strings.TrimSpace(got) != "version = 1" {
		t.Errorf("the file says:\n%s", got)
	}
}

func TestABrokenFileIsSetAside(t *testing.T) {
	for name, text := range map[string]string{
		"no TOML": "= = =", "wrong type": "[video]\nheight = \"high\"", "table for a value": "[version]\na = 1",
		"value for a table": "video = 3", "no text": "\x00\xff\x00", "too big a number": "[video]\nheight = 99999999999999999999",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := write(t, filepath.Join(folder, fileName), text)
			f, err := Open(folder, "")
			if !errors.Is(err, ErrSetAside) {
				t.Errorf("error %v", err)
			}
			if got := read(t, path+".damaged"); got != text {
				t.Errorf("set aside: %q", got)
			}
			change(t, f, func(s *kept.Settings) { s.Theme = "dark" })
			if open(t, folder, "").Settings().Theme != "dark" {
				t.Error("settings are not kept after that")
			}
		})
	}
}

func TestImpossibleValuesAreReplacedOneByOne(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, fileName), `[appearance]
theme = "dark"
scale = 100000
[video]
height = -1
[network]
proxy = "gopher://x"
redial_attempts = 0
[[network.ice_servers]]
url = "stun:"
`)
	f, err := Open(folder, "")
	if !errors.Is(err, ErrCorrected) || !strings.Contains(err.Error(), "appearance.scale") {
		t.Errorf("error %v", err)
	}
	s, standard := f.Settings(), kept.Defaults()
	if s.Theme != "dark" || s.Scale != standard.Scale || s.Video.Height != standard.Video.Height || s.Proxy != "" ||
		s.RedialAttempts != standard.RedialAttempts || len(s.ICEServers) != 0 {
		t.Errorf("settings %+v", s)
	}
}

func TestAdministratorPresetsAndLocks(t *testing.T) {
	folder := t.TempDir()
	administrator := write(t, filepath.Join(t.TempDir(), "admin.toml"), `locked = ["network", "video.balancer"]
[network]
proxy = "http://proxy.test:3128"
[video]
balancer = false
height = 360
`)
	user := write(t, filepath.Join(folder, fileName), "[network]\nproxy = \"http://mine.test:1\"\nreconnect = false\n")
	f := open(t, folder, administrator)
	s := f.Settings()
	if s.Proxy != "http://proxy.test:3128" || !s.Reconnect || s.Balancer || s.Video.Height != 360 {
		t.Errorf("settings %+v", s)
	}
	for key, want := range map[string]bool{"network.proxy": true, "network.redial": true, "video.balancer": true,
		"video.height": false, "appearance.theme": false} {
		if f.Locks().Has(key) != want {
			t.Errorf("%s locked: %t", key, !want)
		}
	}
	change(t, f, func(s *kept.Settings) { s.Proxy, s.Balancer, s.Video.Height = "", true, 1080 })
	s = f.Settings()
	if s.Proxy != "http://proxy.test:3128" || s.Balancer || s.Video.Height != 1080 {
		t.Errorf("after a change: %+v", s)
	}
	if got := read(t, user); !strings.Contains(got, "mine.test") || !strings.Contains(got, "1080") || strings.Contains(got, "balancer") {
		t.Errorf("the user's file says:\n%s", got)
	}
}

func TestABrokenAdministratorsFileCountsForNothing(t *testing.T) {
	administrator := write(t, filepath.Join(t.TempDir(), "admin.toml"), "locked = 5")
	f, err := Open(t.TempDir(), administrator)
	if !errors.Is(err, ErrAdministrator) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(kept.Defaults(), f.Settings()); diff != "" {
		t.Error(diff)
	}
	if got := read(t, administrator); got != "locked = 5" {
		t.Error("the administrator's file was touched")
	}
}

func TestReadersDoNotShareWhatIsEdited(t *testing.T) {
	f := open(t, "", "")
	change(t, f, func(s *kept.Settings) { s.Trusted = map[string]string{"a": "1"} })
	f.Settings().Trusted["a"] = "2"
	if f.Settings().Trusted["a"] != "1" {
		t.Error("a reader changed the settings")
	}
}

func TestNothingIsLostWhereTheFolderCannotBeWritten(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "file"), "")
	f, err := Open(filepath.Join(file, "parley"), "")
	if err == nil {
		t.Error("a folder inside a file opened")
	}
	if err := f.Change(func(s *kept.Settings) { s.Theme = "dark" }); err == nil {
		t.Error("no error")
	}
	if f.Settings().Theme != "dark" {
		t.Error("the change does not hold for this run")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("[network]\nice_servers = [{url=\"stun:a\"}]")
	f.Fuzz(func(t *testing.T, text string) {
		folder := t.TempDir()
		write(t, filepath.Join(folder, fileName), text)
		file, _ := Open(folder, "")
		if err := file.Change(func(s *kept.Settings) { s.Theme = "dark" }); err != nil {
			t.Fatal(err)
		}
		again, err := Open(folder, "")
		if err != nil && !errors.Is(err, ErrCorrected) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if again.Settings().Theme != "dark" {
			t.Fatal("lost")
		}
	})
}
