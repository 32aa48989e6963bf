package filter_test

import (
	"testing"

	"github.com/crmcp/crmcp/filter"
)

// checkedTrees says what filters of a record type become.
var checkedTrees = []struct{ of, text, want string }{
	{"deal", "", "and()"},
	{"organization", `status = active and owner = me and open_deal_value > 10000`,
		`and(status = "active"; owner in 3; open_deal_value > 10000)`},
	{"organization", `type in (customer, partner) and not tags has "do not call"`,
		`and(type in "customer" "partner"; not(tags{id in 2}))`},
	{"contact", `organizations.industry = "Technology"`, `organizations{industry = "Technology"}`},
	{"organization", `members.role = decision_maker`, `members{role = "decision_maker"}`},
	{"organization", `exists(deals where stage = Negotiation and amount > 5000)`, `deals{and(stage in 4; amount > 5000)}`},
	{"organization", `exists(members.contact)`, `members{contact{}}`},
	{"deal", `stage not in (Won, Lost)`, `not(stage in 5 6 15)`},
	{"deal", `stage == won`, `stage in 5 15`},
	{"organization", `deals.stage != Won`, `not(deals{stage in 5 15})`},
	{"organization", `exists(deals where stage != Won)`, `deals{not(stage in 5 15)}`},
	{"organization", `contacts is empty`, `not(contacts{})`},
	{"organization", `contacts is not null`, `contacts{}`},
	{"organization", `deals.expected_close_on is null`, `not(deals{expected_close_on not null})`},
	{"organization", `deals.expected_close_on is not null`, `deals{expected_close_on not null}`},
	{"organization", `owner is null`, `not(owner not null)`},
	{"organization", `email = ""`, `not(email not null)`},
	{"organization", `email != null`, `email not null`},
	{"organization", `tags has any (VIP, "do not call")`, `tags{id in 1 2}`},
	{"organization", `tags = VIP`, `tags{id in 1}`},
	{"organization", `not tags has all (VIP, "do not call")`, `not(and(tags{id in 1}; tags{id in 2}))`},
	{"organization", `labels not has vip`, `not(tags{id in 1})`},
	{"deal", `organization = Paris`, `organization in 7 8`},
	{"deal", `organization_id = org_42`, `organization in 42`},
	{"deal", `contact_ids has con_12`, `contacts{id in 12}`},
	{"deal", `organization.owner.last_name starts with "van"`, `organization{owner{last_name starts "van"}}`},
	{"organization", `id in (org_1, org_999)`, `id in 1 999`},
	{"organization", `name ~ "caf\"é" or name !~ x`, `or(name contains "caf\"é"; not(name contains "x"))`},
	{"organization", `name like 'A%' and name == "Acme" and title ends with ' bv'`,
		`and(name like "A%"; name == "Acme"; name ends " bv")`},
	{"organization", `name <> " Acme  " and name in (Acme, Acme)`, `and(not(name = "Acme"); name = "Acme")`},
	{"organization", `Country = netherlands`, `country = "NL"`},
	{"organization", `createdAt > 2026-05-01T10:00:00+02:00`, `created_at > 2026-05-01T08:00:00.000Z`},
	{"organization", `annual_revenue between 1e3 and 2500.5`, `and(annual_revenue >= 1000; annual_revenue <= 2500.5)`},
	{"organization", `employee_count not between 1 and 9`, `not(and(employee_count >= 1; employee_count <= 9))`},
	{"organization", `employee_count in (1, 2)`, `employee_count in 1 2`},
	{"service", `is_active = yes`, `is_active = true`},
	{"organization", `identifiers in ("a@b.c", "+31 20 1234567")`, `identifiers in "a@b.c" "+31 20 1234567"`},
	{"organization", `identifiers has all (a@b.c, b.c)`, `and(identifiers in "a@b.c"; identifiers in "b.c")`},
	{"organization", `emails contains "@acme." and phones is empty`, `and(emails contains "@acme."; not(phones not null))`},
	{"organization", `emails has all (a@b.c, d@b.c)`, `and(emails in "a@b.c"; emails in "d@b.c")`},
	{"organization", `metadata.plan = gold and metadata is not null`, `and(metadata[plan] in "gold"; metadata not null)`},
	{"organization", `metadata.a.b = true and metadata."x y" >= 5`, `and(metadata[a.b] in "true" true; metadata[x y] >= 5)`},
	{"organization", `metadata.until <= today and metadata.code between a and b`,
		`and(metadata[until] < "2026-05-21"; and(metadata[code] >= "a"; metadata[code] <= "b"))`},
	{"organization", `count(deals where status = open) >= 3`, `count(deals{status = "open"}) >= 3`},
	{"organization", `count(deals.tasks) != 0`, `not(count(deals.tasks{}) = 0)`},
	{"organization", `not (status = active or not status = closed)`, `not(or(status = "active"; not(status = "closed")))`},
}

func TestCheckGivesTheCheckedTree(t *testing.T) {
	for _, c := range checkedTrees {
		got, err := check(t, c.of, c.text)
		if err != nil {
			t.Errorf("%s: %s\n%v", c.of, c.text, err)
			continue
		}
		if shown(got) != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.of, c.text, shown(got), c.want)
		}
	}
}

func TestUsesLooksAtTheRecordAtHand(t *testing.T) {
	cases := map[string]bool{
		`archived_at is not null`:                                   true,
		`name = x or not (status = active and archived_at < today)`: true,
		`parent.archived_at is null`:                                false,
		`exists(deals where archived_at is not null)`:               false,
		`name = archived_at`:                                        false,
	}
	for text, want := range cases {
		e, err := check(t, "organization", text)
		if err != nil {
			t.Fatal(err)
		}
		if got := filter.Uses(e, "archived_at"); got != want {
			t.Errorf("Uses(%s) = %t, want %t", text, got, want)
		}
	}
}
