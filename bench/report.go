package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// reach is what a case should not exceed; zero values ask for nothing.
type reach struct {
	// ratio is of the call over the bare driver.
	ratio float64
	// median and p95 are of the call.
	median, p95 time.Duration
}

// result is one line of the table. The first four belong to measured calls;
// what, goal and missed to everything else.
type result struct {
	name       string
	reach      reach
	tool, bare samples
	shell      time.Duration
	note       string
	what, goal string
	missed     bool
}

// fact is a result that is no ratio of calls.
func fact(name, goal, what string, reached bool) result {
	return result{name: name, goal: goal, what: what, missed: !reached}
}

func (r result) ratio() float64 { return float64(r.tool.median()) / float64(max(r.bare.median(), 1)) }

func (r result) reachText() string {
	if r.goal != "" {
		return r.goal
	}
	var parts []string
	if r.reach.ratio > 0 {
		parts = append(parts, fmt.Sprintf("≤ %g × bare", r.reach.ratio))
	}
	if r.reach.median > 0 {
		parts = append(parts, "p50 ≤ "+short(r.reach.median))
	}
	if r.reach.p95 > 0 {
		parts = append(parts, "p95 ≤ "+short(r.reach.p95))
	}
	return strings.Join(parts, ", ")
}

func (r result) reached() bool {
	return !r.missed && (r.reach.ratio == 0 || r.ratio() <= r.reach.ratio) &&
		(r.reach.median == 0 || r.tool.median() <= r.reach.median) && (r.reach.p95 == 0 || r.tool.at(0.95) <= r.reach.p95)
}

func (r result) measured() string {
	if r.what != "" {
		return r.what
	}
	text := short(r.tool.median()) + ", p95 " + short(r.tool.at(0.95))
	if r.bare != nil {
		text += fmt.Sprintf("; %.2f × bare (%s)", r.ratio(), short(r.bare.median()))
	}
	if r.shell > 0 {
		text += fmt.Sprintf("; bare %.1f × C (%s)", float64(r.bare.median())/float64(r.shell), short(r.shell))
	}
	if r.note != "" {
		text += "; " + r.note
	}
	return text
}

func (r result) verdict() string {
	switch {
	case r.reachText() == "":
		return ""
	case r.reached():
		return "yes"
	}
	return "**no**"
}

func (r result) line() string {
	return fmt.Sprintf("%-52s %-28s %s %s", r.name, r.reachText(), r.measured(), r.verdict())
}

// short rounds a time to three figures.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1_000)
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1_000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// table writes the results as Markdown.
func table(s settings, results []result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Measured\n\n%s; %s; %s on %s/%s; %d cores; %d organizations, %d contacts, %d deals.\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), processor(), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		s.organizations, s.organizations*contactsEach, s.organizations*dealsEach)
	b.WriteString("\"bare\" is the same SQL through database/sql and the driver; \"C\" is the same through the sqlite3 shell, which also prepares\n" +
		"the statements and writes the rows out, so it is asked where they take longer than 2 ms. Medians of interleaved runs. Ratios hold on other machines, times do not.\n\n")
	b.WriteString("| what | reach | measured | reached |\n|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.name, r.reachText(), r.measured(), r.verdict())
	}
	return b.String()
}

// processor names the machine's processor as the system tells it.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, value, found := strings.Cut(line, ":"); err == nil && found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	if name, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		return strings.TrimSpace(string(name))
	}
	return "unknown processor"
}
