package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/crmcp/crmcp/filter/oracle"
	"github.com/crmcp/crmcp/schema"
)

// world is random records in a database and the same in memory.
type world struct {
	*fixture
	dice    *rand.Rand
	records map[*schema.Type][]*memory
	byKey   map[Key]*memory
	links   map[[2]Key]bool
}

// memory is one record as the oracle sees it.
type memory struct {
	world *world
	*Record
}

var worldTypes = []string{"user", "tag", "segment", "organization", "contact", "membership", "contact_detail", "deal", "service", "line", "task", "note"}

// someTexts differ in case, accents, width and what LIKE gives a meaning to.
var someTexts = []string{"Café Zürich", "cafe zurich", "CAFE", "100% José_Ltd", "100x Joseyltd", `back\slash`, "Łódź", "strasse", "Straße",
	"日本 商事", "a", "Ａ", "an e-mail", "o'brien", "z%", "!!!", "ไทยแลนด์ 2nd", "Ὀδυσσεὺς web3ab", "नि\u200dत क्\u200dष", "日本ーカ x9y",
	"donaudampfschifffahrtsgesellschaftskapitän"}

func newWorld(f *fixture, dice *rand.Rand) *world {
	w := &world{fixture: f, dice: dice, records: map[*schema.Type][]*memory{}, byKey: map[Key]*memory{}, links: map[[2]Key]bool{}}
	f.update(w.defineFields)
	f.update(w.write)
	f.view(w.load)
	return w
}

func (w *world) chance(percent int) bool { return w.dice.IntN(100) < percent }

// pick takes one of a list.
func pick[T any](w *world, list []T) T { return list[w.dice.IntN(len(list))] }

// defineFields gives organizations a field of every custom kind.
func (w *world) defineFields(tx *Tx) error {
	for _, kind := range schema.CustomKinds() {
		d := FieldDefinition{Type: tx.Schema().Type("organization"), Key: "custom_" + kind, Label: "Custom " + kind, Kind: kind}
		if strings.HasSuffix(kind, "select") {
			d.Options = []string{"Gold", "Größe", "silver", `a "quoted" one`}
		}
		if _, err := tx.DefineField(d); err != nil {
			return err
		}
	}
	return nil
}

// write makes the records, puts some away and links them.
func (w *world) write(tx *Tx) error {
	ids := map[string][]int64{"user": {1}, "pipeline": {1}, "stage": {1, 2, 3, 4, 5, 6}, "category": {1, 2, 3}}
	for _, name := range worldTypes {
		t := tx.Schema().Type(name)
		for i := range map[string]int{"user": 3, "tag": 4, "segment": 3}[name] + 22*min(int(1+t.Code)%13, 1) {
			r := &Record{Type: t, Values: map[string]any{}}
			for _, f := range t.Fields {
				if f.Held() && !f.System && (!f.Computed || f.Kind == schema.Reference) && f.Name != "filter" && f.Name != "currency" || f.Name == "owner" || f.Name == "metadata" {
					if f.Required || t.Class == schema.Part && f.Default != "" || w.chance(65) {
						r.put(f.Name, w.random(f, ids))
					}
				}
			}
			w.fit(r, i)
			if err := tx.insertRecord(r); err != nil {
				return err
			}
			ids[name] = append(ids[name], r.ID)
		}
	}
	if err := w.linkSome(tx, ids); err != nil {
		return err
	}
	if err := tx.settle(); err != nil {
		return err
	}
	return w.putAway(tx)
}

// fit mends what a type asks of its records.
func (w *world) fit(r *Record, i int) {
	for _, names := range r.Type.Uniques {
		for j, name := range names {
			if f := r.Type.Field(name); f.Kind.IsText() {
				r.put(name, fmt.Sprint(pick(w, someTexts), " ", i))
			} else if f.Kind == schema.Reference {
				r.put(name, []int64{int64(i/2 + 1), int64(i*5%11 + 1)}[j])
			}
		}
	}
	switch r.Type.Name {
	case "contact_detail":
		parents := []string{"organization", "contact"}
		r.put(parents[i%2], nil)
		r.put(parents[1-i%2], int64(w.dice.IntN(20)+1))
	case "user":
		r.put("role", "member")
	case "deal":
		r.put("stage", int64(w.dice.IntN(6)+1))
	case "note":
		r.put("author", int64(w.dice.IntN(3)+1))
	}
}

func (w *world) linkSome(tx *Tx, ids map[string][]int64) error {
	for _, name := range worldTypes {
		t := tx.Schema().Type(name)
		for _, r := range t.Relations {
			if r.Via != schema.ViaLink || ids[r.To.Name] == nil || r.From.Code > r.To.Code {
				continue
			}
			for range 25 {
				a, b := Key{t, pick(w, ids[name])}, Key{r.To, pick(w, ids[r.To.Name])}
				w.links[[2]Key{a, b}], w.links[[2]Key{b, a}] = true, true
				if _, err := tx.insertLink(a, b, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// putAway archives some records and moves some to the trash.
func (w *world) putAway(tx *Tx) error {
	for _, name := range worldTypes {
		if name == "user" {
			continue
		}
		for _, column := range []string{"deleted_at", "archived_at"} {
			if tx.Schema().Type(name).Field(column) == nil {
				continue
			}
			err := tx.exec("UPDATE "+name+" SET "+column+" = 5 WHERE id % 6 = ?", w.dice.IntN(6))
			if err != nil {
				return err
			}
		}
	}
	return w.countAnew(tx)
}

// countAnew brings what records count of others up to date behind the store's back.
func (w *world) countAnew(tx *Tx) error {
	for _, name := range []string{"organization", "contact"} {
		ids, err := tx.ids64(sqlText("SELECT id FROM " + name))
		if err != nil {
			return err
		}
		for _, id := range ids {
			tx.touchKey(Key{tx.Schema().Type(name), id}, deals|members)
		}
	}
	if err := tx.settle(); err != nil {
		return err
	}
	return tx.tallyAnew()
}

// load reads everything back, the trash included, without asking the reader.
func (w *world) load(tx *Tx) error {
	for _, t := range tx.Schema().Types {
		fields, columns := selectColumns(t, "t")
		err := tx.scan("SELECT "+columns+" FROM "+t.Name+" t ORDER BY t.id", nil, func(rows *sql.Rows) error {
			r, err := scanRecord(t, fields, rows)
			if err != nil {
				return err
			}
			m := &memory{w, r}
			w.byKey[r.Key()] = m
			w.records[t] = append(w.records[t], m)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// shown is what Tx.shown says, in Go.
func (m *memory) shown() bool {
	if m.Has("deleted_at") || m.Bool("is_detached") || m.Bool("is_private") && m.Int("author") != 1 {
		return false
	}
	if m.Type.Class == schema.Part {
		for _, f := range m.Type.Fields {
			parent := m.world.byKey[Key{m.world.db.Schema().Type(f.To), m.Int(f.Name)}]
			if f.Kind == schema.Reference && !f.System && parent != nil && parent.Type.Class == schema.Record && parent.Has("deleted_at") {
				return false
			}
		}
	}
	return true
}

// Value implements oracle.Record.
func (m *memory) Value(f *schema.Field, key string) any {
	switch {
	case f.Kind == schema.RecordID:
		return m.ID
	case f.Kind == schema.Reference:
		target := m.world.byKey[Key{m.world.db.Schema().Type(f.To), m.Int(f.Name)}]
		if target == nil || !target.shown() {
			return nil
		}
	case f.Kind == schema.AnyRecord:
		if to, id, ok := m.world.db.Schema().ParseID(m.Text(f.Name)); !ok || m.world.byKey[Key{to, id}] == nil || !m.world.byKey[Key{to, id}].shown() {
			return nil
		}
	case f.Kind == schema.DetailList:
		return m.details(f)
	case key != "":
		return metadataValue(m.Values[f.Name], key)
	}
	return m.Values[f.Name]
}

func (m *memory) details(f *schema.Field) any {
	var list []schema.Detail
	for _, d := range m.world.records[m.world.db.Schema().Type("contact_detail")] {
		if d.Int(m.Type.Name) == m.ID && d.Text("kind") == f.Kept && !d.Has("deleted_at") {
			list = append(list, schema.Detail{Value: d.Text("value")})
		}
	}
	if list == nil {
		return nil
	}
	return list
}

func metadataValue(metadata any, key string) any {
	object, _ := metadata.(map[string]any)
	value, found := object[key]
	if outer, inner, dotted := strings.Cut(key, "."); !found && dotted {
		object, _ = object[outer].(map[string]any)
		value = object[inner]
	}
	if number, ok := value.(json.Number); ok {
		d, _ := schema.ParseDecimal(number.String())
		return d
	}
	return value
}

// Related implements oracle.Record.
func (m *memory) Related(r *schema.Relation) []oracle.Record {
	var list []oracle.Record
	for _, other := range m.world.records[r.To] {
		if other.shown() && m.leads(r, other) {
			list = append(list, other)
		}
	}
	return list
}

func (m *memory) leads(r *schema.Relation, other *memory) bool {
	switch r.Via {
	case schema.ViaColumn:
		return m.Int(r.Field.Name) == other.ID
	case schema.ViaBack:
		return other.Int(r.Field.Name) == m.ID
	case schema.ViaLink:
		return m.world.links[[2]Key{m.Key(), other.Key()}]
	}
	for _, middle := range m.world.records[r.Middle] {
		if !middle.Has("deleted_at") && middle.Int(r.Near.Name) == m.ID && middle.Int(r.Far.Name) == other.ID {
			return true
		}
	}
	return false
}
