package exchange

import (
	"bytes"
	"errors"
	"testing"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// FuzzImportCSV: whatever a file holds, every row is taken or refused with a
// reason, or the file as a whole is refused in words for its sender.
func FuzzImportCSV(f *testing.F) {
	for _, seed := range []string{
		"name,city,emails\nAcme,Paris,info@acme.example\n",
		"Name;Phone;Created at;Tags\nBeta;+31 20 1234567;2026-05-01;\"a;b\"\n",
		"id,uid,name,parent,metadata\norg_1,x,Gamma,Acme,\"{\"\"a\"\":[1]}\"\n",
		"\xef\xbb\xbfname\tannual revenue\nDelta\t1.234,56\n",
		"name,name\n\"unclosed,1\n", "name\n=1+1\n\n,\n", "\xff\xfen\x00a\x00m\x00e\x00\n\x00x\x00", "name,external_source,external_id\nA,shop,7\nA,shop,7\n",
	} {
		f.Add([]byte(seed))
	}
	db, err := store.Open(f.Context(), f.TempDir()+"/crm.db", store.Options{Country: "NL"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, options := range []Options{{DryRun: true}, {DryRun: true, KeepUnmapped: true, IfExists: "skip"}} {
			report, err := ImportCSV(t.Context(), db, store.Caller{Tool: "import"}, db.Schema().Type("organization"), bytes.NewReader(content), options)
			var known *schema.Error
			if err != nil && (!errors.As(err, &known) || known.Code == schema.Internal) {
				t.Errorf("%q: %v", content, err)
			}
			if err != nil {
				continue
			}
			for _, refused := range report.Refused {
				if len(refused.Problems) == 0 {
					t.Errorf("%q: row %d is refused without a reason", content, refused.Row)
				}
			}
		}
	})
}
