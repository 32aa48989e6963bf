package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// Existing finds the record that an input means when it may be there already:
// by uid, by external id, by e-mail, and organizations then by their own web
// domain and by their exact name; services by their sku and then by their exact
// name; people never by a name alone. A uid or an
// external id that is given decides alone: unknown means a new record. Several
// records that fit, or one in the trash with that uid, are a problem. Where the
// uid or external id is that of a record which was merged into the one found, it
// is taken out of the input: it led there and is not to replace the other's own.
func (tx *Tx) Existing(in *schema.Input, problems *schema.Problems) (Key, bool) {
	key, found, err := tx.existing(in, problems)
	if found && err == nil {
		err = tx.dropMergedKey(in, key)
	}
	if err != nil {
		problems.Add("", "existing records could not be looked up: try again")
	}
	return key, found && err == nil
}

// ExistingOrNamesake finds the record that an input would repeat, for callers
// that leave it as it is: as Existing, and then a contact of the same name in
// the same organization. That is too little to change somebody's record by.
func (tx *Tx) ExistingOrNamesake(in *schema.Input, problems *schema.Problems) (Key, bool) {
	key, found := tx.Existing(in, problems)
	if found || len(*problems) > 0 || in.Has("uid") || in.Has("external_id") || len(in.Type.OneOf) == 0 {
		return key, found
	}
	key, found, err := tx.namesake(in)
	if err != nil {
		problems.Add("", "existing records could not be looked up: try again")
	}
	return key, found && err == nil
}

// namesake finds a person of the same name in one of the organizations that an
// input names; the newest of several.
func (tx *Tx) namesake(in *schema.Input) (Key, bool, error) {
	organizations := tx.Schema().Type("organization")
	relation := in.Type.Relation("organizations")
	var parts []string
	for _, name := range in.Type.OneOf {
		parts = append(parts, inputText(in, name))
	}
	name := strings.TrimSpace(strings.Join(parts, " "))
	if name == "" || relation == nil || len(in.Links[relation.Name]) == 0 {
		return Key{}, false, nil
	}
	named, err := tx.namedOf(in.Type, name, everyMatch)
	if err != nil {
		return Key{}, false, err
	}
	for _, reference := range in.Links[relation.Name] {
		organization, ok := tx.Resolve("", reference, []*schema.Type{organizations}, Scope{}, &schema.Problems{})
		for _, key := range named.best() {
			if !ok {
				break
			}
			var id int64
			found, err := tx.one(`SELECT id FROM membership WHERE organization_id = ? AND contact_id = ? AND deleted_at IS NULL`, []any{organization.ID, key.ID}, &id)
			if err != nil || found {
				return key, found, err
			}
		}
	}
	return Key{}, false, nil
}

func (tx *Tx) existing(in *schema.Input, problems *schema.Problems) (Key, bool, error) {
	uid, external := inputText(in, "uid"), inputText(in, "external_id")
	if uid != "" {
		if key, found, err := tx.existingUID(in.Type, uid, problems); err != nil || found || len(*problems) > 0 {
			return key, found, err
		}
	}
	if external != "" {
		return tx.existingExternal(in.Type, inputText(in, "external_source"), external)
	}
	if uid != "" || !FoundByName(in.Type) {
		return Key{}, false, nil
	}
	if in.Type.Field("sku") != nil {
		return tx.existingService(in, problems)
	}
	addresses := inputDetails(in, "email")
	keys, err := tx.sharing(in.Type, text.KindEmail, addresses)
	if err != nil || len(keys) > 0 {
		return tx.onlyOne("email", strings.Join(addresses, ", "), keys, problems, err)
	}
	if referenceKeys[in.Type.Name] != text.KindDomain {
		return Key{}, false, nil
	}
	return tx.existingOrganization(in, addresses, problems)
}

// FoundByName says that records of a type may be there already by what they are
// called or how they are reached, and not by their uid and external id alone.
func FoundByName(t *schema.Type) bool {
	return t.Field("email") != nil || t.Field("sku") != nil
}

// existingService matches on the sku and then on the exact name; a service of
// that name with another sku is another one.
func (tx *Tx) existingService(in *schema.Input, problems *schema.Problems) (Key, bool, error) {
	sku, name := inputText(in, "sku"), inputText(in, in.Type.Title)
	condition, args := tx.shown(in.Type, "t")
	found := func(where string, values ...any) (matches, error) {
		return tx.matches(in.Type, "SELECT t.id, "+archivedColumn(in.Type)+" FROM "+in.Type.Name+" t WHERE "+where+" AND "+condition, append(values, args...))
	}
	if sku != "" {
		keyed, err := found("t.sku_fold = ?", text.Fold(sku))
		if err != nil || len(keyed.best()) > 0 {
			return tx.onlyOne("sku", sku, keyed.best(), problems, err)
		}
	}
	if name == "" {
		return Key{}, false, nil
	}
	where := "t.name_fold = ?"
	if sku != "" {
		where += " AND t.sku IS NULL"
	}
	named, err := found(where, text.Fold(name))
	return tx.onlyOne(in.Type.Title, name, named.best(), problems, err)
}

func (tx *Tx) existingUID(t *schema.Type, uid string, problems *schema.Problems) (Key, bool, error) {
	var id int64
	var deleted bool
	readable, args := tx.mayRead(t, "t")
	found, err := tx.one("SELECT t.id, t.deleted_at IS NOT NULL FROM "+t.Name+" t WHERE t.uid = ?"+readable, append([]any{uid}, args...), &id, &deleted)
	if err != nil || !found {
		return Key{}, false, err
	}
	if deleted {
		keys, err := tx.standing(t, "t.uid = ?", uid)
		if err != nil {
			return Key{}, false, err
		}
		if len(keys) > 0 {
			return keys[0], true, nil
		}
		problems.Add("uid", "%s has this uid and is in the trash: restore_records brings it back", t.IDString(id))
		return Key{}, false, nil
	}
	return Key{t, id}, true, nil
}

func (tx *Tx) existingExternal(t *schema.Type, source, external string) (Key, bool, error) {
	var id int64
	readable, args := tx.mayRead(t, "t")
	found, err := tx.one("SELECT t.id FROM "+t.Name+" t WHERE coalesce(t.external_source_fold, '') = ? AND t.external_id_fold = ? AND t.external_id IS NOT NULL AND t.deleted_at IS NULL"+
		readable+" ORDER BY t.id LIMIT 1", append([]any{text.Fold(source), text.Fold(external)}, args...), &id)
	if err != nil || found {
		return Key{t, id}, found, err
	}
	return tx.mergedExternal(t, source, external)
}

// WithoutExternal tells of some external ids of a source, folded, whether
// Existing surely finds no record by them, also once the others are written. It
// looks for all at once; where records were merged, which are found by what they
// were called, it is sure of none.
func (tx *Tx) WithoutExternal(t *schema.Type, source string, externals []string) (map[string]bool, error) {
	if t.Merges {
		merged, err := tx.one("SELECT 1 FROM "+t.Name+" WHERE merged_into_id IS NOT NULL LIMIT 1", nil, new(int64))
		if err != nil || merged {
			return nil, err
		}
	}
	without := map[string]bool{}
	readable, mine := tx.mayRead(t, "t")
	args := []any{}
	for _, external := range externals {
		_, twice := without[external]
		without[external] = !twice
		args = append(args, external)
	}
	for some := range slices.Chunk(args, chunk) {
		err := tx.scan("SELECT t.external_id_fold FROM "+t.Name+" t WHERE coalesce(t.external_source_fold, '') = ? AND t.external_id_fold IN ("+placeholders(len(some))+
			") AND t.external_id IS NOT NULL AND t.deleted_at IS NULL"+readable, slices.Concat([]any{source}, some, mine), func(rows *sql.Rows) error {
			var external string
			err := rows.Scan(&external)
			without[external] = false
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return without, nil
}

// existingOrganization matches on the web domain, of the e-mail where no
// website is given, and then on the exact name.
func (tx *Tx) existingOrganization(in *schema.Input, addresses []string, problems *schema.Problems) (Key, bool, error) {
	domains := ownDomains(inputDetails(in, "website"))
	if len(domains) == 0 {
		domains = ownDomains(addresses)
	}
	keys, err := tx.sharing(in.Type, text.KindDomain, domains)
	if err != nil {
		return Key{}, false, err
	}
	name := inputText(in, in.Type.Title)
	named := matches{}
	if name != "" {
		if named, err = tx.namedOf(in.Type, name, everyMatch); err != nil {
			return Key{}, false, err
		}
	}
	if len(keys) == 0 {
		return tx.onlyOne(in.Type.Title, name, named.best(), problems, nil)
	}
	both := slices.DeleteFunc(slices.Clone(keys), func(key Key) bool { return !slices.Contains(named.best(), key) })
	if len(both) == 1 {
		keys = both
	}
	return tx.onlyOne("website", strings.Join(domains, ", "), keys, problems, nil)
}

// sharing gives the shown records of a type that have one of the values as an
// identifier of the kind.
func (tx *Tx) sharing(t *schema.Type, kind string, values []string) ([]Key, error) {
	var keys []string
	for _, value := range values {
		keys = append(keys, text.StoredKeys(kind, value, "")...)
	}
	found, err := tx.identified(t, keys, everyMatch)
	return found.best(), err
}

// onlyOne takes the one record that fits, or offers the several.
func (tx *Tx) onlyOne(path, value string, keys []Key, problems *schema.Problems, err error) (Key, bool, error) {
	if err != nil || len(keys) == 0 {
		return Key{}, false, err
	}
	if len(keys) == 1 {
		return keys[0], true, nil
	}
	candidates, err := tx.candidates(keys[:min(len(keys), maxCandidates)])
	if err == nil {
		message := fmt.Sprintf("%s fits %d records, among them %s: update the one you mean by its id, or send if_exists create_anyway",
			quoteShort(value), len(keys), orList(described(candidates)))
		*problems = append(*problems, schema.Problem{Path: path, Message: message, Candidates: candidates})
	}
	return Key{}, false, err
}

// ownDomains are the domains of web or e-mail addresses without those of mail
// providers.
func ownDomains(addresses []string) []string {
	var domains []string
	for _, address := range addresses {
		domain, ok := text.Domain(address)
		if ok && !text.IsMailProvider(domain) && !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	return domains
}

func inputText(in *schema.Input, name string) string {
	s, _ := in.Values[name].(string)
	return s
}

// inputDetails gives the values of a kind of contact detail that an input has,
// in the single field and in the list.
func inputDetails(in *schema.Input, kind string) []string {
	var values []string
	for _, f := range in.Type.Fields {
		if f.Kept != kind && (f.Kept != "" || f.Kind.String() != kind) {
			continue
		}
		switch v := in.Values[f.Name].(type) {
		case string:
			values = append(values, v)
		case []schema.Detail:
			for _, detail := range v {
				values = append(values, detail.Value)
			}
		}
	}
	return values
}
