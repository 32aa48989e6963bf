package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// BenchmarkHistory measures what keeping the history costs: the same writes,
// taken turns, with the change set and its rows and without them. Without them
// is not a way to run: the benchmark forgets what is to be kept just before
// the transaction ends. Noting it down on the way is paid for both times.
//
//	go test ./store -run '^$' -bench History -benchtime 2000x
func BenchmarkHistory(b *testing.B) {
	writes := map[string]func(tx *Tx, n int) error{
		"create": func(tx *Tx, n int) error {
			return tx.benchmarked("contact", 0, map[string]any{"first_name": "Ada", "last_name": fmt.Sprint("Number ", n), "email": fmt.Sprintf("a%d@x.example", n), "organization": "org_1"})
		},
		"update": func(tx *Tx, n int) error {
			return tx.benchmarked("organization", int64(1+n%100), map[string]any{"description": fmt.Sprint("Seen for the time ", n), "city": fmt.Sprint("City ", n)})
		},
		"note": func(tx *Tx, n int) error {
			return tx.benchmarked("note", 0, map[string]any{"body": fmt.Sprint("They asked for an offer, number ", n), "organizations": []any{fmt.Sprintf("org_%d", 1+n%100)}})
		},
	}
	for _, name := range []string{"create", "update", "note"} {
		b.Run(name, func(b *testing.B) {
			f := benchmarkFixture(b)
			var took [2]time.Duration
			for n := 0; b.Loop(); n++ {
				for i, kept := range []bool{n%2 == 0, n%2 == 1} {
					began := time.Now()
					f.update(func(tx *Tx) error {
						err := writes[name](tx, 2*n+i)
						if err == nil && !kept {
							err = tx.settle()
							tx.change = changeSet{}
						}
						return err
					})
					if kept {
						took[0] += time.Since(began)
					} else {
						took[1] += time.Since(began)
					}
				}
			}
			b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs/with")
			b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/without")
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
		})
	}
}

// benchmarkFixture is a database with a hundred organizations.
func benchmarkFixture(b *testing.B) *benchmarkDB {
	b.Helper()
	db, err := Open(b.Context(), b.TempDir()+"/crm.db", Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	f := &benchmarkDB{b, db}
	f.update(func(tx *Tx) error {
		for n := range 100 {
			if err := tx.benchmarked("organization", 0, map[string]any{"name": fmt.Sprint("Company ", n)}); err != nil {
				return err
			}
		}
		return nil
	})
	return f
}

type benchmarkDB struct {
	*testing.B
	db *DB
}

func (f *benchmarkDB) update(fn func(*Tx) error) {
	f.Helper()
	if err := f.db.Update(f.Context(), Caller{Client: "bench", Tool: "bench"}, fn); err != nil {
		f.Fatal(err)
	}
}

// benchmarked creates a record, or changes one.
func (tx *Tx) benchmarked(typ string, id int64, args map[string]any) error {
	var problems schema.Problems
	t := tx.Schema().Type(typ)
	in := tx.Reader(false).Read(t, args, &problems)
	var err error
	if id == 0 {
		_, err = tx.Create(in, WriteOptions{Problems: problems})
	} else {
		_, err = tx.Update(Key{t, id}, in, WriteOptions{Problems: problems})
	}
	return err
}
