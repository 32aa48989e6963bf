package store

import (
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"

	"github.com/crmcp/crmcp/text"
)

// This file is what lists and filters ask of SQLite alone: JSON, the folding
// of text that no column keeps folded, full text, and reading by a given index. A
// second engine has a file like it.

// registerFolding gives SQL text.Fold under the name crm_fold, for texts
// inside of JSON. No index and no view uses it, so that every SQLite can
// read the file.
func registerFolding() {
	// Registering a name again is refused; the first one stays good.
	_ = sqlite.RegisterDeterministicScalarFunction("crm_fold", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if s, ok := args[0].(string); ok {
			return text.Fold(s), nil
		}
		return args[0], nil
	})
}

func folding(value clause) clause { return sqlText("crm_fold(").plus(value).then(")") }

// jsonValue is what a key of a JSON object holds.
func jsonValue(column, key string) clause { return jsonCall("json_extract", column, key) }

// jsonKind is the name of what a key holds: text, integer, real, true, false …
func jsonKind(column, key string) clause { return jsonCall("json_type", column, key) }

// jsonCall looks for the key as it stands, then for an object within an object.
func jsonCall(function, column, key string) clause {
	call := sqlText(function+"("+column+", ?)", jsonPath(key))
	parts := strings.Split(key, ".")
	if len(parts) == 1 {
		return call
	}
	return sqlText("coalesce(").plus(call).then(", "+function+"("+column+", ?))", jsonPath(parts...))
}

func jsonPath(keys ...string) string {
	path := "$"
	for _, key := range keys {
		path += `."` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
	}
	return path
}

// jsonMerged is a column of a JSON object with the members of another one, the
// statement's next value, put in; those that are null there are taken out.
func jsonMerged(column string) string {
	return "nullif(json_patch(coalesce(" + column + ", '{}'), ?), '{}')"
}

// jsonListHolds is the condition that a JSON list of texts holds one of the values.
func jsonListHolds(column string, values []any) clause {
	return sqlText("EXISTS (SELECT 1 FROM json_each(" + column + ") held WHERE ").plus(isOneOf(sqlText("held.value"), values)).then(")")
}

// byIndex makes a statement read one index of a table from end to end: left
// to itself the engine would read the table, which is many times as wide.
func byIndex(table, alias, index string) clause {
	return sqlText(table + " " + alias + " INDEXED BY " + index)
}

const (
	// haveWords are the rows of the full-text index "found" with the words of
	// an expression.
	haveWords = "found.fulltext MATCH ?"
	// numberFound is the number of the record of a row.
	numberFound = "found.rowid / 64"
	// typeFound is the code of its type.
	typeFound = "found.rowid % 64"
)

// dayInUTC is the number of the day in which a moment lies. It is written in
// one way only, because an index stands on it.
func dayInUTC(column string) string { return column + " / 86400000" }
