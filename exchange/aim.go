package exchange

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// aimKind is what a column's cells become.
type aimKind int

const (
	nothing        aimKind = iota
	ownField               // the value of a field
	oneReference           // a record named by id, uid, name or e-mail
	externalID             // a record named by its id in the other system
	manyRelated            // a list of references
	oneDetail              // a labelled e-mail, phone or website
	metadataKey            // a key of the metadata
	membershipPart         // the role or title in the organization beside it
	fullName               // first and last name in one
	anyRelated             // a list of references to records of any type that fits
	ownNote                // the text of a note on the record
)

// aim is where a column leads.
type aim struct {
	kind     aimKind
	field    *schema.Field    // ownField, a oneReference that is a field; oneDetail: the list
	relation *schema.Relation // manyRelated, a oneReference that is the only one of many
	to       *schema.Type     // the type of references
	key      string           // label, key of the metadata, role or title
	exact    bool             // the column is spelled as the field
}

// target is the name under which people see an aim.
func (a aim) target() string {
	switch a.kind {
	case oneDetail:
		return a.field.Name + "." + a.key
	case metadataKey:
		return "metadata." + a.key
	case membershipPart:
		return "membership." + a.key
	case externalID:
		return a.base() + "_external_id"
	case anyRelated:
		return to
	case ownNote:
		return "note"
	}
	return a.base()
}

// base is the field or relation that is set.
func (a aim) base() string {
	switch {
	case a.field != nil:
		return a.field.Name
	case a.relation != nil && a.kind != manyRelated:
		return cmp.Or(a.relation.One, a.relation.To.Name)
	case a.relation != nil:
		return a.relation.Name
	}
	return ""
}

// how says in words by what a column was matched.
func (a aim) how() string {
	switch {
	case a.kind == externalID:
		return "external id of " + a.to.Name
	case a.kind == oneDetail:
		return "detail label"
	case a.kind == fullName:
		return "first and last name"
	case a.kind == ownNote:
		return "one note per record"
	case a.exact:
		return "exact"
	}
	return "alias"
}

// aimAt finds what a column or a mapping means by its name. known is true for
// a name that exists but cannot be set.
func aimAt(s *schema.Schema, t *schema.Type, spelling string) (a aim, known bool) {
	if key, ok := strings.CutPrefix(strings.TrimSpace(spelling), "metadata."); ok && key != "" && t.Field("metadata") != nil {
		return aim{kind: metadataKey, field: t.Field("metadata"), key: key}, true
	}
	name := text.FieldName(spelling)
	if name == "" {
		return aim{}, false
	}
	if (name == "note" || name == "notes") && takesNote(t) && t.Field(name) == nil {
		return aim{kind: ownNote}, true
	}
	if a, known = aimAtName(s, t, name); a.kind != nothing || known {
		return a, known
	}
	if a = aimAtDetail(t, name); a.kind != nothing {
		return a, true
	}
	if name == to && isAbout(t) {
		return aim{kind: anyRelated, exact: true}, true
	}
	if base, ok := strings.CutSuffix(name, "_external_id"); ok {
		if a = aimAtReference(s, t, base); a.kind == oneReference {
			a.kind = externalID
			return a, true
		}
	}
	suffixes := []string{"_full_name", "_name", "_email", "_e_mail", "_uid", ""}
	if isAbout(t) {
		suffixes = append(suffixes, "_id")
	}
	for _, suffix := range suffixes {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			if a = aimAtReference(s, t, base); a.kind != nothing {
				return a, true
			}
		}
	}
	return aimAtMembership(t, name), false
}

// aimAtName follows the schema's own spellings.
func aimAtName(s *schema.Schema, t *schema.Type, name string) (a aim, known bool) {
	canonical := t.Canonical(name)
	if canonical == "" {
		return aim{}, false
	}
	if relation, one := t.Settable(canonical); relation != nil {
		a = aim{kind: manyRelated, relation: relation, to: relation.To, exact: canonical == name}
		if one {
			a.kind = oneReference
		}
		return a, true
	}
	f := t.Field(canonical)
	if f != nil && f.Computed && canonical == t.Title && len(t.OneOf) == 2 {
		return aim{kind: fullName, field: f}, true
	}
	if f == nil || !f.Settable(true) {
		return aim{}, true
	}
	a = aim{kind: ownField, field: f, exact: canonical == name}
	if f.Kind == schema.Reference {
		a.kind, a.to = oneReference, s.Type(f.To)
	}
	return a, true
}

// aimAtReference finds a relation to one record by its name, or by a word for
// the type that it leads to: the company of a contact is its organization.
func aimAtReference(s *schema.Schema, t *schema.Type, name string) aim {
	if a, _ := aimAtName(s, t, name); a.kind == oneReference {
		a.exact = false
		return a
	}
	for _, relation := range t.Relations {
		if !relation.Settable || relation.One == "" && !attaches(t, relation) {
			continue
		}
		if relation.To.Plural == name || slices.Contains(relation.To.Aliases, name) || relation.One == "" && relation.To.Name == name {
			return aim{kind: oneReference, relation: relation, to: relation.To}
		}
	}
	return aim{}
}

// aimAtMembership finds the role and title of the membership that a record's
// only organization makes.
func aimAtMembership(t *schema.Type, name string) aim {
	key, whole := strings.CutPrefix(name, "membership_")
	if key != "role" && (key != "title" || !whole) {
		return aim{}
	}
	for _, relation := range t.Relations {
		if relation.Middle != nil && relation.One != "" && relation.Middle.Field(key) != nil {
			return aim{kind: membershipPart, relation: relation, key: key}
		}
	}
	return aim{}
}

// detailWords are the words for the kinds of contact detail, longest first.
var detailWords = []struct{ kind, word string }{
	{"phone", "telephone_number"}, {"phone", "phone_number"}, {"phone", "telephone"}, {"phone", "phones"}, {"phone", "phone"}, {"phone", "tel"},
	{"email", "e_mail_address"}, {"email", "email_address"}, {"email", "emails"}, {"email", "email"}, {"email", "e_mail"}, {"email", "mail"},
	{"website", "websites"}, {"website", "website"}, {"website", "url"}, {"website", "web"},
}

// labelWords are other words for the labels.
var labelWords = map[string]string{
	"cell": "mobile", "cellular": "mobile", "business": "work", "office": "work", "private": "home", "personal": "home",
	"telefax": "fax", "business_fax": "fax", "work_fax": "fax",
}

// bareLabels are those that mean a phone without another word.
var bareLabels = map[string]string{
	"mobile": "mobile", "mobile_number": "mobile", "cell": "mobile", "fax": "fax", "fax_number": "fax", "telefax": "fax",
	"work_fax": "fax", "business_fax": "fax", "service_desk_fax": "service_desk_fax",
}

// aimAtDetail finds the label in names such as fax, mobile_phone, email_work
// and phone_2.
func aimAtDetail(t *schema.Type, name string) aim {
	if label := bareLabels[name]; label != "" {
		return detailAim(t, "phone", label)
	}
	for _, w := range detailWords {
		rest, ok := strings.CutSuffix(name, "_"+w.word)
		if !ok {
			rest, ok = strings.CutPrefix(name, w.word)
			rest = strings.TrimPrefix(rest, "_")
		}
		if !ok {
			continue
		}
		if len(rest) == 1 && rest[0] >= '1' && rest[0] <= '9' {
			rest = "general"
		}
		label := cmp.Or(labelWords[rest], rest)
		if slices.Contains(schema.DetailLabels(w.kind), label) {
			return detailAim(t, w.kind, label)
		}
	}
	return aim{}
}

func detailAim(t *schema.Type, kind, label string) aim {
	list := t.Field(kind + "s")
	if list == nil || list.Kind != schema.DetailList {
		return aim{}
	}
	return aim{kind: oneDetail, field: list, key: label}
}
