package roomserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that JSON writes as "500ms".
type Duration time.Duration

// MarshalJSON as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON takes what time.ParseDuration takes.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New(`a time is a text such as "500ms"`)
	}
	value, err := time.ParseDuration(text)
	*d = Duration(value)
	return err
}

// Order is a command with its arguments: the body of POST /command. Which arguments a command takes is in Commands.
type Order struct {
	Command string `json:"command"`
	// Who is a participant's id, or his user or name when only one has it; for faults also "*", a registered user, or a
	// socket's id.
	Who        string         `json:"who,omitempty"`
	Room       string         `json:"room,omitempty"`
	Forced     bool           `json:"forced,omitempty"`
	Allowed    *bool          `json:"allowed,omitempty"`
	Resolution string         `json:"resolution,omitempty"`
	Licence    string         `json:"licence,omitempty"`
	Notify     map[string]any `json:"notify,omitempty"`
	Mode       int            `json:"mode,omitempty"`
	Audio      string         `json:"audio,omitempty"`
	Type       string         `json:"type,omitempty"`
	Input      string         `json:"input,omitempty"`
	Output     string         `json:"output,omitempty"`
	Share      *float64       `json:"share,omitempty"`
	Delay      Duration       `json:"delay,omitempty"`
	Code       int            `json:"code,omitempty"`
	Count      int            `json:"count,omitempty"`
	Method     string         `json:"method,omitempty"`
	Direction  Direction      `json:"direction,omitempty"`
}

// set an argument from text.
func (o *Order) set(name, text string) (err error) {
	switch name {
	case "who":
		o.Who = text
	case "room":
		o.Room = text
	case "forced":
		if o.Forced = text == "forced" || text == "true"; !o.Forced && text != "asked" && text != "false" {
			err = errors.New("forced or asked")
		}
	case "allowed":
		allowed := text == "yes" || text == "true"
		if o.Allowed = &allowed; !allowed && text != "no" && text != "false" {
			err = errors.New("yes or no")
		}
	case "resolution":
		o.Resolution = text
	case "licence":
		o.Licence = text
	case "notify":
		err = json.Unmarshal([]byte(text), &o.Notify)
	case "mode":
		o.Mode, err = strconv.Atoi(text)
	case "audio":
		o.Audio = text
	case "type":
		o.Type = text
	case "input":
		o.Input = text
	case "output":
		o.Output = text
	case "share":
		var share float64
		share, err = strconv.ParseFloat(text, 64)
		o.Share = &share
	case "delay":
		var delay time.Duration
		delay, err = time.ParseDuration(text)
		o.Delay = Duration(delay)
	case "code":
		o.Code, err = strconv.Atoi(text)
	case "count":
		o.Count, err = strconv.Atoi(text)
	case "method":
		o.Method = text
	case "direction":
		o.Direction = Direction(text)
	default:
		err = fmt.Errorf("no argument %q", name)
	}
	return err
}

// has tells whether an argument was given.
func (o *Order) has(name string) bool {
	switch name {
	case "who":
		return o.Who != ""
	case "room":
		return o.Room != ""
	case "resolution":
		return o.Resolution != ""
	case "licence":
		return o.Licence != ""
	case "notify":
		return o.Notify != nil
	case "input":
		return o.Input != ""
	case "output":
		return o.Output != ""
	case "share":
		return o.Share != nil
	case "code":
		return o.Code != 0
	}
	return true
}

// share that was given, all of it when none was.
func (o *Order) share() float64 {
	if o.Share == nil {
		return 1
	}
	return *o.Share
}

// or gives a default for an empty text.
func or(text, standard string) string {
	if text == "" {
		return standard
	}
	return text
}

// Usage is how the command is written on the console.
func (c Command) Usage() string {
	words := []string{c.Name}
	for _, a := range c.Arguments {
		name, optional := strings.CutSuffix(a, "?")
		name = strings.ToUpper(name)
		if name == "FORCED" {
			name = "forced"
		}
		if optional {
			name = "[" + name + "]"
		}
		words = append(words, name)
	}
	return strings.Join(words, " ")
}

// check whether all arguments are there that must be.
func (c Command) check(o *Order) error {
	for _, a := range c.Arguments {
		if !strings.HasSuffix(a, "?") && !o.has(a) {
			return fmt.Errorf("%s: %s is missing", c.Usage(), a)
		}
	}
	return nil
}

// parse a line of the console. Words are separated by blanks; double quotes hold blanks together; the last argument takes
// the rest of the line when it is JSON.
func parse(line string) (Order, error) {
	words := split(line)
	if len(words) == 0 {
		return Order{}, unknown(line)
	}
	c, ok := find(words[0])
	if !ok {
		return Order{}, unknown(words[0])
	}
	o := Order{Command: c.Name}
	words = words[1:]
	for i, a := range c.Arguments {
		if len(words) == 0 {
			break
		}
		name := strings.TrimSuffix(a, "?")
		text := words[0]
		words = words[1:]
		if name == "notify" && i == len(c.Arguments)-1 {
			text, words = rest(line), nil
		}
		if err := o.set(name, text); err != nil {
			return o, fmt.Errorf("%s: %s: %w", c.Usage(), name, err)
		}
	}
	if len(words) > 0 {
		return o, fmt.Errorf("%s: %q is too much", c.Usage(), words[0])
	}
	return o, c.check(&o)
}

// rest of a line from its first brace.
func rest(line string) string {
	if i := strings.IndexByte(line, '{'); i >= 0 {
		return line[i:]
	}
	return ""
}

// split a line into words.
func split(line string) []string {
	var words []string
	var word strings.Builder
	quoted, open := false, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted, open = !quoted, true
		case !quoted && (r == ' ' || r == '\t' || r == '\r'):
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
