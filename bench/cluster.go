package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// How many records of each kind an organization brings along.
const (
	contactsEach = 5
	dealsEach    = 2
	users        = 20
	rareTags     = 1_000
)

// The tags that many records have.
const (
	commonTag = iota + 1
	newsletterTag
	firstRareTag
)

// start is when the oldest record was made; the newest is three years younger.
var start = time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)

const days = 1_095

// cluster is an organization with everything that belongs to it. The same
// number always gives the same cluster.
type cluster struct {
	schema   *schema.Schema
	rand     *rand.Rand
	number   int64
	domain   string
	people   *people
	city     string
	owner    int64
	org      entry
	contacts []entry
	deals    []entry
	tasks    []entry
	notes    []entry
	parts    []*store.Record
	links    []link
	// detailCount is how many contact details there are so far.
	detailCount int64
}

// entry is a record with its contact details.
type entry struct {
	record  *store.Record
	details []store.Detail
}

type link struct {
	one, other store.Key
	position   int64
}

func newCluster(s *schema.Schema, number int64) *cluster {
	r := rand.New(rand.NewPCG(7, uint64(number))) //nolint:gosec // the data must be the same every time
	c := &cluster{schema: s, rand: r, number: number, people: &peoples[r.IntN(len(peoples))]}
	c.city = pick(r, cities[c.people.country])
	c.owner = 1 + r.Int64N(users)
	c.organization()
	for i := range int64(contactsEach) {
		c.contact((number-1)*contactsEach + i + 1)
	}
	for i := range int64(dealsEach) {
		c.deal((number-1)*dealsEach + i + 1)
	}
	c.task(number)
	c.note(number)
	c.rollUp()
	return c
}

// record starts a record with what the system keeps of each.
func (c *cluster) record(typ string, id int64, values map[string]any) *store.Record {
	t := c.schema.Type(typ)
	created := schema.MillisOf(start) + schema.Millis(c.rand.Int64N(days*86_400_000))
	values["uid"] = uidOf(t.Code, id)
	values["created_at"], values["updated_at"] = created, created+schema.Millis(c.rand.Int64N(30*86_400_000))
	values["created_by"], values["updated_by"], values["version"] = int64(1), int64(1), int64(1)
	for name, value := range values {
		if value == nil || value == "" {
			delete(values, name)
		}
	}
	return &store.Record{Type: t, ID: id, Values: values}
}

// uidOf makes a UUID of version 7 of a record's type and number.
func uidOf(code, id int64) string {
	mixed := uint64(code)<<56 ^ uint64(id)
	mixed = (mixed ^ mixed>>30) * 0xbf58476d1ce4e5b9
	mixed = (mixed ^ mixed>>27) * 0x94d049bb133111eb
	return fmt.Sprintf("01890000-%04x-7%03x-%04x-%012x", code, mixed>>52, 0x8000|mixed>>36&0x3fff, id)
}

func (c *cluster) organization() {
	r := c.rand
	word := coined(r, 3)
	name := word + " " + pick(r, trades) + " " + pick(r, forms)
	if r.IntN(4) == 0 {
		name = pick(r, c.people.last) + " " + name
	}
	c.domain = fmt.Sprintf("%s%d.example", strings.ToLower(word), c.number)
	values := map[string]any{"name": name, "type": pick(r, []string{"customer", "prospect", "prospect", "partner", "supplier", "other"}),
		"status": pick(r, []string{"active", "active", "active", "on_hold", "inactive", "closed"}), "industry": pick(r, industries),
		"city": c.city, "country": c.people.country, "employee_count": 1 + r.Int64N(5_000), "currency": "EUR", "owner": c.owner,
		"website": "https://" + c.domain}
	if r.IntN(5) > 0 {
		values["annual_revenue"] = schema.Decimal(1+r.Int64N(100_000)) * 1_000 * schema.DecimalOne
	}
	if c.schema.Type("organization").Field("score") != nil {
		values["score"] = schema.Decimal(r.Int64N(100_000)) * schema.DecimalOne / 100
		values["tier"], values["route"] = pick(r, tiers), fmt.Sprintf("Route %04d", r.IntN(10_000))
	}
	values["email"] = "info@" + c.domain
	details := []store.Detail{{Kind: "email", Value: "info@" + c.domain}, {Kind: "website", Value: "https://" + c.domain}}
	c.org = entry{c.record("organization", c.number, values), details}
	c.detail("organization", c.org)
	c.tag(c.org.record, commonTag, 10)
}

func (c *cluster) contact(id int64) {
	r := c.rand
	first, last := pick(r, c.people.first), pick(r, c.people.last)
	if r.IntN(3) == 0 {
		last = coined(r, 3)
	}
	email := fmt.Sprintf("contact%d@%s", id, c.domain)
	values := map[string]any{"first_name": first, "last_name": last, "job_title": pick(r, jobs), "email": email,
		"city": c.city, "country": c.people.country, "organization": c.number, "owner": c.owner}
	details := []store.Detail{{Kind: "email", Value: email}}
	if r.IntN(4) == 0 {
		phone := fmt.Sprintf("+3120%07d", 2_000_000+id%7_000_000)
		values["phone"] = phone
		details = append(details, store.Detail{Kind: "phone", Value: phone})
	}
	e := entry{c.record("contact", id, values), details}
	c.contacts = append(c.contacts, e)
	c.detail("contact", e)
	c.parts = append(c.parts, c.record("membership", id, map[string]any{"organization": c.number, "contact": id, "role": "employee"}))
	c.tag(e.record, newsletterTag, 5)
}

// detailsEach is how many numbers of contact details a cluster may use.
const detailsEach = 2 * (contactsEach + 1)

// detail makes the rows of an entry's contact details.
func (c *cluster) detail(owner string, e entry) {
	for _, d := range e.details {
		c.detailCount++
		c.parts = append(c.parts, c.record("contact_detail", (c.number-1)*detailsEach+c.detailCount, map[string]any{owner: e.record.ID,
			"kind": d.Kind, "label": "general", "value": d.Value, "is_primary": true, "position": int64(0)}))
	}
}

// tag gives one record in so many a common tag, and some a rare one.
func (c *cluster) tag(r *store.Record, common int64, oneIn int) {
	t := c.schema.Type("tag")
	if c.rand.IntN(oneIn) == 0 {
		c.links = append(c.links, link{r.Key(), store.Key{Type: t, ID: common}, 0})
	}
	if c.rand.IntN(oneIn) == 0 {
		c.links = append(c.links, link{r.Key(), store.Key{Type: t, ID: firstRareTag + c.rand.Int64N(rareTags)}, 1})
	}
}
