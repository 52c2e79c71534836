package audio

import "math"

// Constants of the automatic gain.
const (
	levelTarget  = -20.0 // dBFS, RMS of speech
	gainHighest  = 24.0  // dB
	gainLowest   = -12.0
	gainUp       = 0.06  // dB a frame of 10 ms
	gainDown     = 0.2   // dB a frame
	levelLearn   = 0.03  // share of a voiced frame in the mean of speech
	levelFirst   = 30    // voiced frames that are learnt from faster
	noiseCeiling = -48.0 // dBFS that amplified noise may have
	limit        = 0.89  // of full scale: peaks end here
)

// Leveler brings voices to one loudness: slow gain up and down while someone speaks, none for noise, and a limiter
// behind it. Zero value is ready; not for concurrent use.
type Leveler struct {
	voice  voice
	speech float64 // dBFS, mean of voiced frames
	frames int     // voiced ones seen
	wanted float64 // dB
	gain   float64 // linear, at the end of the last frame
}

// Process changes a frame of 10 ms in place.
func (l *Leveler) Process(pcm []int16) {
	level, voiced := l.voice.add(pcm)
	if l.frames == 0 && l.gain == 0 {
		l.gain = 1
	}
	if voiced {
		l.learn(level)
	}
	l.apply(pcm, math.Pow(10, l.wanted/20))
}

// learn takes the level of a frame with voice and moves the wanted gain a step.
func (l *Leveler) learn(level float64) {
	learn := levelLearn
	if l.frames < levelFirst {
		learn = 1 / float64(l.frames+1)
		learn = max(learn, levelLearn)
	}
	l.frames++
	l.speech += (level - l.speech) * learn
	if l.frames < levelFirst {
		return
	}
	aim := min(max(levelTarget-l.speech, gainLowest), gainHighest)
	aim = min(aim, max(0, noiseCeiling-l.voice.floor))
	l.wanted += min(max(aim-l.wanted, -gainDown), gainUp)
}

// apply fades from the last gain to the next one, as far as the peak of the frame allows both.
func (l *Leveler) apply(pcm []int16, to float64) {
	peak := 0
	for _, v := range pcm {
		peak = max(peak, int(v), -int(v))
	}
	from := l.gain
	if peak > 0 {
		most := limit * 32768 / float64(peak)
		if from > most || to > most {
			// Full scale input passes: only gain is limited, not what comes.
			most = max(most, min(1, to))
			from, to = min(from, most), min(to, most)
		}
	}
	l.gain = to
	if from == 1 && to == 1 {
		return
	}
	step := (to - from) / float64(max(1, len(pcm)))
	gain := from
	for i, v := range pcm {
		gain += step
		pcm[i] = saturate(int32(math.Round(float64(v) * gain)))
	}
}

// Gain that is applied now, dB.
func (l *Leveler) Gain() float64 { return l.wanted }
