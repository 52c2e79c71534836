package connector

import (
	"context"

	"parley/connector/api"
	"parley/connector/balancer"
	"parley/connector/health"
	"parley/connector/rtc"
	"parley/connector/stats"
)

// buildMonitoring makes the parts that watch a call and care for it.
func (c *Connector) buildMonitoring() {
	c.stats = stats.NewManager(c.loop, c.prefixed("stats:"), c.activePeer, c.reportBitrate, func(err error) {
		c.logger.Debug("collect statistics", "error", err)
	})
	samples, throttle := c.config.Recovery.Samples, c.config.Recovery.Throttle
	if samples < 1 {
		samples = health.MinSamples
	}
	if throttle <= 0 {
		throttle = health.Throttle
	}
	c.health, _ = health.NewMonitor(c.prefixed("main-stream-health:"), samples) // positive: no error
	c.recovery, _ = health.NewRecovery(c.loop, c.renegotiateActive, throttle)
	b := &balancer.Balancer{Loop: c.loop, Sender: c.cameraSender, Logger: c.logger, Options: balancer.Options{
		Ignore: c.config.Balancer.IgnoreForCodec, Limit: c.sizeLimit, Delay: c.config.Balancer.Delay}}
	b.Applied = func(e []balancer.Encoding) { c.emit("video-balancer:parameters-updated", e) }
	c.balancer = &balancer.Manager{Balancer: b, Emit: c.prefixed("video-balancer:")}
}

// monitor hands the call's events (without prefix) to the parts that watch it.
func (c *Connector) monitor(name string) {
	c.stats.HandleEvent(name)
	c.health.HandleEvent(name)
	c.recovery.HandleEvent(name)
	if !c.config.Balancer.Off {
		c.balancer.HandleEvent(name)
	}
}

// onCollected looks whether the main video arrives.
func (c *Connector) onCollected(data any) {
	s, ok := data.(rtc.Stats)
	if !ok {
		return
	}
	if v := s.Outbound.Video; v != nil && v.Codec != "" {
		c.cameraCodec = v.Codec
	}
	flags := c.stats.Flags()
	c.health.Add(health.Snapshot{Muted: c.mainVideoMuted(), InvalidFrames: flags.InvalidFrames,
		NoTraffic: flags.NoTraffic, Stalled: flags.Stalled})
}

func (c *Connector) mainVideoMuted() bool {
	main := c.call.Shown().Main
	if main == nil {
		return false
	}
	for _, t := range main.Tracks {
		if t.Kind() == rtc.Video {
			return t.Muted()
		}
	}
	return false
}

// reportBitrate tells the server what could be received, bit/s. Its answer does not matter.
func (c *Connector) reportBitrate(bitrate float64) {
	if !c.call.Confirmed() {
		return
	}
	ctx, to := c.call.Context(), c.call.Session()
	c.loop.Go(func(context.Context) func() {
		if err := api.Bitrate(bitrate).Send(ctx, to); err != nil {
			c.logger.Debug("report bitrate", "error", err)
		}
		return nil
	})
}

func (c *Connector) sizeLimit() *balancer.Size {
	configuration := c.connection.Machine().Configuration()
	if configuration == nil || configuration.MaxResolution == nil {
		return nil
	}
	return &balancer.Size{Width: float64(configuration.MaxResolution.Width), Height: float64(configuration.MaxResolution.Height)}
}

// renegotiateActive offers anew in the session whose streams are shown.
func (c *Connector) renegotiateActive(done func(error)) {
	if c.receiver.Running() {
		c.receiver.Renegotiate(done)
		return
	}
	c.call.Renegotiate(done)
}

// control hands a command for the main camera to the balancer.
func (c *Connector) control(data any) {
	if command, ok := data.(api.MainCam); ok && !c.config.Balancer.Off {
		c.balancer.Balancer.Control(balancer.Command{Name: command.Command, Resolution: command.Resolution})
	}
}
