package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// run runs the program on a database and gives what it says.
func run(t *testing.T, database string, args ...string) string {
	t.Helper()
	out, err := exec.Command("crmcp", append(args, "--db", database)...).CombinedOutput()
	if err != nil {
		t.Fatalf("crmcp %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// A long import that is killed stands as incomplete: the file is whole, the
// same import goes on where it ended, and both can be undone.
func TestAnImportThatIsKilled(t *testing.T) {
	folder := t.TempDir()
	database, file := filepath.Join(folder, "crm.db"), filepath.Join(folder, "people.csv")
	const rows = 1_500
	var b strings.Builder
	b.WriteString("external_id,name,email\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,First%d Last%d,p%d@example.com\n", i, i, i, i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, database, "call", "describe")
	started := exec.Command("crmcp", "import", file, "--type", "contact", "--source", "shop", "--yes", "--db", database)
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	const aPiece = 100_000
	for wrote := int64(0); wrote < aPiece; time.Sleep(time.Millisecond) {
		if log, err := os.Stat(database + "-wal"); err == nil {
			wrote = log.Size()
		}
	}
	if err := started.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := started.Wait(); err == nil {
		t.Fatal("the import ended before it was killed")
	}
	history := run(t, database, "call", "history", "tool=import_records", "limit=1")
	change := regexp.MustCompile(`chg_\d+`).FindString(history)
	if !regexp.MustCompile(`incomplete\W+(true|yes)`).MatchString(history) {
		t.Fatalf("the history does not tell that the import is incomplete: %.500s", history)
	}
	run(t, database, "check", "--deep")

	again := run(t, database, "import", file, "--type", "contact", "--source", "shop", "--yes")
	counts := regexp.MustCompile(`(\d+) created, 0 updated, (\d+) unchanged, 0 skipped, 0 refused`).FindStringSubmatch(again)
	var created, unchanged int
	if len(counts) == 3 {
		_, _ = fmt.Sscan(counts[1]+" "+counts[2], &created, &unchanged)
	}
	if created == 0 || unchanged == 0 || created+unchanged != rows {
		t.Fatalf("the import that goes on says\n%s", again)
	}
	second := regexp.MustCompile(`change (chg_\d+)`).FindStringSubmatch(again)
	for _, one := range []string{second[1], change} {
		run(t, database, "call", "undo", "change="+one)
	}
	if left := run(t, database, "list", "contacts", "--json"); !strings.Contains(left, `"total":0`) {
		t.Errorf("after both undos there are still contacts: %.300s", left)
	}
	run(t, database, "check", "--deep")
}
