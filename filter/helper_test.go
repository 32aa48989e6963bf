package filter_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// people, stages and so on: what references may mean in these tests.
var references = map[string]map[string][]int64{
	"user":         {"me": {3}, "ada": {3}, "grace": {4}},
	"stage":        {"lead": {1}, "qualified": {2}, "proposal": {3}, "negotiation": {4}, "won": {5, 15}, "lost": {6}},
	"tag":          {"vip": {1}, "do not call": {2}},
	"organization": {"acme": {42}, "paris": {7, 8}},
	"contact":      {"jane doe": {12}},
	"segment":      {"newsletter": {1}},
}

var stageNames = []string{"Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"}

// newEnv is Wednesday 20 May 2026, 10:00 in Amsterdam, weeks from Monday.
func newEnv(t *testing.T) *filter.Env {
	t.Helper()
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	s := schema.New()
	return &filter.Env{
		Schema: s,
		Clock:  schema.Clock{Now: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC), Location: amsterdam, WeekStart: time.Monday},
		Resolve: func(types []*schema.Type, reference string) ([]int64, error) {
			var ids []int64
			for _, one := range types {
				ids = append(ids, references[one.Name][text.Fold(reference)]...)
				if of, id, ok := s.ParseID(reference); ok && of == one && id < 100 {
					ids = append(ids, id)
				}
			}
			return ids, nil
		},
		Names: func(one *schema.Type, n int) []string {
			if one.Name != "stage" {
				return nil
			}
			return stageNames[:min(n, len(stageNames))]
		},
	}
}

func check(t *testing.T, typeName, text string) (filter.Expr, error) {
	t.Helper()
	env := newEnv(t)
	return filter.Read(text, env.Schema.Type(typeName), env)
}

// messages gives the problems of an error as the caller reads them.
func messages(t *testing.T, err error) []string {
	t.Helper()
	var failure *schema.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error %v is no *schema.Error", err)
	}
	if len(failure.Problems) == 0 {
		return []string{failure.Message}
	}
	list := make([]string, 0, len(failure.Problems))
	for _, p := range failure.Problems {
		list = append(list, p.Message)
	}
	return slices.Clip(list)
}

// wantFault wants a filter on deals to be refused for one fault, told in some words.
func wantFault(t *testing.T, text, want string) {
	t.Helper()
	_, err := check(t, "deal", text)
	if err == nil {
		t.Errorf("%s is taken", text)
		return
	}
	if found := messages(t, err); len(found) != 1 || !strings.Contains(found[0], want) {
		t.Errorf("%s: got %q, want one with %q", text, found, want)
	}
}

func failing(err error) func([]*schema.Type, string) ([]int64, error) {
	return func([]*schema.Type, string) ([]int64, error) { return nil, err }
}
