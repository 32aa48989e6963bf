package filter_test

import (
	"strings"
	"testing"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
)

func TestParseSort(t *testing.T) {
	cases := map[string]string{
		"":                             "",
		"-value, name":                 "-value, name",
		"+name,- value":                "name, -value",
		"value desc, createdAt ASC":    "-value, created_at",
		"owner":                        "owner.name",
		"-stage, organization.owner":   "-stage.position, organization.owner.name",
		"owner.last_name, id":          "owner.last_name, id",
		"organization.parent.industry": "organization.parent.industry",
	}
	env := newEnv(t)
	for text, want := range cases {
		keys, err := filter.ParseSort(text, env.Schema.Type("deal"), env)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, key := range keys {
			sign := ""
			if key.Desc {
				sign = "-"
			}
			got = append(got, sign+pathTo(key.Path, key.Field))
		}
		if joined := strings.Join(got, ", "); joined != want {
			t.Errorf("%q: got %s, want %s", text, joined, want)
		}
	}
}

func pathTo(relations []*schema.Relation, field *schema.Field) string {
	path := shownPath(relations)
	if field == nil {
		return path
	}
	if path == "" {
		return field.Name
	}
	return path + "." + field.Name
}

func TestParseField(t *testing.T) {
	env := newEnv(t)
	for text, want := range map[string]string{
		"stage": "stage", "organization.industry": "organization.industry", "tags": "tags",
		"contacts.tags": "contacts.tags", "organization.metadata.plan": "organization.metadata[plan]",
	} {
		p, err := filter.ParseField(text, env.Schema.Type("deal"), env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := pathTo(p.Relations, p.Field)
		if p.Key != "" {
			got += "[" + p.Key + "]"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestPinTurnsReferencesIntoIDs(t *testing.T) {
	cases := map[string]string{
		"owner = me and stage = Won":                                              "owner = me and stage in (stage_5, stage_15)",
		"owner = Ada and stage != lead":                                           "owner = usr_3 and stage != stage_1",
		"organization in (Acme, Paris)":                                           "organization in (org_42, org_7, org_8)",
		"not (tags has all (VIP, 'do not call'))":                                 "not tags has all (tag_1, tag_2)",
		"organizations has all (Acme, Paris)":                                     "organizations has any (org_42) and organizations has any (org_7, org_8)",
		"organizations not has all (Acme, Paris)":                                 "not (organizations has any (org_42) and organizations has any (org_7, org_8))",
		"created_at > -30d or name = Acme":                                        "created_at > -30d or name = Acme",
		"exists(tasks where owner = ada) or count(contacts where tags = VIP) > 1": "exists(tasks where owner = usr_3) or count(contacts where tags = tag_1) > 1",
	}
	env := newEnv(t)
	deal := env.Schema.Type("deal")
	for text, want := range cases {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := filter.Pin(f, deal, env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		before, _ := check(t, "deal", text)
		after, err := check(t, "deal", got)
		if err != nil || shown(before) != shown(after) {
			t.Errorf("%s means %s, pinned %s (%v)", text, shown(before), shown(after), err)
		}
	}
	f, _ := filter.Parse("stage = Nowhere")
	if _, err := filter.Pin(f, deal, env); err == nil {
		t.Error("an unknown stage was pinned")
	}
}

func TestFoldPattern(t *testing.T) {
	for pattern, want := range map[string]string{
		"José%": "jose%", `100\%_É`: `100\%_e`, `a\b\\`: `ab\\`, "％": `\%`, `x\`: `x\\`, "": "",
	} {
		if got := filter.FoldPattern(pattern); got != want {
			t.Errorf("FoldPattern(%q) = %q, want %q", pattern, got, want)
		}
	}
}
