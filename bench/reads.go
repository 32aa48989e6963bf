package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/store"
)

// What single calls are to reach.
var (
	getReach    = reach{ratio: 3, median: time.Millisecond}
	listReach   = reach{ratio: 2, median: time.Millisecond}
	filterReach = reach{p95: 400 * time.Millisecond}
)

// some spreads the calls of a case over the organizations.
func (b *bench) some(n int64) int64 { return 1 + n*7_919%b.count }

// tool is a case that calls a tool.
func (b *bench) tool(name string, reach reach, tool string, arguments func(n int64) map[string]any) readCase {
	return readCase{name: name, reach: reach, call: func(ctx context.Context, n int64) error {
		_, err := b.call(ctx, tool, arguments(n))
		return err
	}}
}

func (b *bench) list(name string, reach reach, tool, condition, sort string) readCase {
	return b.tool(name, reach, tool, func(int64) map[string]any {
		arguments := map[string]any{"filter": condition, "limit": 20}
		if sort != "" {
			arguments["sort"] = sort
		}
		return arguments
	})
}

func (b *bench) gets() []readCase {
	cluster := func(n int64) *cluster { return newCluster(b.db.Schema(), b.some(n)) }
	get := func(name string, id func(n int64) string) readCase {
		return b.tool(name, getReach, "get_records", func(n int64) map[string]any { return map[string]any{"ids": []string{id(n)}} })
	}
	return []readCase{
		get("get an organization by id", func(n int64) string { return cluster(n).org.record.Key().String() }),
		get("get a contact by id", func(n int64) string { return cluster(n).contacts[1].record.Key().String() }),
		get("get a deal by id", func(n int64) string { return cluster(n).deals[1].record.Key().String() }),
		get("get an organization by uid", func(n int64) string { return cluster(n).org.record.Text("uid") }),
		get("get a contact by e-mail", func(n int64) string { return cluster(n).contacts[2].record.Text("email") }),
		get("get an organization by name", func(n int64) string { return longName(cluster, n) }),
	}
}

// longName is a name of an organization that has a person's name in it: of the
// others several in a million are the same.
func longName(cluster func(n int64) *cluster, n int64) string {
	for ; ; n++ {
		if name := cluster(n).org.record.Text("name"); strings.Count(name, " ") > 2 {
			return name
		}
	}
}

func (b *bench) lists() []readCase {
	const organizations, contacts, deals = "list_organizations", "list_contacts", "list_deals"
	cases := []readCase{
		b.list("list 20: indexed filter and sort", listReach, organizations, "status = on_hold", "-updated_at"),
		b.list("list 20: two values of an indexed field", listReach, organizations, "type in (partner, supplier)", "-updated_at"),
		b.list("list 20: everything, by name", listReach, organizations, "", "name"),
		b.list("list 20: everything, newest change first", listReach, contacts, "", ""),
		b.list("list 20 by a common tag, by name", listReach, organizations, "tags has key-account", "name"),
		b.list("list 20 by a common tag, newest change first", listReach, organizations, "tags has key-account", "-updated_at"),
		b.list("list 20 by a rare tag", filterReach, organizations, "tags has campaign-500", "name"),
		b.tool("contacts of an organization, by name", listReach, contacts, func(n int64) map[string]any {
			return map[string]any{"filter": fmt.Sprintf("organization = org_%d", b.some(n)), "sort": "name"}
		}),
		b.tool("deals of an organization", listReach, deals, func(n int64) map[string]any {
			return map[string]any{"filter": fmt.Sprintf("organization = org_%d", b.some(n))}
		}),
		b.list("deals over a relation: organization.city", filterReach, deals, "organization.city = Utrecht", "-amount"),
		b.list("open deals above an amount", listReach, deals, "status = open and amount > 150000", "-amount"),
	}
	cases = append(cases, b.list("list 20 sorted by the owner's last name", filterReach, organizations, "", "owner.last_name"),
		b.list("list 20: a custom number, sorted by it", listReach, organizations, "score > 900", "-score"),
		b.list("list 20: a custom option, newest change first", listReach, organizations, "tier = gold", "-updated_at"),
		b.list("list 20: a custom text that few have", filterReach, organizations, `route = "Route 0042"`, "name"),
		b.list("list 20: everything, by a custom text", listReach, organizations, "", "route"),
		b.list("list 20: two custom fields and one of its own", filterReach, organizations, "tier = gold and score > 990 and country = NL", "-score"))
	return append(cases, b.page("next page: indexed filter and sort", organizations, "status = on_hold", "-updated_at", 1, listReach),
		b.page("a page far down by revenue (keyset)", organizations, "", "-annual_revenue", int(min(100, max(1, b.count/1_000))), listReach))
}

// page is a later page of a list: so many pages of 200 rows down.
func (b *bench) page(name, tool, condition, sort string, down int, reach reach) readCase {
	cursor := ""
	return readCase{name: name, reach: reach, call: func(ctx context.Context, _ int64) error {
		arguments := map[string]any{"filter": condition, "sort": sort, "limit": 200, "fields": []string{"name"}}
		for range down {
			if cursor != "" {
				arguments["cursor"] = cursor
			}
			answer, err := b.call(ctx, tool, arguments)
			if err != nil {
				return err
			}
			var page struct {
				Next string `json:"next_cursor"`
			}
			if err := json.Unmarshal(answer.JSON, &page); err != nil || page.Next == "" {
				return errors.Join(err, fmt.Errorf("%s has no next page", name))
			}
			cursor = page.Next
		}
		down = 0
		_, err := b.call(ctx, tool, map[string]any{"filter": condition, "sort": sort, "limit": 20, "cursor": cursor})
		return err
	}}
}

func (b *bench) filters() []readCase {
	const organizations = "list_organizations"
	conditions := []struct{ name, tool, condition, sort string }{
		{"three unindexed conditions", organizations, `employee_count > 4990 and phone is empty and website ~ "zen"`, "name"},
		{"three unindexed conditions that nothing meets", organizations, `employee_count > 5000 and phone is empty and website ~ "zen"`, "name"},
		{"a part of a name", organizations, `name ~ "zenwa"`, "name"},
		{"a part of a job title, over contacts", "list_contacts", `job_title ~ "zzz"`, "name"},
		{"a common part of a job title", "list_contacts", `job_title ~ "anager"`, "name"},
		{"a job title that nobody has", "list_contacts", `job_title = "Zookeeper"`, "name"},
		{"a part of many names, not of a job title", "list_contacts", `job_title ~ "zen"`, "name"},
		{"a part of few contacts' names", "list_contacts", `name ~ "belxanqua"`, "name"},
		{"a common part of contacts' names", "list_contacts", `name ~ "akke"`, "name"},
		{"a part of a name that occurs nowhere", "list_contacts", `name ~ "zzz"`, "name"},
		{"a part of a name or of a job title", "list_contacts", `last_name ~ "belxanqua" or job_title ~ "zzz"`, "name"},
		{"a part of a related name", "list_organizations", `contacts.last_name ~ "belxanqua"`, "name"},
		{"a count over a relation", organizations, `count(deals) > 2`, "name"},
		{"no related record", organizations, `deals is empty`, "name"},
		{"a condition over two relations", "list_contacts", `organization.deals.amount > 199900`, "name"},
		{"one of two, unindexed", organizations, `employee_count = 17 or annual_revenue = 17000`, "-annual_revenue"},
		{"no tag", organizations, `tags is empty and city = Utrecht`, "name"},
	}
	var cases []readCase
	for _, c := range conditions {
		one := b.list("any filter: "+c.name, filterReach, c.tool, c.condition, c.sort)
		one.rounds = 5
		cases = append(cases, one)
	}
	return append(cases, b.counts()...)
}

// counts are exact counts and sums, which read what they count.
func (b *bench) counts() []readCase {
	count := func(name, typ, condition string) readCase {
		return readCase{name: name, rounds: 5, reach: filterReach, call: func(ctx context.Context, _ int64) error {
			return b.db.View(ctx, b.caller, func(tx *store.Tx) error {
				where, err := parse(tx, typ, condition)
				if err == nil {
					_, err = tx.Count(tx.Schema().Type(typ), where)
				}
				return err
			})
		}}
	}
	aggregate := func(name string, groups ...string) readCase {
		return readCase{name: name, rounds: 5, reach: filterReach, call: func(ctx context.Context, _ int64) error {
			return b.db.View(ctx, b.caller, func(tx *store.Tx) error {
				_, err := tx.Aggregate(store.AggregateQuery{Type: tx.Schema().Type("deal"), GroupBy: groups, Measures: []string{"count", "sum(amount)"}})
				return err
			})
		}}
	}
	return []readCase{
		count("count all organizations", "organization", ""),
		count("count by an index", "organization", "status = active"),
		count("count with two conditions", "organization", "status = active and employee_count > 100"),
		count("count by a custom option and number", "organization", "tier = gold and score > 500"),
		aggregate("sum of deals by stage", "stage"),
		aggregate("sum of deals by stage and month", "stage", "month(created_at)"),
	}
}

func parse(tx *store.Tx, typ, condition string) (filter.Expr, error) {
	if condition == "" {
		return nil, nil
	}
	return tx.ParseFilter(tx.Schema().Type(typ), condition)
}

func (b *bench) searches() []readCase {
	word := func(n int64) string { return newCluster(b.db.Schema(), b.some(n)).org.record.Text("name") }
	typo := func(s string) string { return s[:2] + s[3:] }
	coined := func(n int64) string {
		c := newCluster(b.db.Schema(), b.some(n))
		return c.domain[:len(c.domain)-len(fmt.Sprintf("%d.example", c.number))]
	}
	searched, mistaken := reach{p95: 20 * time.Millisecond}, reach{p95: 30 * time.Millisecond}
	find := func(name string, reach reach, query func(n int64) string) readCase {
		return b.tool("search: "+name, reach, "search", func(n int64) map[string]any { return map[string]any{"query": query(n)} })
	}
	return []readCase{
		find("a rare word", searched, coined),
		find("the commonest word", searched, func(int64) string { return "contract" }),
		find("a common word of names", searched, func(int64) string { return "software" }),
		find("a common first name", searched, func(int64) string { return "Anna" }),
		find("two common words", searched, func(int64) string { return "anna bakker" }),
		find("two common words that no title has both of", searched, func(int64) string { return "contract proposal" }),
		find("three words, one rare", searched, word),
		find("three common words", searched, func(int64) string { return "budget proposal e-mail" }),
		find("the beginning of a word", searched, func(n int64) string { return coined(n)[:4] }),
		find("an e-mail", searched, func(n int64) string { return fmt.Sprintf("info@%s", newCluster(b.db.Schema(), b.some(n)).domain) }),
		find("a typing mistake", mistaken, func(n int64) string { return typo(coined(n)) }),
		b.mistakenName("organization", mistaken),
		b.mistakenName("contact", mistaken),
	}
}
