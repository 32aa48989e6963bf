package exchange

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/store"
)

// BenchmarkImportContacts reports rows a second of contacts with an
// organization, an owner and contact details.
func BenchmarkImportContacts(b *testing.B) {
	const rows, companies = 2_000, 100
	var organizations, contacts strings.Builder
	organizations.WriteString("external_id,name,city\n")
	for i := range companies {
		fmt.Fprintf(&organizations, "%d,Company %d,Utrecht\n", i, i)
	}
	contacts.WriteString("external_id,first_name,last_name,job_title,email,phone,mobile,organization_external_id,owner\n")
	for i := range rows {
		fmt.Fprintf(&contacts, "%d,First%d,Last%d,Buyer,p%d@company%d.example,+31 20 %07d,+31 6 %08d,%d,me\n", i, i, i, i, i%companies, i, i, i%companies)
	}
	for b.Loop() {
		db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "crm.db"), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ImportCSV(b.Context(), db, store.Caller{}, db.Schema().Type("organization"), strings.NewReader(organizations.String()), Options{}); err != nil {
			b.Fatal(err)
		}
		report, err := ImportCSV(b.Context(), db, store.Caller{}, db.Schema().Type("contact"), strings.NewReader(contacts.String()), Options{})
		if err != nil || report.Created != rows {
			b.Fatal(err, report)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkImportLong reports rows a second of a long file with the columns
// that every address book has. Names repeat as they do among people.
func BenchmarkImportLong(b *testing.B) {
	const rows, companies = 20_000, 2_000
	var organizations, contacts strings.Builder
	organizations.WriteString("name,city\n")
	for i := range companies {
		fmt.Fprintf(&organizations, "Company %d,Utrecht\n", i)
	}
	contacts.WriteString("name,email,organization\n")
	for i := range rows {
		fmt.Fprintf(&contacts, "First%d Last%d,p%d@company%d.example,Company %d\n", i*7919%400, i*7907%5000, i, i%companies, i%companies)
	}
	var spent time.Duration
	for b.Loop() {
		db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "crm.db"), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ImportCSV(b.Context(), db, store.Caller{}, db.Schema().Type("organization"), strings.NewReader(organizations.String()), Options{}); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		report, err := ImportCSV(b.Context(), db, store.Caller{}, db.Schema().Type("contact"), strings.NewReader(contacts.String()), Options{})
		spent += time.Since(began)
		if err != nil || report.Created != rows {
			b.Fatal(err, report)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/spent.Seconds(), "rows/s")
}
