package views

// Conference is what the server has told of the conference and of our place in it, beside the snapshot: it lasts as long
// as the call.
type Conference struct {
	// AskedMicrophone and AskedCamera: the moderator asks to switch it on; it is for the person to accept or refuse.
	AskedMicrophone, AskedCamera bool
	// Webcast tells that the conference is broadcast.
	Webcast bool
	// License of the call as it was told, empty before.
	License string
	// OnStream: we were moved to the webcast.
	OnStream bool
	// News is the newest event a person should know of, with its number: the same event again is news again.
	News   News
	NewsNo int
}

// News is an event of the conference that is told once; the values are the keys of its words.
type News string

// The news.
const (
	NewsWordGiven        News = "news.word.given"
	NewsWordCancelled    News = "news.word.cancelled"
	NewsWebcastStarted   News = "news.webcast.started"
	NewsWebcastStopped   News = "news.webcast.stopped"
	NewsSpectator        News = "news.spectator"
	NewsParticipant      News = "news.participant"
	NewsStream           News = "news.stream"
	NewsNoMicrophone     News = "news.noMicrophone"
	NewsNoCamera         News = "news.noCamera"
	NewsPresentationStop News = "news.presentation.stop"
	NewsLicenseAudio     News = "news.license.audio"
	NewsLicenseShare     News = "news.license.share"
	NewsLicenseVideo     News = "news.license.video"
	NewsAccountChanged   News = "news.account.changed"
	NewsAccountDeleted   News = "news.account.deleted"
)
