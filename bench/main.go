// Command bench makes a database of believable records and measures what the
// program does with it: beside the same SQL through the bare driver, and
// through the sqlite3 shell where there is one. It prints ratios, which hold
// on other machines; times do not.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// settings are the flags.
type settings struct {
	organizations int64
	small         int64
	database      string
	rounds        int
	write         bool
	explain       bool
	imported      int
	only          string
	profile       string
	load          time.Duration
	clients       int
}

func main() {
	var s settings
	child := flag.String("child", "", "internal: be the process that is measured (echo, writer, http, guarded)")
	flag.Int64Var(&s.organizations, "organizations", 100_000, "how many organizations; five contacts and two deals each come with them")
	flag.Int64Var(&s.small, "small", 10_000, "how many organizations the database has from which growth is measured; 0: no growth")
	flag.StringVar(&s.database, "db", "", "the database file; made if it is not there (default in the temporary folder)")
	flag.IntVar(&s.rounds, "rounds", 60, "how often each case is measured")
	flag.BoolVar(&s.write, "write", false, "write the table to bench/RESULTS.md as well")
	flag.BoolVar(&s.explain, "explain", false, "show the plan of the slowest statement of each case that misses its reach")
	flag.IntVar(&s.imported, "import", 100_000, "how many contacts are imported")
	flag.StringVar(&s.only, "only", "", "run only the groups named: verify, get, list, filter, search, write, writers, import, backup, process, http, load, growth")
	flag.DurationVar(&s.load, "load", time.Minute, "how long clients with a key each call over HTTP")
	flag.IntVar(&s.clients, "clients", 200, "how many they are")
	flag.StringVar(&s.profile, "cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	debug.SetGCPercent(400) // as crmcp itself does
	if err := run(context.Background(), s, *child); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// path is where the database of so many organizations lies.
func (s settings) path(organizations int64) string {
	if s.database != "" && organizations == s.organizations {
		return s.database
	}
	return filepath.Join(os.TempDir(), "crmcp-bench", fmt.Sprintf("%d.db", organizations))
}

var began = time.Now()

// progress tells on standard error what is being done.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(began).Round(time.Second), fmt.Sprintf(format, args...))
}
