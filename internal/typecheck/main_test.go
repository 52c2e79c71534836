package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module of its own and goes there.
func module(t *testing.T, files map[string]string) {
	t.Helper()
	folder := t.TempDir()
	files["go.mod"] = "module example\n\ngo 1.26\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
}

func TestAnotherSystemsFilesAreChecked(t *testing.T) {
	module(t, map[string]string{
		"all.go":        "package example\n\nimport \"syscall\"\n\nvar Fork = syscall.ForkLock\n",
		"way_linux.go":  "package example\n\nfunc way() int { return \"not looked at here\" }\n",
		"way_darwin.go": "package example\n\n// #include <mach/mach.h>\nimport \"C\"\n\nfunc way() int { return int(C.mach_task_self()) }\n",
	})
	if problems, err := check("darwin", "arm64", "", []string{"./..."}); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestMistakesAreTold(t *testing.T) {
	module(t, map[string]string{
		"all.go":        "package example\n\nvar Way = way()\n",
		"way_darwin.go": "package example\n\nimport \"syscall\"\n\nfunc way() int { return syscall.RTM_NEWADDR + syscall.Nonsense }\n",
	})
	problems, err := check("darwin", "amd64", "", []string{"./..."})
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "way_darwin.go") || !strings.Contains(problems[0], "Nonsense") {
		t.Errorf("%q, %v", problems, err)
	}
	if _, err := check("darwin", "amd64", "", []string{"./missing"}); err == nil {
		t.Error("a folder that is not there was checked")
	}
}
