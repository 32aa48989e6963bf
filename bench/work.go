package main

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// The stages of the first pipeline: four open ones, won and lost.
var stageProbability = []int64{10, 25, 50, 75, 100, 0}

const (
	wonStage  = 5
	lostStage = 6
)

func (c *cluster) deal(id int64) {
	r := c.rand
	stage := 1 + r.Int64N(lostStage)
	values := map[string]any{"name": pick(r, products) + " " + pick(r, products) + " " + coined(r, 3),
		"value": schema.Decimal(1+r.Int64N(2_000)) * 100 * schema.DecimalOne, "currency": "EUR", "pipeline": int64(1), "stage": stage,
		"probability": stageProbability[stage-1], "source": pick(r, sources), "organization": c.number,
		"contact": c.contacts[0].record.ID, "owner": c.owner}
	record := c.record("deal", id, values)
	changed := values["updated_at"].(schema.Millis)
	values["stage_changed_at"] = changed
	if stage >= wonStage {
		values["closed_on"] = schema.DateOf(changed.Time())
	} else {
		values["expected_close_on"] = schema.DateOf(changed.Time()).AddDays(r.IntN(200))
	}
	c.deals = append(c.deals, entry{record: record})
	c.attach(record, c.org.record, c.contacts[0].record)
	c.tag(record, commonTag, 10)
}

func (c *cluster) task(id int64) {
	r := c.rand
	values := map[string]any{"name": pick(r, chores) + " " + coined(r, 3), "type": pick(r, []string{"todo", "call", "email", "meeting"}),
		"status": "not_started", "priority": pick(r, []string{"low", "medium", "high"}), "organization": c.number,
		"contact": c.contacts[0].record.ID, "owner": c.owner}
	record := c.record("task", id, values)
	values["due_at"] = values["updated_at"].(schema.Millis) + schema.Millis(r.Int64N(60*86_400_000))
	if r.IntN(2) == 0 {
		values["status"], values["completed_at"] = "completed", values["updated_at"]
	}
	c.tasks = append(c.tasks, entry{record: record})
	c.attach(record, c.org.record, c.contacts[0].record)
}

func (c *cluster) note(id int64) {
	r := c.rand
	body := pick(r, remarks) + " " + pick(r, remarks) + fmt.Sprintf(" Reference %s-%d.", coined(r, 3), id)
	record := c.record("note", id, map[string]any{"title": pick(r, chores), "body": body, "category": 1 + r.Int64N(5), "author": c.owner})
	c.notes = append(c.notes, entry{record: record})
	c.attach(record, c.org.record)
}

// attach links a record to others, as their first.
func (c *cluster) attach(r *store.Record, others ...*store.Record) {
	for _, other := range others {
		c.links = append(c.links, link{r.Key(), other.Key(), 0})
	}
}

// rollUp fills in what follows from the other records of the cluster.
func (c *cluster) rollUp() {
	c.org.record.Values["contact_count"] = int64(contactsEach)
	for _, party := range []*store.Record{c.org.record, c.contacts[0].record} {
		counts, sums := map[int64]int64{}, map[int64]schema.Decimal{}
		for _, d := range c.deals {
			kind := max(d.record.Int("stage"), wonStage-1)
			counts[kind]++
			sums[kind] += d.record.Decimal("value")
		}
		v := party.Values
		v["deal_count"] = int64(len(c.deals))
		v["open_deal_count"], v["won_deal_count"], v["lost_deal_count"] = counts[wonStage-1], counts[wonStage], counts[lostStage]
		v["open_deal_value"], v["won_deal_value"] = sums[wonStage-1], sums[wonStage]
		for _, t := range c.tasks {
			if t.record.Has("completed_at") {
				v["last_activity_at"] = t.record.Values["completed_at"]
			} else {
				v["next_task_due_at"] = t.record.Values["due_at"]
			}
		}
	}
}
