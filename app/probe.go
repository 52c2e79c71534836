package app

import (
	"context"
	"crypto/tls"
	"log/slog"

	"parley/app/cli"
	"parley/app/probe"
	"parley/app/problem"
	"parley/connector/rtc"
)

// runProbe checks the way to a server and says in one sentence how it went, after a line for each step.
func runProbe(ctx context.Context, o cli.Probe, streams Streams, logger *slog.Logger) error {
	options := probe.Options{
		Server: o.Server, Plain: o.Plain, User: o.User, Password: o.Password,
		TLS:        &tls.Config{InsecureSkipVerify: o.InsecureTLS}, // what a person asked for, for this one run
		InstanceID: instanceID(logger), UserAgent: UserAgent(), StepTime: o.StepTime, Logger: logger,
	}
	for _, url := range o.ICEServer {
		options.ICEServers = append(options.ICEServers, rtc.ICEServer{URLs: []string{url}, Username: o.ICEUser, Credential: o.ICEPassword})
	}
	report, failure := probe.Writer(streams.Out, o.JSON)
	results := probe.Run(ctx, options, report)
	if err := failure(); err != nil {
		return problem.New("could not write the results", err)
	}
	return probe.Verdict(o.Server, results)
}
