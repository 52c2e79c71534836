// Package stamp writes a moment into a picture so that it can be read back after encoding, scaling and decoding: the
// delay from one end of a call to the other, measured in the picture itself.
//
// The stamp is a bar along the top edge: two rows of 40 black and white blocks, 80 bits, row by row and most significant
// bit first: 64 bits of microseconds since the Unix epoch and the CRC-16 (CCITT-FALSE) of these 8 bytes. The blocks are
// fractions of the picture's size, so scaling moves them along; at 640×360 a block is 16×15 pixels.
package stamp

import (
	"encoding/binary"
	"time"

	"parley/media/video"
)

const (
	columns = 40
	rows    = 2
	// heightShare: the bar takes 1/12 of the picture's height.
	heightShare = 12

	black, white = 16, 235 // limited range
	// contrast between the mean of dark and of light blocks below which there is no stamp.
	contrast = 60
)

// Height of the bar in a picture of so many pixels in height.
func Height(height int) int { return max(rows, height/heightShare) }

// Draw writes t into f, which the caller must own alone.
func Draw(f *video.Frame, t time.Time) {
	bits := encode(t)
	height := Height(f.Height)
	for row := range rows {
		y0, y1 := row*height/rows, (row+1)*height/rows
		if y0 >= y1 {
			continue
		}
		line := f.Y[y0*f.StrideY : y0*f.StrideY+f.Width]
		for column := range columns {
			luma := byte(black)
			if bit(bits, row*columns+column) {
				luma = white
			}
			x0, x1 := column*f.Width/columns, (column+1)*f.Width/columns
			for x := x0; x < x1; x++ {
				line[x] = luma
			}
		}
		for y := y0 + 1; y < y1; y++ {
			copy(f.Y[y*f.StrideY:y*f.StrideY+f.Width], line)
		}
	}
	cw := (f.Width + 1) / 2
	for y := range (height + 1) / 2 {
		fill(f.U[y*f.StrideUV:y*f.StrideUV+cw], 128)
		fill(f.V[y*f.StrideUV:y*f.StrideUV+cw], 128)
	}
}

// Read finds the moment drawn into f, to the microsecond; false when there is none or it is damaged.
func Read(f *video.Frame) (time.Time, bool) {
	if f.Width < columns || f.Height < rows*heightShare {
		return time.Time{}, false
	}
	var means [rows * columns]int
	low, high := 255, 0
	height := Height(f.Height)
	for i := range means {
		row, column := i/columns, i%columns
		means[i] = mean(f, column*f.Width/columns, (column+1)*f.Width/columns,
			row*height/rows, (row+1)*height/rows)
		low, high = min(low, means[i]), max(high, means[i])
	}
	if high-low < contrast {
		return time.Time{}, false
	}
	var bits [10]byte
	for i, m := range means {
		if m > (low+high)/2 {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	return decode(bits)
}

// mean luma of a block's inner half, away from what the codec smears over its edges.
func mean(f *video.Frame, x0, x1, y0, y1 int) int {
	if w := (x1 - x0) / 4; w > 0 {
		x0, x1 = x0+w, x1-w
	}
	if h := (y1 - y0) / 4; h > 0 {
		y0, y1 = y0+h, y1-h
	}
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range f.Y[y*f.StrideY+x0 : y*f.StrideY+x1] {
			sum += int(v)
		}
	}
	return sum / max(1, (x1-x0)*(y1-y0))
}

func encode(t time.Time) (bits [10]byte) {
	binary.BigEndian.PutUint64(bits[:], uint64(t.UnixMicro()))
	binary.BigEndian.PutUint16(bits[8:], crc16(bits[:8]))
	return bits
}

func decode(bits [10]byte) (time.Time, bool) {
	if binary.BigEndian.Uint16(bits[8:]) != crc16(bits[:8]) {
		return time.Time{}, false
	}
	t := time.UnixMicro(int64(binary.BigEndian.Uint64(bits[:])))
	// The checksum alone lets one picture in 65536 pass by chance; a moment outside of these years was never drawn.
	if year := t.Year(); year < 2000 || year > 2200 {
		return time.Time{}, false
	}
	return t, true
}

func bit(bits [10]byte, i int) bool { return bits[i/8]&(0x80>>(i%8)) != 0 }

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// crc16 is CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, v := range b {
		crc ^= uint16(v) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
