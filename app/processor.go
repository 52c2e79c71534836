package app

import (
	"log/slog"

	"parley/media/audio"
	"parley/media/audio/apm"
)

// processor makes what improves a microphone's sound, and what ends it; nil when it cannot be made: a call works without.
func processor(o audio.Processing, logger *slog.Logger) (p audio.Processor, release func()) {
	made, err := apm.New(o)
	if err != nil {
		logger.Warn("the microphone's sound is sent as it is", "error", err)
		return nil, func() {}
	}
	return made, func() {
		if err := made.Close(); err != nil {
			logger.Debug("audio processing", "error", err)
		}
	}
}
