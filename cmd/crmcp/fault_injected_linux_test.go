//go:build faults

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The system refuses one write after another, or the program is killed at it.
// What was acknowledged stands, what was refused does not, and nothing is half
// written, whichever of the writes it was.
func TestFaultAtEachWrite(t *testing.T) {
	in := newInjection(t)
	writes, flushes := in.plan(t)
	t.Logf("the scenario has %d writes and %d flushes, cuts and removals of files", writes, flushes)
	step := max(1, writes/roundsOf(t, 12, 1_000))
	for _, fault := range []string{"error=EIO", "error=ENOSPC", "signal=KILL"} {
		t.Run(fault, func(t *testing.T) {
			for n := 1; n <= writes && !t.Failed(); n += step {
				in.run(t, "pwrite64", fault, n)
			}
			for n := 1; n <= flushes && !t.Failed() && fault != "error=ENOSPC"; n++ {
				in.run(t, "fsync,fdatasync,ftruncate,unlink", fault, n)
			}
			t.Log(in.summary())
		})
	}
}

// injection is one scenario, run again and again under strace.
type injection struct {
	program, base string
	// What has come of it: faults that happened, writes that were acknowledged,
	// refused (some because the disk was full) or of unknown outcome.
	hit, acknowledged, refused, full, unknown int
}

func newInjection(t *testing.T) *injection {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not here (apt-get install strace): nothing refuses the writes")
	}
	if out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "-e", "inject=getpid:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v %s", err, out)
	}
	in := &injection{program: buildProgram(t, ""), base: filepath.Join(t.TempDir(), "base.db")}
	for _, arguments := range [][]string{{"create_organization", "name=Old", "tags=VIP"}, {"create_contact", "first_name=Old", "last_name=One"}, {"create_contact", "first_name=Old", "last_name=Two"}} {
		if out, err := exec.Command(in.program, append([]string{"call", "--db", in.base}, arguments...)...).CombinedOutput(); err != nil {
			t.Fatal(string(out), err)
		}
	}
	return in
}

// happening is one call of the scenario, and how to see whether it is done:
// words that an answer to look has then, and has not before.
type happening struct {
	tool      string
	arguments map[string]any
	look      string
	looked    map[string]any
	done      string
}

func scenario() []happening {
	contacts := func(filter string) map[string]any {
		return map[string]any{"filter": filter, "fields": []string{"id"}}
	}
	return []happening{
		{"create_contact", map[string]any{"first_name": "Ada", "email": "ada@x.example", "organization": "Old", "tags": []string{"VIP"}, "note": "met"},
			"list_contacts", contacts(`email = "ada@x.example" and organization = org_1 and tags has "VIP" and exists(notes where body = "met")`), `"total":1,`},
		{"update_organization", map[string]any{"id": "org_1", "name": "New", "industry": "Tools"},
			"list_organizations", contacts(`name = "New" and industry = "Tools"`), `"total":1,`},
		{"batch", map[string]any{"steps": []map[string]any{{"tool": "create_deal", "arguments": map[string]any{"name": "D", "value": 5}},
			{"tool": "create_task", "arguments": map[string]any{"name": "T", "deals": []string{"$1.id"}}}}},
			"list_tasks", contacts(`name = T and exists(deals where name = D and value = 5)`), `"total":1,`},
		{"merge_records", map[string]any{"winner": "con_1", "losers": []string{"con_2"}}, "list_contacts", contacts("last_name = Two"), `"total":0,`},
		{"delete_records", map[string]any{"ids": []string{"con_1"}}, "list_contacts", contacts("last_name = One"), `"total":0,`},
	}
}

// plan runs the scenario unharmed and counts the calls of the system.
func (in *injection) plan(t *testing.T) (writes, flushes int) {
	t.Helper()
	log := in.traced(t, "", nil)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	writes = strings.Count(string(text), "pwrite64(")
	flushes = len(regexp.MustCompile(`(?:fsync|fdatasync|ftruncate|unlink)\(`).FindAll(text, -1))
	if writes < 50 || flushes < 5 {
		t.Fatalf("only %d writes and %d flushes were seen: the tracing does not work", writes, flushes)
	}
	return writes, flushes
}

// run runs the scenario with a fault at the nth of some calls of the system.
func (in *injection) run(t *testing.T, calls, fault string, n int) {
	t.Helper()
	answers := map[int]answered{}
	log := in.traced(t, fmt.Sprintf("inject=%s:%s:when=%d", calls, fault, n), answers)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "(INJECTED)") || strings.Contains(string(text), "killed by SIGKILL") {
		in.hit++
	}
	path := filepath.Join(filepath.Dir(log), "crm.db")
	s := startServing(t, exec.Command(in.program, "serve", "--toolsets", "all", "--db", path))
	for i, step := range scenario() {
		seen, ok := s.call(step.look, step.looked)
		if !ok || seen.isError {
			t.Fatalf("%s at %s %d: reading fails after it: %s", fault, calls, n, seen.text)
		}
		in.judge(t, fmt.Sprintf("%s at %s %d: step %d %s", fault, calls, n, i+1, step.tool), answers, i+1, strings.Contains(seen.text, step.done))
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	checkDeep(t, path)
	if err := os.RemoveAll(filepath.Dir(log)); err != nil {
		t.Error(err)
	}
}

// judge compares what was answered with what is there.
func (in *injection) judge(t *testing.T, what string, answers map[int]answered, id int, done bool) {
	t.Helper()
	one, was := answers[id]
	switch {
	case !was:
	case !one.isError:
		in.acknowledged++
		if !done {
			t.Errorf("%s was acknowledged and is lost", what)
		}
	case strings.Contains(one.text, `"unknown_outcome"`):
		in.unknown++
	default:
		in.refused++
		if strings.Contains(one.text, "is full") {
			in.full++
			wantInText(t, one.text, "crm.db", "bytes are free", "nothing was written")
		}
		if done {
			t.Errorf("%s was refused and stands: %s", what, one.text)
		}
	}
}

func (in *injection) summary() string {
	text := fmt.Sprintf("%d faults happened: %d writes acknowledged, %d refused (%d of them: disk full), %d with unknown outcome",
		in.hit, in.acknowledged, in.refused, in.full, in.unknown)
	*in = injection{program: in.program, base: in.base}
	return text
}

// traced runs the scenario on a copy of the database under strace and notes
// the answers; it gives strace's log. One processor makes nearly all calls of
// the system come from one thread, which is what strace counts by.
func (in *injection) traced(t *testing.T, inject string, answers map[int]answered) string {
	t.Helper()
	folder := t.TempDir()
	path, log := filepath.Join(folder, "crm.db"), filepath.Join(folder, "log")
	content, err := os.ReadFile(in.base)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"-f", "-qq", "-o", log, "-e", "trace=pwrite64,fsync,fdatasync,ftruncate,unlink", "-P", path, "-P", path + "-wal", "-P", path + "-shm"}
	if inject != "" {
		arguments = append(arguments, "-e", inject)
	}
	cmd := exec.Command("strace", append(arguments, in.program, "serve", "--toolsets", "all", "--db", path)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	s := startServing(t, cmd)
	for i, step := range scenario() {
		one, ok := s.call(step.tool, step.arguments)
		if !ok {
			break
		}
		if answers == nil && one.isError {
			t.Fatal(step.tool, one.text)
		}
		if answers != nil {
			answers[i+1] = one
		}
	}
	_ = s.end()
	return log
}
