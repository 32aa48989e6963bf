package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/crmcp/crmcp/exchange"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// writeCase is a call that writes; arguments of different numbers make
// different records.
type writeCase struct {
	name, tool string
	reach      reach
	arguments  func(n int64) map[string]any
}

var createReach = reach{ratio: 2.5}

func (b *bench) writes() []writeCase {
	unique := func(n int64) string { return fmt.Sprintf("%d-%d", time.Now().UnixNano(), n) }
	return []writeCase{
		{"create an organization", "create_organization", createReach, func(n int64) map[string]any {
			return map[string]any{"name": "Bench " + unique(n), "city": "Utrecht", "country": "NL", "website": unique(n) + ".example", "tags": []string{"campaign-7"}}
		}},
		{"create a contact with e-mail, phone and organization", "create_contact", createReach, func(n int64) map[string]any {
			return map[string]any{"first_name": "Ada", "last_name": "Bench" + unique(n), "emails": []string{unique(n) + "@bench.example"},
				"phones": []string{"+31 30 2345678"}, "organization": fmt.Sprintf("org_%d", b.some(n))}
		}},
		{"create a deal with organization and contact", "create_deal", createReach, func(n int64) map[string]any {
			return map[string]any{"name": "Bench " + unique(n), "value": 1_200, "organization": fmt.Sprintf("org_%d", b.some(n)),
				"contacts": []string{fmt.Sprintf("con_%d", b.some(n))}}
		}},
		{"create a note on an organization", "add_note", createReach, func(n int64) map[string]any {
			return map[string]any{"body": "They want a customer reference " + unique(n), "to": []string{fmt.Sprintf("org_%d", b.some(n))}}
		}},
		{"update an organization", "update_organization", createReach, func(n int64) map[string]any {
			return map[string]any{"id": fmt.Sprintf("org_%d", b.some(n)), "city": "Bench " + unique(n)}
		}},
		{"update a deal's stage", "update_deal", createReach, func(n int64) map[string]any {
			return map[string]any{"id": fmt.Sprintf("deal_%d", 2*b.some(n)), "stage": fmt.Sprintf("stage_%d", 1+n%5), "value": time.Now().UnixNano() % 1_000_000}
		}},
	}
}

// write measures calls that write beside the same statements through the bare
// driver, each side with its own commit and its own copy of the database, in
// which the same rows stand before and after.
func (b *bench) write(ctx context.Context) error {
	copied := b.path + ".copy"
	if err := b.db.Close(); err != nil {
		return err
	}
	b.bare.close()
	if err := copyFile(b.path, copied); err != nil {
		return err
	}
	defer removeDatabase(copied)
	again, err := openBench(ctx, b.settings, b.count)
	if err != nil {
		return err
	}
	b.db, b.service, b.bare, b.recorder = again.db, again.service, again.bare, again.recorder
	other, err := openBare(ctx, copied)
	if err != nil {
		return err
	}
	defer other.close()
	for _, c := range b.writes() {
		if err := b.writeOne(ctx, c, other); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return b.inBulk(ctx, other)
}

func (b *bench) writeOne(ctx context.Context, c writeCase, other *bare) error {
	r := result{name: c.name, reach: c.reach}
	var last []statement
	for n := range int64(b.settings.rounds + 1) {
		arguments := c.arguments(n)
		var called time.Duration
		statements, err := b.recorder.of(func() error {
			began := time.Now()
			_, err := b.call(ctx, c.tool, arguments)
			called = time.Since(began)
			return err
		})
		if err != nil {
			return err
		}
		bare, err := other.write(ctx, statements)
		if err != nil {
			return err
		}
		if n > 0 {
			r.tool, r.bare = append(r.tool, called), append(r.bare, bare)
		}
		last = statements
	}
	r.note = fmt.Sprintf("%d statements", len(last))
	b.add(r)
	if b.settings.explain {
		return other.explain(ctx, last)
	}
	return nil
}

// inBulk writes records of one transaction, where the commit costs little.
func (b *bench) inBulk(ctx context.Context, other *bare) error {
	records := min(1_000, 20*b.settings.rounds)
	create := func(tx *store.Tx) error {
		for n := range records {
			in := &schema.Input{Type: tx.Schema().Type("contact"), Values: map[string]any{"first_name": "Ada", "last_name": fmt.Sprintf("Bulk%d", n),
				"email": fmt.Sprintf("bulk%d-%d@bench.example", time.Now().UnixNano(), n)}}
			if _, err := tx.Create(in, store.WriteOptions{}); err != nil {
				return err
			}
		}
		return nil
	}
	caller := b.caller
	caller.Tool = "bench"
	r := result{name: fmt.Sprintf("create %d contacts in one transaction, a record", records), reach: createReach}
	for range 5 {
		var took time.Duration
		statements, err := b.recorder.of(func() error {
			began := time.Now()
			err := b.db.Update(ctx, caller, create)
			took = time.Since(began)
			return err
		})
		if err != nil {
			return err
		}
		bare, err := other.write(ctx, statements)
		if err != nil {
			return err
		}
		r.tool, r.bare = append(r.tool, took/time.Duration(records)), append(r.bare, bare/time.Duration(records))
		r.note = fmt.Sprintf("%.1f statements a record", float64(len(statements))/float64(records))
	}
	b.add(r)
	return nil
}

// imports measures an import of contacts with history and full text into a
// copy of the small database.
func (b *bench) imports(ctx context.Context) error {
	organizations := cmp.Or(b.settings.small, b.count)
	if err := makeDatabase(ctx, b.settings.path(organizations), organizations); err != nil {
		return err
	}
	settings := b.settings
	settings.database, settings.organizations = b.settings.path(organizations)+".copy", organizations
	removeDatabase(settings.database)
	if err := copyFile(b.settings.path(organizations), settings.database); err != nil {
		return err
	}
	defer removeDatabase(settings.database)
	other, err := openBench(ctx, settings, organizations)
	if err != nil {
		return err
	}
	r, err := other.importInto(ctx)
	b.add(r)
	return errors.Join(err, other.close())
}

func (b *bench) importInto(ctx context.Context) (r result, err error) {
	rows := b.settings.imported
	var file bytes.Buffer
	file.WriteString("first_name,last_name,email,phone,job_title,city,country,organization\n")
	for n := range rows {
		organization := b.some(int64(n / contactsEach))
		v := newCluster(b.db.Schema(), b.count+int64(n/contactsEach)).contacts[n%contactsEach].record
		fmt.Fprintf(&file, "%s,%s,import%d@bench.example,%s,%s,%s,%s,org_%d\n", v.Text("first_name"), v.Text("last_name"), n,
			v.Text("phone"), v.Text("job_title"), v.Text("city"), v.Text("country"), organization)
	}
	caller := b.caller
	caller.Tool = "import"
	b.recorder.on = b.settings.explain
	used := processorTime()
	began := time.Now()
	report, err := exchange.ImportCSV(ctx, b.db, caller, b.db.Schema().Type("contact"), &file, exchange.Options{})
	if err != nil {
		return r, err
	}
	took := time.Since(began)
	processor := processorTime() - used
	b.recorder.tell(rows)
	perSecond := float64(report.Created) / took.Seconds()
	what := fmt.Sprintf("%.0f rows a second (%d created, %d refused, %s, %s of processor time a row)", perSecond, report.Created, len(report.Refused), short(took), short(processor/time.Duration(rows)))
	return fact(fmt.Sprintf("import of %d contacts with e-mail and organization", rows), "≥ 10,000 rows a second", what, perSecond >= 10_000), nil
}

// copyFile copies a database that nobody has open.
func copyFile(from, to string) (err error) {
	removeDatabase(to)
	in, err := os.Open(from) //nolint:gosec // the path is our own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to) //nolint:gosec // the path is our own
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func removeDatabase(path string) {
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + end)
	}
}
