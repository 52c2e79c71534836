package roomserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"parley/roomserver/room"
)

// maxLine bounds a line of the console, bytes.
const maxLine = 64 << 10

// Console reads commands, one a line, and writes what comes of them, until ctx or the input ends, or a line says "quit". The
// commands are those of Commands, and help. The goroutine that reads ends with the input only: a read of a terminal cannot
// be broken off. Errors are those of in and out.
func (s *Server) Console(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := make(chan string)
	ended := make(chan error, 1)
	go func() {
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				ended <- nil
				return
			}
		}
		ended <- scanner.Err()
	}()
	for {
		select {
		case line := <-lines:
			line = strings.TrimSpace(line)
			if line == "quit" {
				return nil
			}
			if err := s.consoleLine(line, out); err != nil {
				return err
			}
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// consoleLine carries out one line; its error is that of writing.
func (s *Server) consoleLine(line string, out io.Writer) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	words := split(line)
	if len(words) > 0 && words[0] == "help" {
		return help(out, words[1:])
	}
	if len(words) == 0 {
		return nil
	}
	order, err := parse(line)
	var result any
	if err == nil {
		result, err = s.Moderate().Do(order)
	}
	if err != nil {
		_, err = fmt.Fprintf(out, "error: %v\n", err)
		return err
	}
	return show(out, result)
}

// help lists the commands, or tells all about some.
func help(out io.Writer, names []string) error {
	var failed error
	print := func(format string, args ...any) {
		_, err := fmt.Fprintf(out, format, args...)
		failed = errors.Join(failed, err)
	}
	if len(names) == 0 {
		for _, c := range Commands() {
			print("%s\n", c.Usage())
		}
		print("help COMMAND tells what a command does and what the client should then do; quit ends the console.\n")
		return failed
	}
	for _, name := range names {
		c, ok := find(name)
		if !ok {
			print("error: %v\n", unknown(name))
			continue
		}
		print("%s\n  server: %s\n  client: %s\n", c.Usage(), c.Does, c.Client)
	}
	return failed
}

// show writes a command's result for people.
func show(out io.Writer, result any) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	switch list := result.(type) {
	case []ParticipantInfo:
		fmt.Fprintln(table, "ROOM\tID\tNAME\tSOCKET\tMICROPHONE\tCAMERA\tSENDS\tROLE")
		for _, p := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Room, p.ID, p.Name, or(p.Socket, "gone"),
				switched(p.State.Microphone, p.State.MicForced), switched(p.State.Camera, p.State.CamForced), sends(p.State), role(p))
		}
	case []SocketInfo:
		fmt.Fprintln(table, "SOCKET\tADDRESS\tUSERS\tREQUESTS")
		for _, s := range list {
			var counts []string
			for _, method := range slices.Sorted(maps.Keys(s.Requests)) {
				counts = append(counts, fmt.Sprintf("%s %d", method, s.Requests[method]))
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.ID, s.Address, strings.Join(s.Users, " "), strings.Join(counts, ", "))
		}
	default:
		fmt.Fprintln(table, "done")
	}
	return table.Flush() // keeps the first error
}

func switched(on, forced bool) string {
	switch {
	case forced:
		return "forced off"
	case on:
		return "on"
	}
	return "off"
}

// sends tells what arrives from a participant: his picture, and what he presents.
func sends(s room.State) string {
	var list []string
	for _, v := range []*room.Sent{s.Video, s.Presentation} {
		if v != nil {
			list = append(list, fmt.Sprintf("%dx%d at %d kbit/s", v.Width, v.Height, (v.Bitrate+500)/1000))
		}
	}
	return or(strings.Join(list, " and "), "no video")
}

func role(p ParticipantInfo) string {
	s := p.State.Spectator
	switch {
	case s == nil && p.State.Moderator:
		return "moderator"
	case s == nil:
		return "participant"
	case s.Audio == "":
		return fmt.Sprintf("spectator_synthetic, mode %d", s.Mode)
	case s.Receiving:
		return fmt.Sprintf("spectator, mode %d, receiving %s", s.Mode, s.Quality)
	}
	return fmt.Sprintf("spectator, mode %d", s.Mode)
}
