// Package pionlog sends what pion says to slog. Without it pion writes to standard error by itself.
package pionlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// Loggers sends pion's logs to slog, two levels lower: what pion warns of is an everyday event of a network.
type Loggers struct{ Log *slog.Logger }

var _ logging.LoggerFactory = Loggers{}

// NewLogger implements logging.LoggerFactory.
func (f Loggers) NewLogger(scope string) logging.LeveledLogger {
	return pionLogger{f.Log.With("pion", scope)}
}

type pionLogger struct{ log *slog.Logger }

// levelTrace is below slog's lowest own level.
const levelTrace = slog.LevelDebug - 4

func (l pionLogger) write(level slog.Level, format string, args ...any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, fmt.Sprintf(format, args...))
	}
}

func (l pionLogger) Trace(msg string)             { l.write(levelTrace, "%s", msg) }
func (l pionLogger) Tracef(f string, args ...any) { l.write(levelTrace, f, args...) }
func (l pionLogger) Debug(msg string)             { l.write(levelTrace, "%s", msg) }
func (l pionLogger) Debugf(f string, args ...any) { l.write(levelTrace, f, args...) }
func (l pionLogger) Info(msg string)              { l.write(levelTrace, "%s", msg) }
func (l pionLogger) Infof(f string, args ...any)  { l.write(levelTrace, f, args...) }
func (l pionLogger) Warn(msg string)              { l.write(slog.LevelDebug, "%s", msg) }
func (l pionLogger) Warnf(f string, args ...any)  { l.write(slog.LevelDebug, f, args...) }
func (l pionLogger) Error(msg string)             { l.write(slog.LevelDebug, "%s", msg) }
func (l pionLogger) Errorf(f string, args ...any) { l.write(slog.LevelDebug, f, args...) }
