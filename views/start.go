package views

import (
	"parley/views/text"
	"parley/views/widget"
)

// StartProblem is what was wrong with the kept settings; the values are the keys of its words.
type StartProblem string

// The problems.
const (
	StartFine          StartProblem = ""
	StartSetAside      StartProblem = "start.setAside"
	StartAdministrator StartProblem = "start.administrator"
	StartCorrected     StartProblem = "start.corrected"
	StartUnread        StartProblem = "start.unread"
)

// DescribeStart says it in words; an empty notice when nothing was wrong.
func DescribeStart(p StartProblem) widget.Notice {
	if p == StartFine {
		return widget.Notice{}
	}
	return widget.Notice{Level: widget.Warning, Title: text.T("start.title"), Text: text.T(string(p))}
}
