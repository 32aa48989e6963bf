package store

import (
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// party is a record with all by which it is compared with another.
type party struct {
	r          *Record
	name, core string
	words      []string
	keys       map[string]string
	employers  []Ref
}

// judge compares each pair of candidates whole and keeps those that score.
func (f *pairFinder) judge(least int) error {
	parties, err := f.parties()
	if err != nil {
		return err
	}
	for _, pair := range f.candidates {
		a, b := parties[pair[0]], parties[pair[1]]
		if a == nil || b == nil {
			continue
		}
		if err := f.dropCommon(a, b); err != nil {
			return err
		}
		l := likeness{a: a, b: b, doubt: 1, factor: 1}
		if score := l.score(); score >= least {
			f.pairs = append(f.pairs, Pair{First: refOf(a.r), Second: refOf(b.r), Score: score, Reasons: l.reasons})
		}
	}
	return nil
}

// dropCommon takes from a record what it shares with another and with so many
// more that it tells nothing, such as the phone of a switchboard.
func (f *pairFinder) dropCommon(a, b *party) error {
	for key := range a.keys {
		if _, shared := b.keys[key]; !shared {
			continue
		}
		common, known := f.common[key]
		if !known {
			n := 0
			_, err := f.tx.one("SELECT count(*) FROM (SELECT 1 FROM identifier WHERE value = ? AND type = ? LIMIT ?)", []any{key, f.t.Code, maxShared + 1}, &n)
			if err != nil {
				return err
			}
			common = n > maxShared
			f.common[key] = common
		}
		if common {
			delete(a.keys, key)
		}
	}
	return nil
}

func refOf(r *Record) Ref { return Ref{r.Type, r.ID, r.Title()} }

// parties reads the candidates that lists show.
func (f *pairFinder) parties() (map[int64]*party, error) {
	var ids []int64
	for _, pair := range f.candidates {
		ids = append(ids, pair[0], pair[1])
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	parties := make(map[int64]*party, len(ids))
	err := chunks(ids, func(ids []int64) error {
		details, err := f.tx.DetailsOf(f.t, ids)
		if err != nil {
			return err
		}
		employers, err := f.employers(ids)
		if err != nil {
			return err
		}
		fields, columns := selectColumns(f.t, "t")
		condition, args := f.listed()
		query := "SELECT " + columns + " FROM " + f.t.Name + " t WHERE t.id IN (" + placeholders(len(ids)) + ") AND " + condition
		return f.tx.scan(query, append(numbers(ids), args...), func(rows *sql.Rows) error {
			r, err := scanRecord(f.t, fields, rows)
			if err == nil {
				parties[r.ID] = f.party(r, details[r.ID], employers[r.ID])
			}
			return err
		})
	})
	return parties, err
}

// employers are the organizations of people.
func (f *pairFinder) employers(ids []int64) (map[int64][]Ref, error) {
	for _, relation := range f.t.Relations {
		if relation.Via == schema.ViaMiddle && relation.One != "" {
			return f.tx.Linked(relation, ids, 0)
		}
	}
	return nil, nil
}

func (f *pairFinder) party(r *Record, details []Detail, employers []Ref) *party {
	p := &party{r: r, name: text.Fold(r.Text(r.Type.Title)), keys: map[string]string{}, employers: employers}
	p.core = coreName(p.name)
	p.words = strings.Fields(p.core)
	slices.Sort(p.words)
	for _, d := range details {
		for _, key := range tellingKeys(r.Type, detailRow(d), f.tx.phoneCountry(r)) {
			p.keys[key] = d.Value
		}
	}
	return p
}

// likeness weighs what speaks for two records being the same. Each reason takes
// away a part of the doubt; what speaks against it lowers the whole.
type likeness struct {
	a, b    *party
	doubt   float64
	factor  float64
	reasons []string
}

func (l *likeness) because(weight float64, reason string, args ...any) {
	l.doubt *= 1 - weight
	l.reasons = append(l.reasons, fmt.Sprintf(reason, args...))
}

func (l *likeness) score() int {
	hasEmail := l.details()
	l.numbers()
	reached := len(l.reasons)
	named := l.names()
	if len(l.reasons) == 0 {
		return 0
	}
	l.surroundings(named)
	l.against(reached > 0, named, hasEmail)
	return int(math.Round(100 * (1 - l.doubt) * l.factor))
}

// detailWeights are by the kind of key that two records share.
var detailWeights = []struct {
	prefix, name string
	weight       float64
}{{"e:", "email", 0.85}, {"p:", "phone", 0.6}, {"u:", "phone", 0.5}, {"d:", "website", 0.7}}

// details compares e-mails, phones and websites; each kind counts once. It says
// whether an e-mail is shared.
func (l *likeness) details() (email bool) {
	for _, kind := range detailWeights {
		var shared []string
		for key, value := range l.a.keys {
			if _, both := l.b.keys[key]; both && strings.HasPrefix(key, kind.prefix) {
				shared = append(shared, value)
			}
		}
		if len(shared) > 0 {
			slices.Sort(shared)
			l.because(kind.weight, "same %s %s", kind.name, text.Truncate(shared[0], 60))
			email = email || kind.name == "email"
		}
	}
	return email
}

// numbers compares what identifies a record by itself.
func (l *likeness) numbers() {
	for _, name := range l.a.r.Type.Keys {
		a, b := l.a.r.Text(name), l.b.r.Text(name)
		switch {
		case a == "" || b == "":
		case slices.Equal(text.StoredKeys(text.KindID, a, ""), text.StoredKeys(text.KindID, b, "")):
			l.because(0.9, "same %s %s", name, text.Truncate(a, 60))
		default:
			l.factor *= 0.6
		}
	}
}

// names compares what the records are called. People share names more often
// than companies do.
func (l *likeness) names() bool {
	a, b := l.a, l.b
	if a.name == "" || b.name == "" {
		return false
	}
	person := len(a.r.Type.OneOf) > 0
	weigh := func(company, people float64, reason string) bool {
		if person {
			company = people
		}
		l.because(company, "%s", reason)
		return true
	}
	limit := mistakes(a.name, b.name)
	switch {
	case a.name == b.name:
		return weigh(0.7, 0.6, "same name")
	case a.core == b.core:
		return weigh(0.65, 0.55, "same name but for its form")
	case slices.Equal(a.words, b.words):
		return weigh(0.55, 0.55, "same words in the name")
	case limit > 0 && text.Distance(a.name, b.name, limit) <= limit:
		return weigh(0.5, 0.4, "similar name")
	case person && abbreviated(a.name, b.name):
		return weigh(0, 0.3, "same name but for initials")
	}
	return false
}

// surroundings add to a likeness that there is already.
func (l *likeness) surroundings(named bool) {
	a, b := l.a.r, l.b.r
	for _, employer := range l.a.employers {
		if named && slices.Contains(l.b.employers, employer) {
			l.because(0.5, "same organization %s", text.Truncate(employer.Name, 60))
			break
		}
	}
	if day := a.Values["birthday"]; day != nil && day == b.Values["birthday"] {
		l.because(0.5, "same birthday")
	}
	switch {
	case l.same("street") && (l.same("postal_code") || l.same("city")):
		l.because(0.4, "same address")
	case l.same("city"):
		l.because(0.15, "same city %s", a.Text("city"))
	}
}

func (l *likeness) same(name string) bool {
	a, b := l.a.r.Text(name), l.b.r.Text(name)
	return a != "" && text.Fold(a) == text.Fold(b)
}

// against weighs what speaks for two different records.
func (l *likeness) against(reached, named, email bool) {
	a, b := l.a.r, l.b.r
	differ := func(name string) bool { return a.Has(name) && b.Has(name) && a.Values[name] != b.Values[name] }
	if !named {
		l.factor *= 0.8
	}
	if !named && !email && len(a.Type.OneOf) > 0 {
		l.factor *= 0.7
	}
	if differ("birthday") {
		l.factor *= 0.4
	}
	if differ("country") {
		l.factor *= 0.7
	}
	if !reached && differ("email") && !l.colleagues() {
		l.factor *= 0.7
	}
}

// colleagues says that two people are in one organization.
func (l *likeness) colleagues() bool {
	return slices.ContainsFunc(l.a.employers, func(one Ref) bool { return slices.Contains(l.b.employers, one) })
}
