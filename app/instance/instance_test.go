package instance

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// doors are the kinds that this system has; each call makes another process' view of the same door.
func doors(t *testing.T) map[string]func() door {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return doorsIn(folder)
}

func take(t *testing.T, i *Instance) string {
	t.Helper()
	select {
	case link := <-i.Links:
		return link
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was handed over")
		return ""
	}
}

func mustClose(t *testing.T, i *Instance) {
	t.Helper()
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}

func TestASecondStartHandsItsLinkOverAndEnds(t *testing.T) {
	for name, open := range doors(t) {
		t.Run(name, func(t *testing.T) {
			first, err := acquire(t.Context(), open(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range []string{"sip:1001@host", "", "parley://host/2001"} {
				if _, err := acquire(t.Context(), open(), link); !errors.Is(err, ErrRunning) {
					t.Fatalf("got %v", err)
				}
				if got := take(t, first); got != link {
					t.Errorf("got %q, want %q", got, link)
				}
			}
			mustClose(t, first)
			second, err := acquire(t.Context(), open(), "")
			if err != nil {
				t.Fatalf("after the first has ended: %v", err)
			}
			mustClose(t, second)
		})
	}
}

func TestASocketLeftBehindIsNoInstance(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "instance.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "instance.json"), []byte(`{"address":"127.0.0.1:1","token":"t"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, open := range doorsIn(folder) {
		d := open()
		i, err := acquire(t.Context(), d, "")
		if err != nil {
			t.Fatal(err)
		}
		mustClose(t, i)
	}
}

func TestHostileVisitorsAreCutOff(t *testing.T) {
	folder := t.TempDir()
	for _, open := range doorsIn(folder) {
		d := open()
		i, err := acquire(t.Context(), d, "")
		if err != nil {
			t.Fatal(err)
		}
		says := []string{"\n", "hello\n", "{\"link\":7}\n", strings.Repeat("x", 3*maxMessage), `{"token":"wrong","link":"sip:1@h"}` + "\n"}
		for _, text := range says {
			conn, err := net.Dial(i.listener.Addr().Network(), i.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, text)
			if answer, _ := io.ReadAll(conn); strings.Contains(string(answer), answerTaken) {
				t.Errorf("%q was taken", text)
			}
			_ = conn.Close()
		}
		if len(i.links) != 0 {
			t.Errorf("%q came through", <-i.links)
		}
		mustClose(t, i)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	open := doors(t)[usual]
	i, err := acquire(t.Context(), open(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, i)
	for range maxWaiting {
		if _, err := acquire(t.Context(), open(), "x"); !errors.Is(err, ErrRunning) {
			t.Fatal(err)
		}
	}
	if err := visit(t.Context(), open(), "x"); err == nil {
		t.Error("it was taken")
	}
	if err := visit(t.Context(), open(), strings.Repeat("x", maxMessage)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
}
