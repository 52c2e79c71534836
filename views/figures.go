package views

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// qualityMark is the quality in a word, with an icon: nothing is told by colour alone.
func qualityMark(q Quality) widget.MarkState {
	switch q.Level {
	case QualityGood:
		return widget.MarkState{Icon: "signal-good", Words: text.T("quality.good"), Color: look.StageGood}
	case QualityFair:
		return widget.MarkState{Icon: "signal-fair", Words: text.T("quality.fair"), Color: look.StageFair}
	case QualityPoor:
		return widget.MarkState{Icon: "signal-poor", Words: text.T("quality.poor"), Color: look.StagePoor}
	}
	return widget.MarkState{}
}

// figuresView shows what stands behind the quality, over the video.
type figuresView struct {
	content *fyne.Container
	values  []*canvas.Text
}

// figureGap is between two lines, device independent pixels.
const figureGap float32 = 4

// figureKeys are the lines, from top to bottom.
var figureKeys = []string{"figures.roundTrip", "figures.lost", "figures.receive", "figures.send", "figures.picture",
	"figures.own", "figures.freezes"}

func newFiguresView() *figuresView {
	f := &figuresView{}
	names := container.New(layout.NewCustomPaddedVBoxLayout(figureGap))
	values := container.New(layout.NewCustomPaddedVBoxLayout(figureGap))
	for _, key := range figureKeys {
		name := canvas.NewText(text.T(key), theme.Color(look.OnStageMuted))
		value := canvas.NewText("–", theme.Color(look.OnStage))
		name.TextSize, value.TextSize = 13, 13
		f.values = append(f.values, value)
		names.Add(name)
		values.Add(value)
	}
	f.content = container.NewStack(newStageField(), container.NewPadded(container.NewPadded(
		container.New(layout.NewCustomPaddedHBoxLayout(look.Margin), names, values))))
	f.content.Hide()
	return f
}

func (f *figuresView) set(q Quality) {
	if !f.content.Visible() && f.values[0].Text != "–" {
		return // nobody looks; it is filled anew when it is opened
	}
	unknown := "–"
	roundTrip := unknown
	if q.RoundTrip >= 0 && q.Level != QualityUnknown {
		roundTrip = text.T("figures.ms", text.D{"Milliseconds": fmt.Sprint(q.RoundTrip.Milliseconds())})
	}
	for i, value := range []string{roundTrip, fmt.Sprintf("%.1f %%", q.Lost*100), rate(q.ReceiveRate), rate(q.SendRate),
		picture(q.ReceiveSize, q.ReceiveFrames, q.ReceiveCodec), picture(q.SendSize, q.SendFrames, q.SendCodec),
		fmt.Sprint(q.Freezes)} {
		if value == "" {
			value = unknown
		}
		widget.SetText(f.values[i], value)
	}
}

func rate(bits float64) string {
	return text.T("figures.kbit", text.D{"Rate": fmt.Sprintf("%.0f", bits/1000)})
}

// picture is size, frames a second and codec of a picture, "" for none.
func picture(size [2]int, frames float64, codec string) string {
	if size[0] == 0 {
		return ""
	}
	return text.T("figures.size", text.D{"Width": fmt.Sprint(size[0]), "Height": fmt.Sprint(size[1]),
		"Frames": fmt.Sprintf("%.0f", frames), "Codec": codec})
}
