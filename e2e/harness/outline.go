package harness

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"runtime"
)

// Outline is what the windows of an observed program show.
type Outline struct {
	Question string
	Windows  []Pane
}

// Pane is one window. Width and Height are pixels.
type Pane struct {
	Title         string
	Main          bool // the program's first window
	Width, Height int
	Items         []Item
}

// Item is something in a window that a person sees or uses.
type Item struct {
	Kind     string // button, field, check, select, label, text, …
	Words    string // on it, or what screen readers say; the hint of a field
	Value    string
	Name     string          // what screen readers say
	Area     image.Rectangle // pixels of the window
	Seen     image.Rectangle // what scrolling leaves of it
	Focused  bool
	Disabled bool
	On       bool
	Covered  bool // by a question over the window
}

// BuildObserved compiles the program that tells what its windows show, and returns its path. PARLEY_OBSERVED names one
// that is ready.
func BuildObserved(ctx context.Context, folder string) (string, error) {
	if ready := os.Getenv("PARLEY_OBSERVED"); ready != "" {
		return ready, nil
	}
	_, here, _, _ := runtime.Caller(0)
	program := filepath.Join(folder, "observed")
	root := filepath.Join(filepath.Dir(here), "..", "..")
	if out, err := command(ctx, root, "go", "build", "-tags", "nolibopusfile", "-o", program, "./e2e/harness/observed"); err != nil {
		return "", fmt.Errorf("build the observed parley: %w\n%s", err, out)
	}
	return program, nil
}

// Outline asks an observed program what its windows show. One question at a time.
func (p *Process) Outline(ctx context.Context) (Outline, error) {
	p.mu.Lock()
	p.asked++
	question := fmt.Sprint(p.asked)
	p.mu.Unlock()
	if _, err := fmt.Fprintln(p.stdin, question); err != nil {
		return Outline{}, fmt.Errorf("ask for the outline: %w\n%s", err, p.Story())
	}
	var answer Outline
	var bad error
	err := p.await(ctx, "wait for the outline", func() bool {
		if p.outline.Data == nil {
			return false
		}
		answer = Outline{}
		bad = p.outline.Decode(&answer)
		return bad != nil || answer.Question == question
	})
	if err == nil && bad != nil {
		err = fmt.Errorf("outline: %w", bad)
	}
	if err == nil && len(answer.Windows) == 0 {
		err = errors.New("outline: there is no window")
	}
	if err == nil {
		answer.Windows[0].Main = true
	}
	return answer, err
}
