package app

import (
	"errors"
	"io"
	"log/slog"

	"parley/app/config"
	"parley/app/logging"
	"parley/app/report"
)

// traces are what a run of the window leaves for whoever looks into trouble: log files, and a report should it crash.
type traces struct {
	logger *slog.Logger
	logs   func(io.Writer) error // nil: there is no log file
	crash  *report.Crash         // of an earlier run, nil for none

	file  *logging.File
	watch *report.CrashFile
}

// openTraces makes the log go to a file too. Where there is no place for it, the window works without.
func openTraces(err io.Writer, level string, plain *slog.Logger) *traces {
	t := &traces{logger: plain}
	folder, failure := config.StateFolder()
	if failure == nil {
		failure = t.open(folder, err, level)
	}
	if failure != nil {
		plain.Warn("no log file", "error", failure)
	}
	return t
}

func (t *traces) open(folder string, err io.Writer, level string) error {
	file, failure := logging.OpenFile(folder)
	if failure != nil {
		return failure
	}
	logger, failure := logging.Both(err, level, file)
	if failure != nil {
		return errors.Join(failure, file.Close())
	}
	t.file, t.logger, t.logs = file, logger, file.Read
	if t.crash, failure = report.LastCrash(folder); failure != nil {
		logger.Warn("look for a crash report", "error", failure)
	}
	if t.watch, failure = report.WatchCrashes(folder, Version); failure != nil {
		logger.Warn("a crash would leave no report", "error", failure)
	}
	logger.Info("started", "version", Version)
	return nil
}

// close ends what was opened; nothing is left of a run that did not crash but its log.
func (t *traces) close() {
	if err := t.watch.Close(); err != nil {
		t.logger.Warn("remove the empty crash report", "error", err)
	}
	if t.file != nil {
		t.logger.Info("ended")
		_ = t.file.Close() // there is no log any more to say it in
	}
}
