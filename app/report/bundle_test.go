package report

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/connector/recorder"
	"parley/connector/rtc"
)

// The marks stand for secrets in every part of a bundle.
const (
	password = `sEcReT-"pass"-word`
	token    = "eyJhbGciOi.sEcReT-token.x"
	digest   = "0123456789abcdef-sEcReT"
)

func contents() Contents {
	return Contents{
		Version: "1.2.3", Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Settings:   map[string]any{"name": "Alice", "oops": password},
		Snapshot:   map[string]any{"room": "2001", "token": token},
		Machines:   map[string]string{"call": "call:inRoom"},
		Events:     []recorder.Event{{Number: 7, Name: "api:enter-room", Payload: `{"bearerToken":"` + token + `"}`}},
		Statistics: []rtc.Stats{{Time: time.Unix(9, 0), Inbound: rtc.InboundStats{Audio: &rtc.StreamStats{Codec: "OPUS"}}}},
		Logs: func(w io.Writer) error {
			_, err := io.WriteString(w, "INFO start\nAuthorization: Digest response=\""+digest+"\"\nDEBUG password="+password+"\n")
			return err
		},
		Secrets: []string{password, token, "", "abc"},
	}
}

// unpack reads a bundle's files.
func unpack(t *testing.T, data []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestBundleHasEverythingButSecrets(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, contents()); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, out.Bytes())
	for name, says := range map[string][]string{
		"about.txt": {"Parley 1.2.3", "2026-01-02", "Go: go", "Video codecs:"}, "settings.json": {"Alice"}, "snapshot.json": {"2001"},
		"machines.json": {"call:inRoom"}, "events.jsonl": {"api:enter-room"}, "statistics.jsonl": {"OPUS", `"time":"1970`},
		"parley.log": {"INFO start"},
	} {
		for _, text := range says {
			if !strings.Contains(files[name], text) {
				t.Errorf("%s does not say %q: %q", name, text, files[name])
			}
		}
	}
	encoded, _ := json.Marshal(password)
	for name, text := range files {
		for _, secret := range []string{password, strings.Trim(string(encoded), `"`), token, digest, "sEcReT"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q: %q", name, secret, text)
			}
		}
	}
}

func TestAbsentPartsAreLeftOutAndALogThatCannotBeReadIsTold(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, Contents{Logs: func(io.Writer) error { return errors.New("disk on fire") }}); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, out.Bytes())
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"about.txt", "parley.log"}) || !strings.Contains(files["parley.log"], "disk on fire") {
		t.Errorf("got %v", files)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAFullDiskIsToldOf(t *testing.T) {
	if err := Write(brokenWriter{}, contents()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
}
