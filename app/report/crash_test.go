package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets a copy of the test run as a program that crashes.
func TestMain(m *testing.M) {
	folder := os.Getenv("PARLEY_TEST_CRASH")
	if folder == "" {
		os.Exit(m.Run())
	}
	file, err := WatchCrashes(folder, "1.2.3")
	if err != nil {
		os.Exit(3)
	}
	if os.Getenv("PARLEY_TEST_CRASH_NOT") != "" {
		if file.Close() != nil {
			os.Exit(4)
		}
		os.Exit(0)
	}
	done := make(chan struct{})
	go func() { panic("lost the thread, password=sEcReT") }()
	<-done
}

func runCopy(t *testing.T, folder string, environment ...string) error {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), append(environment, "PARLEY_TEST_CRASH="+folder)...)
	return command.Run()
}

func TestACrashIsFoundByTheNextStart(t *testing.T) {
	folder := t.TempDir()
	if crash, err := LastCrash(folder); crash != nil || err != nil {
		t.Fatalf("before any: %v, %v", crash, err)
	}
	if err := runCopy(t, folder); err == nil {
		t.Fatal("it did not crash")
	}
	crash, err := LastCrash(folder)
	if err != nil || crash == nil {
		t.Fatalf("got %v, %v", crash, err)
	}
	for _, text := range []string{"Parley 1.2.3", "lost the thread", "goroutine", "crash_test.go"} {
		if !strings.Contains(crash.Text, text) {
			t.Errorf("does not say %q: %s", text, crash.Text)
		}
	}
	if strings.Contains(crash.Text, "sEcReT") {
		t.Error("it holds a secret")
	}
	if err := crash.Forget(); err != nil {
		t.Fatal(err)
	}
	if crash, err := LastCrash(folder); crash != nil || err != nil {
		t.Errorf("after it was seen: %v, %v", crash, err)
	}
}

func TestARegularEndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	if err := runCopy(t, folder, "PARLEY_TEST_CRASH_NOT=1"); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}

func TestOnlyAFewCrashesAreKept(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		if err := os.WriteFile(filepath.Join(folder, "crash-"+name+".txt"), []byte("h"+crashEnd+"panic "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	crash, err := LastCrash(folder)
	if err != nil || !strings.HasSuffix(crash.Text, "panic 7") {
		t.Errorf("got %v, %v", crash, err)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != keptCrashes {
		t.Errorf("%d are kept", len(files))
	}
}
