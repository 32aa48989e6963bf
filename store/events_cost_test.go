package store

import (
	"fmt"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// BenchmarkWriteWithWebhooks writes contacts with no webhook, one that asks
// for other events, and one that asks for all.
func BenchmarkWriteWithWebhooks(b *testing.B) {
	for _, c := range []struct {
		name   string
		events []string
	}{{"none", nil}, {"other", []string{"deal.won"}}, {"all", []string{"*"}}} {
		b.Run(c.name, func(b *testing.B) { benchmarkWrites(b, c.events) })
	}
}

func benchmarkWrites(b *testing.B, events []string) {
	db, err := Open(b.Context(), b.TempDir()+"/crm.db", Options{OwnerName: "Ada"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	write := func(typ string, caller Caller, args map[string]any) {
		err := db.Update(b.Context(), caller, func(tx *Tx) error {
			var problems schema.Problems
			in := tx.Reader(false).Read(tx.Schema().Type(typ), args, &problems)
			_, err := tx.Create(in, WriteOptions{Problems: problems})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if events != nil {
		write("webhook", Caller{Shell: true}, map[string]any{"url": "https://x.example", "events": events})
	}
	n := 0
	for b.Loop() {
		n++
		write("contact", Caller{}, map[string]any{"first_name": fmt.Sprintf("Ada %d", n), "email": fmt.Sprintf("ada%d@acme.example", n)})
	}
}
