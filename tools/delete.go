package tools

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

const maxDeleted = 100

func deleteRecords() *Tool {
	return &Tool{Name: "delete_records", Title: "Delete records", Set: "records", Core: true, Mode: Destroy, Role: schema.Member, Confirms: true,
		Description: "Move 1-100 records of any types to the trash; undo or restore_records brings them back.",
		In: []Arg{
			{Name: "ids", Kind: Strings, Required: true, Aliases: []string{"id", "records", "record"}},
			{Name: "dry_run", Kind: Boolean, Doc: "says what hangs on them"},
			{Name: "confirm"},
		},
		Out: wroteSeveral(), Run: runDelete}
}

func runDelete(c *Call) (*Object, error) {
	keys := c.References("ids")
	if err := c.atMost("ids", len(keys), maxDeleted); err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	trashed, err := c.Tx.Delete(keys)
	if err != nil {
		return nil, err
	}
	o, err := c.WroteMany(trashed.Records, Named)
	if err != nil {
		return nil, err
	}
	hang(o, trashed)
	c.Warn(trashed.Warnings...)
	preview := (&Object{}).Set("count", len(keys)).Set("records", sample(o))
	return o, c.Confirm(len(keys), fmt.Sprintf("this would delete %d records", len(keys)), preview)
}

// hang adds to each record what stays and stops showing it.
func hang(o *Object, trashed *store.Trashed) {
	records, _ := o.Get("records").([]*Object)
	for i, record := range records {
		if i < len(trashed.Hanging) {
			record.Put("linked", trashed.Hanging[i])
		}
	}
}

// sample is the beginning of an answer's records, for a preview.
func sample(o *Object) []*Object {
	records, _ := o.Get("records").([]*Object)
	return records[:min(len(records), sampleSize)]
}

// atMost refuses a list that is too long for one call.
func (c *Call) atMost(name string, count, limit int) error {
	if count <= limit {
		return nil
	}
	return schema.Errorf(schema.TooLarge, "%s has %d entries; at most %d fit in one call", c.Path(name), count, limit)
}

func restoreRecords() *Tool {
	return &Tool{Name: "restore_records", Title: "Restore records", Set: "records", Mode: Write, Idempotent: true,
		Description: "Bring records back from the trash, with their links, by id or name.",
		In:          []Arg{{Name: "ids", Kind: Strings, Required: true, Aliases: []string{"id", "records", "record"}}},
		Out:         wroteSeveral(), Run: runRestore}
}

func runRestore(c *Call) (*Object, error) {
	var keys []store.Key
	for i, reference := range c.List("ids") {
		if key, ok := c.Tx.InTrash(fmt.Sprintf("%s[%d]", c.Path("ids"), i), reference, &c.Problems); ok {
			keys = append(keys, key)
		}
	}
	if err := c.atMost("ids", len(keys), maxDeleted); err != nil || len(c.Problems) > 0 {
		return nil, err
	}
	restored, err := c.Tx.Restore(keys)
	if err != nil {
		return nil, err
	}
	c.Warn(restored.Warnings...)
	return c.WroteMany(restored.Records, Short)
}
