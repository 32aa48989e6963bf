package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"
)

func run(ctx context.Context, s settings, child string) error {
	switch child {
	case "":
	case "echo":
		return echo()
	case "writer":
		return writer(ctx, s)
	case "http":
		return serveHTTP(ctx, s)
	case "guarded":
		return serveGuarded(ctx, s)
	default:
		return fmt.Errorf("no such child process: %s", child)
	}
	if s.profile != "" {
		file, err := os.Create(s.profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	results, err := measureAll(ctx, s)
	fmt.Print(table(s, results))
	if err != nil || !s.write {
		return err
	}
	return os.WriteFile(filepath.Join("bench", "RESULTS.md"), []byte(table(s, results)), 0o600)
}

// group is a part of the measuring that can be run alone.
type group struct {
	name string
	run  func(ctx context.Context, b *bench) error
}

func groups() []group {
	return []group{
		{"verify", func(ctx context.Context, b *bench) error { return verify(ctx, b.db, b.count) }},
		{"get", func(ctx context.Context, b *bench) error { return b.read(ctx, b.gets()) }},
		{"list", func(ctx context.Context, b *bench) error { return b.read(ctx, b.lists()) }},
		{"filter", func(ctx context.Context, b *bench) error { return b.read(ctx, b.filters()) }},
		{"search", func(ctx context.Context, b *bench) error { return b.read(ctx, b.searches()) }},
		{"write", func(ctx context.Context, b *bench) error { return b.write(ctx) }},
		{"writers", func(ctx context.Context, b *bench) error { return b.twoWriters(ctx) }},
		{"import", func(ctx context.Context, b *bench) error { return b.imports(ctx) }},
		{"backup", func(ctx context.Context, b *bench) error { return b.backups(ctx) }},
		{"process", func(ctx context.Context, b *bench) error { return b.processes(ctx) }},
		{"http", func(ctx context.Context, b *bench) error { return b.overHTTP(ctx) }},
		{"load", func(ctx context.Context, b *bench) error { return b.underLoad(ctx) }},
		{"growth", func(ctx context.Context, b *bench) error { return b.growth(ctx) }},
	}
}

// measureAll runs the groups that are asked for.
func measureAll(ctx context.Context, s settings) (results []result, err error) {
	b, err := openBench(ctx, s, s.organizations)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	wanted := "," + s.only + ","
	for _, g := range groups() {
		if s.only != "" && !strings.Contains(wanted, ","+g.name+",") {
			continue
		}
		if err := g.run(ctx, b); err != nil {
			return b.results, fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return b.results, nil
}

// growth compares the medians of a small database with those of this one.
func (b *bench) growth(ctx context.Context) error {
	if b.settings.small == 0 || b.settings.small >= b.count {
		return nil
	}
	small, err := openBench(ctx, b.settings, b.settings.small)
	if err != nil {
		return err
	}
	defer func() { _ = small.close() }()
	var pairs []result
	for _, cases := range []func(*bench) []readCase{(*bench).gets, (*bench).lists, (*bench).searches} {
		here, there := cases(b), cases(small)
		for i, c := range here {
			r, err := pair(ctx, c, there[i], b.settings.rounds)
			if err != nil {
				return err
			}
			pairs = append(pairs, r)
		}
	}
	for _, r := range pairs {
		b.add(r)
	}
	return nil
}

func pair(ctx context.Context, big, small readCase, rounds int) (result, error) {
	var here, there samples
	for n := range int64(rounds + 1) {
		for _, side := range []struct {
			call  func(context.Context, int64) error
			times *samples
		}{{small.call, &there}, {big.call, &here}} {
			if err := side.call(ctx, n); err != nil {
				return result{}, err
			}
			began := time.Now()
			if err := side.call(ctx, n); err != nil {
				return result{}, err
			}
			if n > 0 {
				*side.times = append(*side.times, time.Since(began))
			}
		}
	}
	ratio := float64(here.median()) / float64(there.median())
	goal := ""
	if big.reach.ratio > 0 || strings.HasPrefix(big.name, "search") {
		goal = "≤ 2 ×"
	}
	return fact("growth: "+big.name, goal, fmt.Sprintf("%.2f × (%s beside %s)", ratio, short(here.median()), short(there.median())), goal == "" || ratio <= 2), nil
}
