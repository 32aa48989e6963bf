package store

import (
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// computations fill in the computed fields that follow from a record's own
// values.
var computations = map[string]func(*Tx, *Record){
	"organization":   (*Tx).computeParty,
	"contact":        (*Tx).computePerson,
	"user":           (*Tx).computePerson,
	"deal":           (*Tx).computeDeal,
	"line":           (*Tx).computeLine,
	"contact_detail": (*Tx).computeDetail,
}

func (tx *Tx) compute(r *Record) {
	if fn := computations[r.Type.Name]; fn != nil {
		fn(tx, r)
	}
	for _, f := range r.Type.Fields {
		if f.Computed && f.Kind == schema.Integer && r.Values[f.Name] == nil {
			r.Values[f.Name] = int64(0)
		}
		if f.Computed && f.Kind == schema.Money && f.Currency == "" && r.Values[f.Name] == nil {
			r.Values[f.Name] = schema.Decimal(0)
		}
	}
}

// put sets a value, or empties it where it is nil or "".
func (r *Record) put(name string, value any) {
	if value == nil || value == "" {
		delete(r.Values, name)
		return
	}
	r.Values[name] = value
}

func (tx *Tx) computeParty(r *Record) {
	r.put("linkedin_public_identifier", text.LinkedInIdentifier(r.Text("linkedin_url")))
	tx.computeAvatar(r)
}

// computeAvatar shows a document as its resource and a URL as it is.
func (tx *Tx) computeAvatar(r *Record) {
	avatar := r.Text("avatar")
	if t, _, ok := tx.Schema().ParseID(avatar); ok && t.Field("content") != nil {
		avatar = "crm://content/" + avatar
	}
	r.put("avatar_url", avatar)
}

func (tx *Tx) computePerson(r *Record) {
	r.put("name", strings.TrimSpace(r.Text("first_name")+" "+r.Text("last_name")))
	if r.Type.Field("linkedin_url") != nil {
		tx.computeParty(r)
		return
	}
	tx.computeAvatar(r)
}

func (tx *Tx) computeDeal(r *Record) {
	r.put("status", nil)
	if stage, err := tx.cached(Key{tx.Schema().Type("stage"), r.Int("stage")}); err == nil {
		r.put("status", stage.Text("kind"))
	}
	r.put("amount", r.Values["value"])
	if r.Values["value"] == nil {
		r.put("amount", r.Values["total_value"])
	}
	r.put("weighted_value", nil)
	if r.Has("amount") && r.Has("probability") {
		share := schema.Decimal(r.Int("probability") * int64(schema.DecimalOne) / 100)
		if weighted, err := r.Decimal("amount").Times(share); err == nil {
			r.put("weighted_value", weighted)
		}
	}
}

// computeLine multiplies quantity, price and discount; a product too large to
// keep was refused before.
func (tx *Tx) computeLine(r *Record) {
	total, err := lineTotal(r.Decimal("quantity"), r.Decimal("unit_price"), r.Decimal("discount_percent"))
	if err == nil {
		r.put("total", total)
	}
}

// lineTotal is quantity times price less the discount, rounded once.
func lineTotal(quantity, price, discount schema.Decimal) (schema.Decimal, error) {
	percentLeft := 100*schema.DecimalOne - discount
	return quantity.Times(price, percentLeft, schema.DecimalOne/100)
}

func (tx *Tx) computeDetail(r *Record) {
	r.put("normal", nil)
	switch r.Text("kind") {
	case "phone":
		if e164, ok := text.Phone(r.Text("value"), tx.company.Text("country")); ok {
			r.put("normal", e164)
		}
	case "email":
		if normal, ok := text.Email(r.Text("value")); ok {
			r.put("normal", normal)
		}
	case "website":
		if domain, ok := text.Domain(r.Text("value")); ok {
			r.put("normal", domain)
		}
	}
}

// cached reads a set-up record that many records of one transaction need.
func (tx *Tx) cached(key Key) (*Record, error) {
	if r := tx.setup[key]; r != nil {
		return r, nil
	}
	r, err := tx.get(key)
	if err == nil && key.Type.Class == schema.Setup {
		tx.setup[key] = r
	}
	return r, err
}
