package views

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/diagrams"
	"parley/connector/machine"
	"parley/views/text"
	"parley/views/widget"
)

// machinesView draws every machine with its current state lit.
type machinesView struct {
	content fyne.CanvasObject
	drawn   []*machineCard
}

type machineCard struct {
	machine machine.Diagram
	diagram *widget.Diagram
	now     *fynewidget.Label // the state, in words
	ways    *fynewidget.Label // what leads out of it
	state   string
}

// machineTitles are the words for the machines, by name.
func machineTitles() map[string]string {
	return map[string]string{
		"connection":       text.T("diagnostics.machine.connection"),
		"auto-connector":   text.T("diagnostics.machine.auto"),
		"call":             text.T("diagnostics.machine.call"),
		"contented-stream": text.T("diagnostics.machine.content"),
		"incoming":         text.T("diagnostics.machine.incoming"),
		"presentation":     text.T("diagnostics.machine.presentation"),
		"call-reconnect":   text.T("diagnostics.machine.redial"),
		"connect-and-call": text.T("diagnostics.machine.together"),
	}
}

func newMachinesView() *machinesView {
	v := &machinesView{}
	titles := machineTitles()
	list := container.NewVBox()
	for _, m := range diagrams.All() {
		c := &machineCard{machine: m, diagram: widget.NewDiagram(m), now: fynewidget.NewLabel(""), ways: muted("")}
		c.now.TextStyle.Bold = true
		c.ways.Wrapping = fyne.TextWrapWord
		title := titles[m.Name]
		if title == "" {
			title = m.Title
		}
		head := bordered(nil, nil, nil, c.now, subheading(title))
		list.Add(newCard(container.NewVBox(head, container.NewHScroll(c.diagram), c.ways)))
		c.show()
		v.drawn = append(v.drawn, c)
	}
	v.content = container.NewVScroll(list)
	return v
}

func (v *machinesView) set(states map[string]string) {
	for _, c := range v.drawn {
		if next := states[c.machine.Name]; next != c.state {
			c.state = next
			c.diagram.SetCurrent(next)
			c.show()
		}
	}
}

func (c *machineCard) show() {
	if c.state == "" {
		c.now.SetText(text.T("diagnostics.notRunning"))
		c.ways.SetText("")
		return
	}
	c.now.SetText(widget.StateName(c.state))
	var ways []string
	for _, e := range c.machine.Leaving(c.state) {
		ways = append(ways, e.Label+": "+widget.StateName(e.To))
	}
	c.ways.SetText(strings.Join(ways, "   "))
}
