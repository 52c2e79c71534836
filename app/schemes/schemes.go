// Package schemes has the system open links to calls with this program, where its installer has not: for Windows in the
// registry of the user. Desktops of Linux read it in the desktop entry, Macs in the program's Info.plist.
package schemes

// Schemes of links that Parley opens.
var Schemes = []string{"parley", "sip", "sips"}
