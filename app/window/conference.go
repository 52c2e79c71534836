package window

import (
	"context"
	"strings"

	"parley/connector"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/views"
)

// event follows the connector's stream, on its loop.
func (c *controller) event(e connector.Event) {
	c.mu.Lock()
	changed := c.refuseWithout(e) || c.follow(e)
	c.mu.Unlock()
	if changed {
		c.changed()
	}
}

// refuseWithout answers a moderator who asks for a device that is not there, and tells the person. With the lock held; it
// reports whether there was such a request.
func (c *controller) refuseWithout(e connector.Event) bool {
	var news views.News
	var refuse func(Connector, context.Context) error
	switch {
	case e.Name == "api:admin:start-mic" && c.stream.Audio == nil:
		news, refuse = views.NewsNoMicrophone, Connector.RefuseMicrophone
	case e.Name == "api:admin:start-main-cam" && c.stream.Video == nil:
		news, refuse = views.NewsNoCamera, Connector.RefuseCamera
	default:
		return false
	}
	c.conference.News, c.conference.NewsNo = news, c.conference.NewsNo+1
	link := c.link
	if link == nil || c.closed || c.refusing[news] { // one refusal at a time answers all that ask meanwhile
		return true
	}
	c.refusing[news] = true
	c.background.Go(func() {
		if err := refuse(link.Connector, c.ctx); err != nil {
			c.logger.Warn("refuse the moderator", "news", news, "error", err)
		}
		c.mu.Lock()
		delete(c.refusing, news)
		c.mu.Unlock()
	})
	return true
}

// follow keeps what the model has beside the snapshot; with the lock held. It reports whether something changed.
func (c *controller) follow(e connector.Event) bool {
	switch e.Name {
	case "stats:collected":
		stats, ok := e.Data.(rtc.Stats)
		if !ok {
			return false
		}
		next := c.meter.add(stats)
		changed := next != c.quality
		c.quality = next
		return changed
	case "call:start-call":
		c.conference, c.quality, c.meter = views.Conference{}, views.Quality{}, qualityMeter{}
		return true
	case "call:ended", "call:failed":
		c.conference, c.quality, c.trouble = views.Conference{}, views.Quality{}, views.Trouble{}
		return true
	}
	if !strings.HasPrefix(e.Name, "api:") {
		return false
	}
	return followConference(&c.conference, e)
}

// newsOf are the events that are told as they are.
var newsOf = map[string]views.News{
	"api:participation:accepting-word-request":     views.NewsWordGiven,
	"api:participation:cancelling-word-request":    views.NewsWordCancelled,
	"api:webcast:started":                          views.NewsWebcastStarted,
	"api:webcast:stopped":                          views.NewsWebcastStopped,
	"api:participant:move-request-to-spectators":   views.NewsSpectator,
	"api:participant:move-request-to-participants": views.NewsParticipant,
	"api:participant:move-request-to-stream":       views.NewsStream,
	"api:presentation:must-stop":                   views.NewsPresentationStop,
	"api:account:changed":                          views.NewsAccountChanged,
	"api:account:deleted":                          views.NewsAccountDeleted,
}

// licenses are told when they change.
var licenses = map[string]views.News{
	"AUDIO": views.NewsLicenseAudio, "VIDEO": views.NewsLicenseVideo, "AUDIOPLUSPRESENTATION": views.NewsLicenseShare,
}

// followConference brings the conference up to date and reports whether something changed.
func followConference(c *views.Conference, e connector.Event) bool {
	news := newsOf[e.Name]
	switch e.Name {
	case "api:admin:start-mic":
		c.AskedMicrophone = true
		return true
	case "api:admin:stop-mic":
		c.AskedMicrophone = false
		return true
	case "api:admin:start-main-cam":
		c.AskedCamera = true
		return true
	case "api:admin:stop-main-cam":
		c.AskedCamera = false
		return true
	case "api:webcast:started":
		c.Webcast = true
	case "api:webcast:stopped":
		c.Webcast, c.OnStream = false, false
	case "api:participant:move-request-to-stream":
		c.OnStream = true
	case "api:participant:move-request-to-participants", "api:participant:move-request-to-spectators":
		c.OnStream = false
	case "api:use-license":
		license, _ := e.Data.(string)
		if news = licenses[license]; license == first(c.License, session.DefaultLicense) {
			news = "" // as it was
		}
		c.License = license
	}
	if news == "" {
		return false
	}
	c.News, c.NewsNo = news, c.NewsNo+1
	return true
}
