// Parley: video conferences and calls over SIP and WebRTC.
package main

import (
	"os"

	"parley/app"
)

func main() { os.Exit(app.Main(os.Args[1:])) }
