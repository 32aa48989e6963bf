package store

import (
	"context"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
)

// location is the time zone that a new company gets.
func (o Options) location() *time.Location {
	if loc, err := time.LoadLocation(o.TimeZone); err == nil && o.TimeZone != "" {
		return loc
	}
	return time.UTC
}

// firstStages are those of the first pipeline.
var firstStages = []struct {
	name, kind  string
	probability int64
}{
	{"Lead", "open", 10}, {"Qualified", "open", 25}, {"Proposal", "open", 50},
	{"Negotiation", "open", 75}, {"Won", "won", 100}, {"Lost", "lost", 0},
}

var firstCategories = []string{"general", "call", "meeting", "e-mail", "decision"}

// seed fills a new database with what every CRM needs: the company, its
// owner, a pipeline and the categories of notes.
func (tx *Tx) seed() error {
	tx.caller = Caller{User: 1, Tool: "new_database"}
	company := map[string]any{"currency": tx.db.options.currency(), "timezone": tx.db.options.location().String(), "week_start": "monday"}
	if tx.db.options.Country != "" {
		company["country"] = tx.db.options.Country
	}
	tx.company = &Record{Type: tx.Schema().Type("company"), ID: 1, Values: company}
	if _, err := tx.seedOne("user", tx.firstUser()); err != nil {
		return err
	}
	if _, err := tx.seedOne("company", company); err != nil {
		return err
	}
	pipeline, err := tx.seedOne("pipeline", map[string]any{"name": "Sales", "position": int64(1)})
	if err != nil {
		return err
	}
	for i, s := range firstStages {
		_, err := tx.seedOne("stage", map[string]any{"name": s.name, "kind": s.kind, "pipeline": pipeline,
			"position": int64(i + 1), "probability": s.probability})
		if err != nil {
			return err
		}
	}
	for _, name := range firstCategories {
		if _, err := tx.seedOne("category", map[string]any{"name": name}); err != nil {
			return err
		}
	}
	return tx.finish()
}

func (tx *Tx) seedOne(typ string, values map[string]any) (int64, error) {
	r := &Record{Type: tx.Schema().Type(typ), Values: values}
	if err := tx.insertRecord(r); err != nil {
		return 0, err
	}
	return r.ID, tx.settle()
}

// firstUser is the owner of a new database: whoever it was opened for.
func (tx *Tx) firstUser() map[string]any {
	first, last, _ := strings.Cut(strings.TrimSpace(tx.db.options.OwnerName), " ")
	values := map[string]any{"role": "admin", "status": "active"}
	email := tx.db.options.User
	if !strings.Contains(email, "@") {
		if email != "" {
			first, last, _ = strings.Cut(email, " ")
		}
		email = ""
	}
	if first == "" {
		first = "Owner"
	}
	values["first_name"] = first
	if last != "" {
		values["last_name"] = strings.TrimSpace(last)
	}
	if email != "" {
		values["email"] = email
	}
	return values
}

// currency is that of a new company.
func (o Options) currency() string {
	if o.Currency != "" {
		return o.Currency
	}
	return "EUR"
}

// identify finds the user on whose behalf this process acts: the one named,
// else the first admin, who is the local owner.
func (db *DB) identify(ctx context.Context, named string) error {
	db.caller = 1
	return db.View(ctx, Caller{}, func(tx *Tx) error {
		user := tx.Schema().Type("user")
		if named == "" {
			_, err := tx.one(firstAdminSQL, nil, &db.caller)
			return err
		}
		var problems schema.Problems
		key, ok := tx.Resolve("user", named, []*schema.Type{user}, Scope{}, &problems)
		if !ok {
			return problems.Err()
		}
		db.caller = key.ID
		r, err := tx.Get(user, key.ID)
		if err == nil && r.Text("status") == "inactive" {
			return schema.Errorf(schema.Forbidden, "%s is inactive and cannot use the CRM", r.Title())
		}
		return err
	})
}
