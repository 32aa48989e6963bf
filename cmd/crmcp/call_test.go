package main

import (
	"errors"
	"testing"
)

func TestPairsBecomeJSON(t *testing.T) {
	for pair, want := range map[string]string{
		"a=text":           `{"a":"text"}`,
		"a=":               `{"a":""}`,
		"a=b=c":            `{"a":"b=c"}`,
		"a=5":              `{"a":5}`,
		"a=12345678901234": `{"a":12345678901234}`,
		"a=0123":           `{"a":"0123"}`,
		"a=+31 20":         `{"a":"+31 20"}`,
		"a=true":           `{"a":true}`,
		"a=null":           `{"a":"null"}`,
		`a="b"`:            `{"a":"\"b\""}`,
		`a=["b",1]`:        `{"a":["b",1]}`,
		`a={"b":1}`:        `{"a":{"b":1}}`,
		"a=[not a list":    `{"a":"[not a list"}`,
		"a=x < y & z":      `{"a":"x \u003c y \u0026 z"}`,
	} {
		got, err := pairArguments([]string{pair})
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", pair, got, err, want)
		}
	}
	for _, pairs := range [][]string{{"a"}, {"=b"}, {"a=1", "a=2"}} {
		var usage *usageError
		if got, err := pairArguments(pairs); !errors.As(err, &usage) {
			t.Errorf("%v: %s %v", pairs, got, err)
		}
	}
}

func TestAnswersKeepTheirOrder(t *testing.T) {
	record, err := decodeObject([]byte(`{"z":1.50,"a":{"id":"org_1","name":"Acme"},"list":[{"id":"x"},"b",true,null]}`))
	if err != nil || len(record) != 3 || record[0].name != "z" || record[1].name != "a" {
		t.Fatalf("%v %v", record, err)
	}
	want := []string{"1.50", "Acme", "x, b, yes, "}
	for i, m := range record {
		if got := shownValue(m.value, nil); got != want[i] {
			t.Errorf("%s: %q, want %q", m.name, got, want[i])
		}
	}
	for _, broken := range []string{``, `{`, `[]`, `{"a":`, `{"a":[1`, `"x"`} {
		if got, err := decodeObject([]byte(broken)); err == nil {
			t.Errorf("%q: %v", broken, got)
		}
	}
}

func TestCellsDoNotRunInSpreadsheets(t *testing.T) {
	for cell, want := range map[string]string{"=1+1": "'=1+1", "'=1": "''=1", "+31 20": "'+31 20", "@a": "'@a", "'quoted": "'quoted", "a=b": "a=b", "": ""} {
		if got := safeCell(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}
