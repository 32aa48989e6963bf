package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// writer is a process that writes one record after the other and tells how
// long each took, in nanoseconds a line.
func writer(ctx context.Context, s settings) error {
	b, err := openBench(ctx, s, s.organizations)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	for n := range int64(5 * s.rounds) {
		began := time.Now()
		_, err := b.call(ctx, "create_contact", map[string]any{"first_name": "Two", "last_name": fmt.Sprintf("Writers%d-%d", os.Getpid(), n)})
		if err != nil {
			return errors.Join(err, b.close())
		}
		if err := encoder.Encode(time.Since(began)); err != nil {
			return err
		}
	}
	return b.close()
}

// twoWriters lets two processes write at once.
func (b *bench) twoWriters(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var commands []*exec.Cmd
	var streams []*json.Decoder
	for range 2 {
		command := exec.CommandContext(ctx, self, "-child", "writer", "-db", b.path, "-organizations", fmt.Sprint(b.count), //nolint:gosec // this program itself
			"-rounds", fmt.Sprint(b.settings.rounds))
		command.Stderr = os.Stderr
		out, err := command.StdoutPipe()
		if err != nil {
			return err
		}
		if err := command.Start(); err != nil {
			return err
		}
		commands, streams = append(commands, command), append(streams, json.NewDecoder(bufio.NewReader(out)))
	}
	var times samples
	failed := 0
	for i, command := range commands {
		for streams[i].More() {
			var took time.Duration
			if err := streams[i].Decode(&took); err != nil {
				return err
			}
			times = append(times, took)
		}
		if command.Wait() != nil {
			failed++
		}
	}
	what := fmt.Sprintf("%d failed, p50 %s, p99 %s of %d writes", failed, short(times.median()), short(times.at(0.99)), len(times))
	b.add(fact("two processes writing at once", "0 errors, p99 ≤ 20 ms", what, failed == 0 && times.at(0.99) <= 20*time.Millisecond))
	return nil
}
