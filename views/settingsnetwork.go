package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"parley/views/kept"
)

// buildNetwork: the way to the server, and what happens when it breaks.
func (v *settingsView) buildNetwork() fyne.CanvasObject {
	s := v.settings
	v.ice = newICEList(v)
	return container.NewVBox(
		section("settings.keepConnected",
			v.checkRow("network.reconnect", "settings.reconnect", "settings.reconnect.help", s.Reconnect,
				func(s *Settings, on bool) { s.Reconnect = on }),
			v.checkRow("network.redial", "settings.redial", "settings.redial.help", s.Redial,
				func(s *Settings, on bool) { s.Redial = on }),
			v.numberRow("network.redial_attempts", "settings.attempts", "", s.RedialAttempts, 1, kept.MaxAttempts,
				func(s *Settings, n int) { s.RedialAttempts = n })),
		section("settings.way",
			v.textRow("network.proxy", "settings.proxy", "settings.proxy.help", "http://proxy.example.com:3128", s.Proxy,
				func(typed string) string {
					if kept.CheckProxy(typed) != nil {
						return "settings.proxy.wrong"
					}
					return ""
				}, func(s *Settings, typed string) { s.Proxy = typed }),
			v.textRow("network.ca_file", "settings.authorities", "settings.authorities.help", "", s.CAFile,
				func(string) string { return "" }, func(s *Settings, typed string) { s.CAFile = typed })),
		v.ice.content,
		section("settings.recovery",
			v.numberRow("recovery.samples", "settings.samples", "settings.samples.help", s.Samples, 1, kept.MaxSamples,
				func(s *Settings, n int) { s.Samples = n }),
			v.numberRow("recovery.throttle_ms", "settings.throttle", "", s.Throttle, kept.MinThrottle, kept.MaxThrottle,
				func(s *Settings, n int) { s.Throttle = n })))
}
