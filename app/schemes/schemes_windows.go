package schemes

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// Keys below HKEY_CURRENT_USER, which need no rights.
const (
	classes      = `Software\Classes\`
	progID       = "Parley.Link"
	capabilities = `Software\Parley\Capabilities`
	registered   = `Software\RegisteredApplications`
)

// Register names the program that runs as one that opens links. Links of parley: are its own; those of sip: and sips:
// other programs open too, so it is offered in Windows' settings for them, and takes them only where nobody does.
func Register() error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("open links: %w", err)
	}
	if err := register(registry.CURRENT_USER, program); err != nil {
		return fmt.Errorf("open links: %w", err)
	}
	return nil
}

// arguments mark a command as ours, wherever the program lay then.
const arguments = ` window -- "%1"`

// register writes below root.
func register(root registry.Key, program string) error {
	// What follows -- is a link, and no flag: whoever hands it over may have forgotten to escape a quotation mark.
	command := `"` + program + `"` + arguments
	for _, class := range []string{"parley", progID} {
		if err := writeClass(root, class, program, command); err != nil {
			return err
		}
	}
	for _, scheme := range Schemes[1:] {
		if taken(scheme) {
			continue
		}
		if err := writeClass(root, scheme, program, command); err != nil {
			return err
		}
	}
	err := write(root, capabilities, map[string]string{"ApplicationName": "Parley", "ApplicationDescription": "Video conferences and calls"})
	if err != nil {
		return err
	}
	offers := map[string]string{}
	for _, scheme := range Schemes {
		offers[scheme] = progID
	}
	if err := write(root, capabilities+`\URLAssociations`, offers); err != nil {
		return err
	}
	return write(root, registered, map[string]string{"Parley": capabilities})
}

func writeClass(root registry.Key, class, program, command string) error {
	return errors.Join(
		write(root, classes+class, map[string]string{"": "Parley", "URL Protocol": ""}),
		write(root, classes+class+`\DefaultIcon`, map[string]string{"": `"` + program + `",0`}),
		write(root, classes+class+`\shell\open\command`, map[string]string{"": command}))
}

// taken tells whether another program opens links of a scheme.
func taken(scheme string) bool {
	key, err := registry.OpenKey(registry.CLASSES_ROOT, scheme+`\shell\open\command`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	now, _, err := key.GetStringValue("")
	return err == nil && now != "" && !strings.HasSuffix(now, arguments)
}

// write makes a key and sets texts in it.
func write(root registry.Key, path string, values map[string]string) (err error) {
	key, _, err := registry.CreateKey(root, path, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	for name, value := range values {
		if err := key.SetStringValue(name, value); err != nil {
			return err
		}
	}
	return nil
}
