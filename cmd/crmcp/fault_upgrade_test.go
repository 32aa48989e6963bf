//go:build faults

package main

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// A newer program upgrades the file while an older one is running: whatever
// that is asked for it answers that it must be restarted, and changes nothing.
// It does not start again on the newer file, and the backup of before is its.
func TestFaultUpgradedUnderway(t *testing.T) {
	newer, path := buildProgram(t, "crmcp_next_generation"), filepath.Join(t.TempDir(), "crm.db")
	old := serveDatabase(t, path)
	if one, ok := old.call("create_contact", map[string]any{"first_name": "Ada", "email": "ada@x.example"}); !ok || one.isError {
		t.Fatal(one.text)
	}
	if out, err := exec.Command(newer, "call", "create_contact", "first_name=Grace", "--db", path).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	before := databaseText(t, newer, path)
	for _, tool := range tools.Catalog(schema.New()) {
		one, ok := old.call(tool.Name, nil)
		if !ok {
			t.Fatal("the older program has ended")
		}
		if !one.isError || !strings.Contains(one.text, `"conflict"`) || !strings.Contains(one.text, "restart this client") {
			t.Errorf("%s: %s", tool.Name, one.text)
		}
	}
	if one, ok := old.call("create_contact", map[string]any{"first_name": "Eve"}); !ok || !strings.Contains(one.text, "restart this client") {
		t.Error(one.text)
	}
	if err := old.end(); err != nil {
		t.Error(err)
	}
	if after := databaseText(t, newer, path); after != before {
		t.Errorf("the older program has written:\n%s\n%s", before, after)
	}
	out, err := exec.Command("crmcp", "serve", "--db", path).CombinedOutput()
	if err == nil {
		t.Error("a file of a newer program is served")
	}
	wantInText(t, string(out), path, "was written by a newer crmcp", "update this program")
	saved, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "backups", "crm-before-generation-*.db"))
	if len(saved) != 1 {
		t.Fatal("backups before the upgrade: ", saved)
	}
	if text := databaseText(t, "crmcp", saved[0]); !strings.Contains(text, "Ada") || strings.Contains(text, "Grace") {
		t.Error("the backup before the upgrade holds ", text)
	}
}

// An upgrade is killed at one system call after another: the file is of the old
// form or of the new one, whole, and the next upgrade ends it.
func TestFaultUpgradeKilled(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not here (apt-get install strace): nothing kills the upgrade at a chosen call")
	}
	const calls = "pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat,renameat2"
	program, base := buildProgram(t, ""), filepath.Join("..", "..", "store", "testdata", "generation1.db.gz")
	total := strings.Count(upgradeTraced(t, program, unzipped(t, base), calls, 0), "\n")
	if total < 100 {
		t.Fatalf("only %d calls were seen: the tracing does not work", total)
	}
	states := map[int]int{}
	rounds := roundsOf(t, 10, 150)
	for round := range rounds {
		path := unzipped(t, base)
		upgradeTraced(t, program, path, calls, 1+round*total/rounds)
		plan, err := store.PlanUpgrade(t.Context(), path)
		if err != nil {
			t.Fatalf("killed at call %d: %v", 1+round*total/rounds, err)
		}
		states[plan.From]++
		if plan.From != 1 && plan.From != store.Generation || plan.From == store.Generation && len(plan.Missing) > 0 {
			t.Errorf("killed at call %d the file is of generation %d and lacks %v", 1+round*total/rounds, plan.From, plan.Missing)
		}
		if out, err := exec.Command(program, "migrate", "--yes", "--db", path).CombinedOutput(); err != nil {
			t.Errorf("killed at call %d it cannot be upgraded: %s", 1+round*total/rounds, out)
		}
		checkDeep(t, path)
		if text := databaseText(t, program, path); !strings.Contains(text, "Lovelace") || !strings.Contains(text, "Hopper") {
			t.Error("records are gone: ", text)
		}
	}
	t.Logf("%d kills among %d calls of the system: the file was of generation %v afterwards, whole each time", rounds, total, states)
}

// unzipped is a copy of a packed database to work on.
func unzipped(t *testing.T, file string) string {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "crm.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// upgradeTraced upgrades a file under strace, which kills the program at the
// nth of some calls (0: never), and gives what strace saw.
func upgradeTraced(t *testing.T, program, path, calls string, n int) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	arguments := []string{"-f", "-qq", "-o", log, "-e", "trace=" + calls}
	if n > 0 {
		arguments = append(arguments, "-e", "inject="+calls+":signal=KILL:when="+strconv.Itoa(n))
	}
	cmd := exec.Command("strace", append(arguments, program, "migrate", "--yes", "--db", path)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	if out, err := cmd.CombinedOutput(); err != nil && n == 0 {
		t.Skipf("strace may not trace here: %v %s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// buildProgram builds the program for one test, with build tags.
func buildProgram(t *testing.T, tags string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "crmcp")
	if out, err := exec.Command("go", "build", "-tags", tags, "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("building with %s: %v\n%s", tags, err, out)
	}
	return file
}
