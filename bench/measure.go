package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// bench is one open database and what measures it.
type bench struct {
	settings settings
	path     string
	// count is how many organizations the database has.
	count    int64
	db       *store.DB
	service  *tools.Service
	caller   store.Caller
	recorder *recorder
	bare     *bare
	results  []result
}

// statement is one statement that the store ran.
type statement struct {
	query string
	args  []any
}

// recorder keeps the statements of one call while it is on.
type recorder struct {
	on         bool
	statements []statement
}

func (r *recorder) hear(query string, args []any) {
	if r.on {
		r.statements = append(r.statements, statement{query, slices.Clone(args)})
	}
}

// of gives the statements that a call runs.
func (r *recorder) of(call func() error) ([]statement, error) {
	r.on, r.statements = true, nil
	err := call()
	r.on = false
	return r.statements, err
}

// tell shows how often each statement ran for one of so many records.
func (r *recorder) tell(records int) {
	counts := map[string]int{}
	for _, s := range r.statements {
		counts[s.query]++
	}
	for _, query := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] }) {
		progress("  %6.2f a record: %.200s", float64(counts[query])/float64(records), query)
	}
	r.on, r.statements = false, nil
}

func openBench(ctx context.Context, s settings, organizations int64) (*bench, error) {
	path := s.path(organizations)
	if err := makeDatabase(ctx, path, organizations); err != nil {
		return nil, err
	}
	b := &bench{settings: s, path: path, count: organizations, recorder: &recorder{}}
	var err error
	if b.db, err = store.Open(ctx, path, store.Options{Trace: b.recorder.hear}); err != nil {
		return nil, err
	}
	if b.service, err = tools.New(b.db, tools.Options{Toolsets: "all", MaxText: 8_192}); err != nil {
		return nil, err
	}
	b.caller = store.Caller{User: b.db.Caller(), Client: "bench", Version: "1"}
	b.bare, err = openBare(ctx, path)
	return b, err
}

func (b *bench) close() error {
	b.bare.close()
	return b.db.Close()
}

// call calls a tool and gives its answer.
func (b *bench) call(ctx context.Context, tool string, arguments map[string]any) (*tools.Answer, error) {
	data, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}
	answer := b.service.Call(ctx, b.caller, tool, data)
	if answer.IsError {
		return nil, fmt.Errorf("%s %s: %s", tool, data, answer.Text)
	}
	return answer, nil
}

// samples are times of one thing.
type samples []time.Duration

func (s samples) at(share float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func (s samples) median() time.Duration { return s.at(0.5) }

// readCase is a call that reads. Call number n must ask for something else
// than call number n+1 where it can.
type readCase struct {
	name  string
	reach reach
	// rounds is the most rounds; 0: as the settings have it.
	rounds int
	call   func(ctx context.Context, n int64) error
	// verdict, where set, adds to what was measured.
	note func() string
}

// worthAsking is how long statements must take for the shell to say what C
// takes: it prepares them each time, which takes longer than a short one.
const worthAsking = 2 * time.Millisecond

// read measures cases in turn: the call, then the same statements through the
// bare driver, round after round, and last through the sqlite3 shell.
func (b *bench) read(ctx context.Context, cases []readCase) error {
	for _, c := range cases {
		rounds := b.settings.rounds
		if c.rounds > 0 {
			rounds = min(rounds, c.rounds)
		}
		r := result{name: c.name, reach: c.reach}
		var all [][]statement
		for n := range int64(rounds + 1) {
			statements, err := b.recorder.of(func() error { return c.call(ctx, n) })
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			began := time.Now()
			if err := c.call(ctx, n); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			called := time.Since(began)
			bare, err := b.bare.read(ctx, statements)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if n > 0 {
				r.tool, r.bare = append(r.tool, called), append(r.bare, bare)
				all = append(all, statements)
			}
		}
		if r.bare.median() > worthAsking {
			r.shell = shellTime(ctx, b.path, all[:min(len(all), 20)], r.bare.median())
		}
		if c.note != nil {
			r.note = c.note()
		}
		b.add(r)
		if b.settings.explain && !r.reached() {
			if err := b.bare.explain(ctx, all[len(all)-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) add(r result) {
	b.results = append(b.results, r)
	progress("%s", r.line())
}
