package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Probe is `parley probe`: the way to a server, step by step.
type Probe struct {
	Server      string `required:"" help:"Server to check." placeholder:"HOST[:PORT]"`
	User        string `help:"User number to register as; nobody by default." placeholder:"U"`
	Password    string `help:"Password of the user; better given as PARLEY_PASSWORD, which other users of this machine cannot see." env:"PARLEY_PASSWORD" placeholder:"P"`
	InsecureTLS bool   `name:"insecure-tls" help:"Accept any certificate. For tests: anyone in between can listen."`
	Plain       bool   `help:"Use http and ws instead of https and wss."`

	ICEServer   []string `name:"ice-server" help:"Check this STUN or TURN server, too; may be given several times." placeholder:"URL" sep:"none"`
	ICEUser     string   `name:"ice-user" help:"User name for the servers of --ice-server." placeholder:"U"`
	ICEPassword string   `name:"ice-password" help:"Password for the servers of --ice-server." env:"PARLEY_ICE_PASSWORD" placeholder:"P"`

	StepTime time.Duration `help:"Longest time of one step." default:"5s" placeholder:"5s"`
	JSON     bool          `name:"json" help:"Write one JSON object a line."`
}

func (p *Probe) check() error {
	switch {
	case strings.ContainsAny(p.Server, "/@ "):
		return fmt.Errorf("--server: %q is not HOST[:PORT]", p.Server)
	case p.User != "" && p.Password == "":
		return errors.New("--user needs --password (or PARLEY_PASSWORD)")
	case p.Plain && p.InsecureTLS:
		return errors.New("--plain and --insecure-tls exclude each other")
	case p.StepTime < 100*time.Millisecond || p.StepTime > time.Minute:
		return fmt.Errorf("--step-time: %v is not between 100ms and 1m", p.StepTime)
	case len(p.ICEServer) == 0 && p.ICEUser != "":
		return errors.New("--ice-user needs --ice-server")
	}
	return nil
}
