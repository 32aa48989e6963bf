package store

import (
	"github.com/crmcp/crmcp/schema"
)

// Record is one record as it stands: the values of its fields by name, in
// canonical form (string, bool, int64, schema.Decimal, schema.Date,
// schema.Millis, int64 ids for references, []schema.Participant,
// map[string]any). An empty field is missing from the map.
type Record struct {
	Type   *schema.Type
	ID     int64
	Values map[string]any
}

// Ref names a record to people: what references are shown as.
type Ref struct {
	Type *schema.Type
	ID   int64
	Name string
}

// Key is a record's type and number.
type Key struct {
	Type *schema.Type
	ID   int64
}

// Key identifies the record.
func (r *Record) Key() Key { return Key{r.Type, r.ID} }

// String is the short typed id, such as org_42.
func (k Key) String() string { return k.Type.IDString(k.ID) }

// Text is a field's text; empty where it has none.
func (r *Record) Text(name string) string {
	s, _ := r.Values[name].(string)
	return s
}

// Int is a whole number or the id of a reference; 0 where it has none.
func (r *Record) Int(name string) int64 {
	n, _ := r.Values[name].(int64)
	return n
}

// Decimal is an amount or number; 0 where it has none.
func (r *Record) Decimal(name string) schema.Decimal {
	n, _ := r.Values[name].(schema.Decimal)
	return n
}

// Bool is a truth value; false where it has none.
func (r *Record) Bool(name string) bool {
	b, _ := r.Values[name].(bool)
	return b
}

// Has says whether a field has a value.
func (r *Record) Has(name string) bool { return r.Values[name] != nil }

// Title is what the record is called: its title, or its id where it has none.
func (r *Record) Title() string {
	if s := r.Text(r.Type.Title); s != "" {
		return s
	}
	return r.Key().String()
}

// exists says whether a record is there, in the trash or not.
func (tx *Tx) exists(key Key) (bool, error) {
	var one int
	return tx.one("SELECT 1 FROM "+key.Type.Name+" WHERE id = ?", []any{key.ID}, &one)
}
