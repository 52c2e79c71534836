package schemes

import (
	"testing"

	"golang.org/x/sys/windows/registry"
)

// sandbox is a key of the registry that goes away with the test.
func sandbox(t *testing.T) registry.Key {
	t.Helper()
	const path = `Software\ParleyTest`
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove(t, key)
		_ = key.Close()
		if err := registry.DeleteKey(registry.CURRENT_USER, path); err != nil {
			t.Error(err)
		}
	})
	return key
}

// remove deletes what is below a key.
func remove(t *testing.T, key registry.Key) {
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		below, err := registry.OpenKey(key, name, registry.ALL_ACCESS)
		if err != nil {
			t.Fatal(err)
		}
		remove(t, below)
		_ = below.Close()
		if err := registry.DeleteKey(key, name); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, root registry.Key, path, name string) string {
	t.Helper()
	key, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return ""
	}
	defer key.Close()
	value, _, err := key.GetStringValue(name)
	if err != nil {
		t.Errorf("%s %q: %v", path, name, err)
	}
	return value
}

func TestLinksAreOpenedByThisProgram(t *testing.T) {
	root := sandbox(t)
	for _, program := range []string{`C:\old\parley.exe`, `C:\Program Files\Parley\parley.exe`} { // it was moved
		if err := register(root, program); err != nil {
			t.Fatal(err)
		}
	}
	const want = `"C:\Program Files\Parley\parley.exe" window -- "%1"`
	for _, class := range []string{"parley", "Parley.Link"} {
		if got := read(t, root, `Software\Classes\`+class+`\shell\open\command`, ""); got != want {
			t.Errorf("%s is opened by %s", class, got)
		}
		read(t, root, `Software\Classes\`+class, "URL Protocol")
	}
	offers := read(t, root, registered, "Parley")
	for _, scheme := range Schemes {
		if got := read(t, root, offers+`\URLAssociations`, scheme); got != progID {
			t.Errorf("%s is offered by %q", scheme, got)
		}
	}
}
