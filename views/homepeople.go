package views

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// Rows that are drawn at most: more are found by typing.
const (
	recentRows  = 12
	contactRows = 40
)

// homePeople is the card with the recent calls and the contacts, one at a time.
type homePeople struct {
	home     *homeView
	contacts *bool // these are shown; kept by the root
	card     fyne.CanvasObject

	tabs   [2]*widget.Button
	list   *fyne.Container
	tool   *widget.Button
	drawn  bool
	recent []Recent
	people []Contact
}

func newHomePeople(home *homeView, contacts *bool) *homePeople {
	p := &homePeople{home: home, contacts: contacts, list: container.NewVBox()}
	tab := func(key string, contacts bool) *widget.Button {
		return widget.NewButton(text.T(key), nil, func() { p.choose(contacts) })
	}
	p.tabs = [2]*widget.Button{tab("home.recent", false), tab("home.contacts", true)}
	p.tool = widget.NewIconButton("plus", "", p.useTool)
	head := bordered(nil, nil, container.NewHBox(p.tabs[0], p.tabs[1]), p.tool)
	p.card = newCard(bordered(head, nil, nil, nil, p.list))
	return p
}

// choose shows the calls or the contacts.
func (p *homePeople) choose(contacts bool) {
	*p.contacts = contacts
	p.draw()
	p.home.content.Refresh()
}

// set shows a model.
func (p *homePeople) set(m Model) {
	if p.drawn && slices.Equal(m.Recent, p.recent) && slices.Equal(m.Contacts, p.people) {
		return
	}
	p.recent, p.people = m.Recent, m.Contacts
	p.draw()
	p.home.content.Refresh()
}

func (p *homePeople) draw() {
	p.drawn = true
	for i, b := range p.tabs {
		markChosen(b, (i == 1) == *p.contacts)
	}
	p.list.RemoveAll()
	if *p.contacts {
		p.tool.SetWords("plus", text.T("contact.add"))
		widget.SetVisible(p.tool, true)
		p.drawContacts()
		return
	}
	p.tool.SetWords("trash", text.T("recent.clear"))
	widget.SetVisible(p.tool, len(p.recent) > 0)
	if len(p.recent) == 0 {
		p.list.Add(muted(text.T("home.recent.none")))
	}
	for _, r := range p.recent[:min(len(p.recent), recentRows)] {
		p.list.Add(p.recentRow(r))
	}
}

func (p *homePeople) drawContacts() {
	if len(p.people) == 0 {
		p.list.Add(muted(text.T("home.contacts.none")))
	}
	for _, c := range p.people[:min(len(p.people), contactRows)] {
		p.list.Add(p.contactRow(c))
	}
	if len(p.people) > contactRows {
		p.list.Add(muted(text.T("home.contacts.more")))
	}
}

// useTool adds a contact, or clears the list of calls after asking.
func (p *homePeople) useTool() {
	if *p.contacts {
		p.edit(Contact{})
		return
	}
	env := p.home.env
	env.ask(question{
		title: text.T("recent.clear.title"), yes: text.T("recent.clear.yes"), no: text.T("common.cancel"), danger: true,
		body: muted(text.T("recent.clear.text")),
		answer: func(yes bool) {
			if yes {
				p.run(env.Actions.ClearCalls)
			}
		},
	})
}

// run does something to what is kept and tells what failed.
func (p *homePeople) run(do func(context.Context) error) {
	p.home.env.run(do, func(err error) {
		if n := Describe(OpSettings, "", err); n.Title != "" {
			p.home.show(n)
		}
	})
}

func (p *homePeople) call(number string) {
	p.home.entry.SetText(number)
	p.home.found.close()
	p.home.call(true)
}

// row is a line of either list: an icon, two texts, and what can be done.
func row(icon, title, info string, tools ...fyne.CanvasObject) fyne.CanvasObject {
	name := fynewidget.NewLabel(title)
	name.TextStyle.Bold = true
	name.Truncation = fyne.TextTruncateEllipsis
	words := muted(info)
	return bordered(nil, nil, container.NewCenter(fynewidget.NewIcon(look.Icon(icon))), container.NewHBox(tools...),
		tight(name, words))
}

func (p *homePeople) recentRow(r Recent) fyne.CanvasObject {
	icon, words := "outgoing", text.T("recent.outgoing")
	switch {
	case r.Declined:
		icon, words = "incoming", text.T("recent.declined")
	case r.Incoming && !r.Answered:
		icon, words = "missed", text.T("recent.missed")
	case r.Incoming:
		icon, words = "incoming", text.T("recent.incoming")
	case !r.Answered:
		words = text.T("recent.failed")
	}
	if r.Answered {
		words += " · " + clock(r.Length)
	}
	words += " · " + when(r.Begun, p.home.env.now())
	name := r.Name
	at := slices.IndexFunc(p.people, func(c Contact) bool { return c.Number == r.Number })
	if at >= 0 {
		name = p.people[at].Name
	}
	var tools []fyne.CanvasObject
	if at < 0 && r.Number != "" {
		tools = append(tools, widget.NewIconButton("plus", text.T("contact.add.number", text.D{"Number": shorten(r.Number)}),
			func() { p.editAs("", Contact{Name: r.Name, Number: r.Number}) }))
	}
	tools = append(tools, widget.NewIconButton("phone", text.T("recent.again", text.D{"Number": shorten(r.Number)}),
		func() { p.call(r.Number) }))
	return row(icon, called(name, r.Number), words, tools...)
}

func (p *homePeople) contactRow(c Contact) fyne.CanvasObject {
	return row("person", shorten(c.Name), shorten(c.Number),
		widget.NewIconButton("edit", text.T("contact.edit", text.D{"Name": shorten(c.Name)}), func() { p.edit(c) }),
		widget.NewIconButton("phone", text.T("recent.again", text.D{"Number": shorten(c.Number)}), func() { p.call(c.Number) }))
}

// edit changes a contact; one without a number is new.
func (p *homePeople) edit(c Contact) { p.editAs(c.Number, c) }

// editAs asks for name and number of the contact that has the number old, "" for a new one.
func (p *homePeople) editAs(old string, c Contact) {
	env := p.home.env
	name, number := widget.NewField(text.T("contact.name.hint")), widget.NewField(text.T("home.number.hint"))
	name.Text, number.Text = c.Name, c.Number
	wrong := newFieldError()
	body := container.NewVBox(labelled("contact.name", name), labelled("home.number", number), wrong.content)
	title, remove := text.T("contact.add"), ""
	if old != "" {
		title, remove = text.T("contact.change"), text.T("contact.delete")
	}
	check := func() bool {
		key := p.contactProblem(old, number.Text)
		wrong.set(key)
		body.Refresh()
		return key == ""
	}
	save := func(yes bool) {
		next := Contact{Name: name.Text, Number: number.Text}
		if yes {
			p.run(func(ctx context.Context) error { return env.Actions.SaveContact(ctx, old, next) })
		}
	}
	dismiss := env.ask(question{
		title: title, yes: text.T("contact.save"), no: text.T("common.cancel"), body: body, focus: name, check: check, answer: save,
		third: remove, onThird: func() {
			p.run(func(ctx context.Context) error { return env.Actions.DeleteContact(ctx, old) })
		},
	})
	name.OnSubmitted = func(string) { env.focus(number) }
	number.OnSubmitted = func(string) {
		if check() {
			dismiss()
			save(true)
		}
	}
	name.OnEscape, number.OnEscape = dismiss, dismiss
}

// contactProblem says what is wrong with a contact's number (a key of words), "" for nothing.
func (p *homePeople) contactProblem(old, number string) string {
	number = strings.TrimSpace(number)
	switch {
	case number == "":
		return "home.need.number"
	case number != old && slices.ContainsFunc(p.people, func(c Contact) bool { return c.Number == number }):
		return "contact.taken"
	}
	return ""
}
