// Observed is parley, which besides tells on request what its windows show: each line on standard input is answered by one
// JSON object on standard output (harness.Outline). Tests of the real window find controls by their words with it, and
// then move the mouse and press keys as a person does. The program itself has no such door.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"fyne.io/fyne/v2"

	"parley/app"
)

func main() {
	go answer()
	os.Exit(app.Main(os.Args[1:]))
}

func answer() {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var windows []window
		fyne.DoAndWait(func() { windows = look() })
		reply := map[string]any{"event": "outline", "data": map[string]any{"question": lines.Text(), "windows": windows}}
		if out.Encode(reply) != nil {
			return // nobody listens any more
		}
	}
}
