package store

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// DDL is the whole definition of the database that follows from the schema:
// first the tables that every database has, then one table a record type.
func DDL(s *schema.Schema) string {
	var b strings.Builder
	for _, statement := range fixedTables() {
		b.WriteString(statement + ";\n")
	}
	for _, t := range s.Types {
		b.WriteString("\n" + createTable(t) + ";\n")
		for _, index := range indexes(t) {
			b.WriteString(index.sql + ";\n")
		}
	}
	b.WriteString("\n" + fullTextDDL)
	return b.String()
}

// fixedTables are those that do not follow from a record type.
func fixedTables() []string {
	tables := []string{
		// What the program remembers about the file itself.
		`CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
		// The next number of each type; numbers are never used again.
		`CREATE TABLE sequence (type INTEGER PRIMARY KEY, next INTEGER NOT NULL)`,
		// How many records of each type lists show, and how many are archived or in the trash.
		`CREATE TABLE record_count (type INTEGER PRIMARY KEY, shown INTEGER NOT NULL, hidden INTEGER NOT NULL)`,
		// Every link between two records, once: the type with the lower code is on the left.
		`CREATE TABLE link (left_type INTEGER NOT NULL, left_id INTEGER NOT NULL, right_type INTEGER NOT NULL, right_id INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (left_type, left_id, right_type, right_id))`,
		// One row a call that wrote: who, with what, when.
		`CREATE TABLE change_set (id INTEGER PRIMARY KEY, uid TEXT NOT NULL, at INTEGER NOT NULL, user_id INTEGER NOT NULL, client TEXT NOT NULL, client_version TEXT NOT NULL, tool TEXT NOT NULL, row_count INTEGER NOT NULL, checksum TEXT NOT NULL, undone_by INTEGER)`,
		// One row a row that was written: type 0 is a link. The subject and object are the records that it concerns.
		`CREATE TABLE change_row (change_id INTEGER NOT NULL, seq INTEGER NOT NULL, type INTEGER NOT NULL, record_id INTEGER NOT NULL, subject_type INTEGER NOT NULL, subject_id INTEGER NOT NULL, object_type INTEGER, object_id INTEGER, action TEXT NOT NULL, before TEXT, after TEXT, PRIMARY KEY (change_id, seq))`,
		// Which change sets are pieces of one long change.
		pieceTable,
		// Every normal form under which a record can be found exactly.
		`CREATE TABLE identifier (value TEXT NOT NULL, type INTEGER NOT NULL, record_id INTEGER NOT NULL, PRIMARY KEY (value, type, record_id))`,
		// Values of custom fields beside the record's JSON, for filters and sorting.
		`CREATE TABLE custom_value (type INTEGER NOT NULL, field_id INTEGER NOT NULL, record_id INTEGER NOT NULL, position INTEGER NOT NULL, folded TEXT, sort_key ` + sqlBlob + `, number INTEGER, PRIMARY KEY (type, field_id, record_id, position))`,
		// The bytes of documents, by their hash.
		`CREATE TABLE content (sha256 TEXT PRIMARY KEY, bytes ` + sqlBlob + ` NOT NULL)`,
		// Answers kept for seven days, so that a call sent again is not done again.
		`CREATE TABLE idempotency (user_id INTEGER NOT NULL, tool TEXT NOT NULL, key TEXT NOT NULL, arguments TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (user_id, tool, key))`,
		// The keys by which programs come in over the network.
		apiKeyTable,
	}
	tables = append(tables, outboxTables()...)
	for i, table := range tables {
		tables[i] = table + tableSuffix
		if strings.Contains(table, "PRIMARY KEY (") {
			tables[i] += withoutRowid
		}
	}
	tables = append(tables, outboxIndexes()...)
	return append(tables,
		// The position is there so that the ordered links of a record are read from
		// the index alone, and the engine never prefers to walk the table by type.
		`CREATE INDEX link_right ON link (right_type, right_id, left_type, left_id, position)`,
		`CREATE INDEX change_set_at ON change_set (at, id)`,
		`CREATE INDEX change_row_subject ON change_row (subject_type, subject_id, change_id)`,
		`CREATE INDEX change_row_object ON change_row (object_type, object_id, change_id) WHERE object_id IS NOT NULL`,
		pieceIndex,
		`CREATE INDEX identifier_record ON identifier (type, record_id)`,
		`CREATE INDEX custom_value_folded ON custom_value (type, field_id, folded, record_id) WHERE folded IS NOT NULL`,
		`CREATE INDEX custom_value_sorted ON custom_value (type, field_id, sort_key, record_id) WHERE sort_key IS NOT NULL`,
		`CREATE INDEX custom_value_number ON custom_value (type, field_id, number, record_id) WHERE number IS NOT NULL`,
	)
}

// tableColumns gives the declaration of each column of a type's table in the
// order that reads fastest: numbers, short texts, then what may be long.
func tableColumns(t *schema.Type) (names []string, declarations map[string]string) {
	declarations = map[string]string{}
	add := func(name, declaration string) {
		names = append(names, name)
		declarations[name] = name + " " + declaration
	}
	add("id", "INTEGER PRIMARY KEY")
	var texts, folds, long []*schema.Field
	for _, f := range t.Columns() {
		switch {
		case f.Kind == schema.RecordID:
		case f.Kind == schema.LongText || f.Kind == schema.JSONObject || f.Kind == schema.Participants || f.Limit() > 600:
			long = append(long, f)
		case f.Kind.Info().Storage == schema.StoreInteger:
			add(f.Column(), sqlType(schema.StoreInteger)+references(f))
		default:
			texts = append(texts, f)
			folds = append(folds, f)
		}
	}
	for _, f := range texts {
		add(f.Column(), sqlType(schema.StoreText))
	}
	for _, f := range append(folds, long...) {
		for i, c := range columnsOf(f) {
			switch {
			case i == 0 && f.Kind.Info().Storage == schema.StoreText && declarations[c.name] == "":
				add(c.name, "TEXT")
			case i == 1:
				add(c.name, "TEXT")
			case i == 2:
				add(c.name, sqlBlob)
			}
		}
	}
	if t.Class == schema.Record {
		add("custom", "TEXT")
	}
	return names, declarations
}

func references(f *schema.Field) string {
	if f.Kind != schema.Reference || f.Computed {
		return ""
	}
	return " REFERENCES " + f.To + " (id)"
}

func createTable(t *schema.Type) string {
	names, declarations := tableColumns(t)
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = "  " + declarations[name]
	}
	return "CREATE TABLE " + t.Name + " (\n" + strings.Join(lines, ",\n") + "\n)" + tableSuffix
}

type index struct{ name, sql string }

// indexes are those of a type: its sorts and look-ups among the records that
// lists show, its names, and what must be unique outside the trash, which is a
// look-up as well. A look-up by one field alone serves conditions on related
// records too, where archived ones count.
func indexes(t *schema.Type) []index {
	var list []index
	shown := " WHERE deleted_at IS NULL"
	if t.Field("archived_at") != nil {
		shown += " AND archived_at IS NULL"
	}
	add := func(unique, kind, columns, where string) {
		name := t.Name + "_" + kind
		list = append(list, index{name, "CREATE " + unique + "INDEX " + name + " ON " + t.Name + " (" + columns + ")" + where})
	}
	for _, name := range t.Sorts {
		add("", "by_"+name, sortColumn(t.Field(name))+", id", shown)
	}
	for _, names := range t.Lookups {
		if slices.ContainsFunc(t.Uniques, func(unique []string) bool { return slices.Equal(unique, names) }) {
			continue
		}
		columns := eachColumn(t, names[:1], filterColumn) + eachColumn(t, names[1:], sortColumn)
		where := shown
		if len(names) == 1 {
			where = " WHERE deleted_at IS NULL"
		}
		add("", "of_"+strings.Join(names, "_"), columns+"id", where)
	}
	for _, names := range t.Reports {
		columns := eachColumn(t, names, func(f *schema.Field) string { return reportColumn(f, "") })
		// The moment itself is there for the days in which a month begins.
		add("", strings.TrimPrefix(reportName(t, names), t.Name+"_"), columns+t.Field(names[1]).Column(), shown)
	}
	if t.Field("archived_at") != nil {
		add("", "archived", "archived_at", " WHERE archived_at IS NOT NULL AND deleted_at IS NULL")
	}
	for _, name := range t.Names {
		add("", "named_"+name, name+"_fold, id", " WHERE deleted_at IS NULL")
		add("", "trashed_"+name, name+"_fold, id", " WHERE deleted_at IS NOT NULL")
	}
	if t.Merges {
		add("", mergedInto, "merged_into_id", " WHERE merged_into_id IS NOT NULL")
	}
	for _, names := range t.Uniques {
		columns := strings.TrimSuffix(eachColumn(t, names, filterColumn), ", ")
		add("UNIQUE ", "one_"+strings.Join(names, "_"), columns, " WHERE deleted_at IS NULL")
	}
	add("UNIQUE ", "one_uid", "uid", "")
	external, ids := "one_external", "coalesce(external_source_fold, ''), external_id_fold"
	if t.Private {
		// That another's private record has an id must not show.
		external, ids = "one_external_seen", ids+", (CASE WHEN is_private = 1 THEN author_id ELSE 0 END)"
	}
	add("UNIQUE ", external, ids, " WHERE external_id IS NOT NULL AND deleted_at IS NULL")
	return list
}

// eachColumn lists what an index holds of some fields, with a comma after each.
func eachColumn(t *schema.Type, names []string, column func(*schema.Field) string) string {
	list := ""
	for _, name := range names {
		list += column(t.Field(name)) + ", "
	}
	return list
}

// reportName is the name of a report's index.
func reportName(t *schema.Type, names []string) string {
	return t.Name + "_report_" + names[0] + "_" + names[1]
}

// reportColumn is what a report's index holds of a field: the day of a moment
// in UTC, the month of a date, anything else as it is compared.
func reportColumn(f *schema.Field, prefix string) string {
	switch f.Kind {
	case schema.DateTime:
		return dayInUTC(prefix + f.Column())
	case schema.DateOnly:
		return prefix + f.Column() + " / 100"
	}
	return prefix + filterColumn(f)
}

// filterColumn is the column by which a field is compared.
func filterColumn(f *schema.Field) string {
	if f.Kind.Info().Folded {
		return f.Column() + "_fold"
	}
	return f.Column()
}

// sortColumn is the column by which a field is ordered.
func sortColumn(f *schema.Field) string {
	if f.Kind.Info().Collated {
		return f.Column() + "_sort"
	}
	return filterColumn(f)
}
