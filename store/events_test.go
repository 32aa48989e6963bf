package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crmcp/crmcp/schema"
)

// hooked is a fixture with a webhook that asks for events.
func hooked(t *testing.T, events ...string) (*fixture, *Record) {
	t.Helper()
	f := newFixture(t)
	return f, f.hook("https://receiver.example/crm", events...)
}

func shell() Caller { return Caller{Client: "crmcp", Tool: "create_webhook", Shell: true} }

func (f *fixture) hook(url string, events ...string) *Record {
	f.Helper()
	var w *Written
	err := f.db.Update(f.Context(), shell(), func(tx *Tx) (err error) {
		var problems schema.Problems
		in := tx.Reader(false).Read(tx.Schema().Type("webhook"), map[string]any{"url": url, "events": events}, &problems)
		w, _, err = tx.CreateWebhook(in, WriteOptions{Problems: problems})
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return w.Record
}

// sentEvent is an event as its receiver reads it.
type sentEvent struct {
	ID, Type, Timestamp string
	Data                struct {
		Record  map[string]any
		Changes map[string]struct{ Previous, Current any }
		Change  string
		User    map[string]any
		Client  string
	}
}

// events are all that were queued since the last time, and forgets them.
func (f *fixture) events() (list []sentEvent) {
	f.Helper()
	f.update(func(tx *Tx) error {
		bodies, err := column1(tx.ctx, tx.session.conn, `SELECT body FROM event ORDER BY id`)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			var e sentEvent
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				return err
			}
			list = append(list, e)
		}
		for _, table := range []string{"delivery", "event"} {
			if err := tx.exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		return nil
	})
	return list
}

func names(events []sentEvent) string {
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = fmt.Sprintf("%s %v", e.Type, e.Data.Record["id"])
	}
	return strings.Join(list, ", ")
}

func (f *fixture) wantEvents(what, want string) []sentEvent {
	f.Helper()
	events := f.events()
	if got := names(events); got != want {
		f.Errorf("%s sent %q, not %q", what, got, want)
	}
	return events
}

func TestEventsOfADeal(t *testing.T) {
	f, _ := hooked(t, "*")
	deal := f.create("deal", map[string]any{"name": "Renewal", "value": 100})
	created := f.wantEvents("creating", "deal.created deal_1")[0]
	if created.Data.Changes != nil || created.Data.Client != "test" || created.Data.Change != "chg_3" || created.Data.User["id"] != "usr_1" || !strings.HasPrefix(created.ID, "evt_") {
		t.Errorf("created: %+v", created)
	}
	f.change(deal, map[string]any{"name": "Renewal"})
	f.wantEvents("changing nothing", "")
	f.change(deal, map[string]any{"stage": "Proposal"})
	moved := f.wantEvents("moving on", "deal.updated deal_1, deal.stage_changed deal_1")[1]
	if c := moved.Data.Changes["stage"]; c.Previous.(map[string]any)["name"] != "Lead" || c.Current.(map[string]any)["name"] != "Proposal" {
		t.Errorf("stage: %+v", c)
	}
	f.change(deal, map[string]any{"stage": "Won"})
	f.wantEvents("winning", "deal.updated deal_1, deal.stage_changed deal_1, deal.won deal_1")
	f.change(deal, map[string]any{"stage": "Lost"})
	f.wantEvents("losing", "deal.updated deal_1, deal.stage_changed deal_1, deal.lost deal_1")
	f.update(func(tx *Tx) error { _, err := tx.Delete([]Key{deal.Key()}); return err })
	f.wantEvents("deleting", "deal.deleted deal_1")
	f.update(func(tx *Tx) error { _, err := tx.Restore([]Key{deal.Key()}); return err })
	f.wantEvents("restoring", "deal.restored deal_1")
}

func TestEventsOfLinksAndParts(t *testing.T) {
	f, _ := hooked(t, "*")
	acme := f.create("organization", map[string]any{"name": "Acme"})
	f.wantEvents("creating", "organization.created org_1")
	ada := f.create("contact", map[string]any{"first_name": "Ada", "organization": "Acme", "email": "ada@acme.example"})
	f.wantEvents("a member", "contact.created con_1, membership.created mem_1, organization.updated org_1, contact_detail.created det_1")
	f.change(ada, map[string]any{"email": "ada@other.example"})
	mail := f.wantEvents("another address", "contact_detail.updated det_1, contact.updated con_1")[1]
	if got := mail.Data.Changes["contact_details"].Current; !strings.Contains(fmt.Sprint(got), "ada@other.example") {
		t.Errorf("contact_details: %v", mail.Data.Changes)
	}
	f.change(acme, map[string]any{"tags": []any{"VIP"}})
	tagged := f.wantEvents("a tag", "tag.created tag_1, organization.updated org_1")[1]
	if got := fmt.Sprint(tagged.Data.Changes["tags"]); got != "{[] [VIP]}" {
		t.Errorf("tags: %s", got)
	}
	f.change(acme, map[string]any{"tags": []any{}})
	f.wantEvents("no tag", "organization.updated org_1, tag.updated tag_1")
	deal := f.create("deal", map[string]any{"name": "Renewal", "organization": "Acme"})
	f.wantEvents("a linked deal", "deal.created deal_1")
	f.change(deal, map[string]any{"contacts": []any{"Ada"}})
	f.wantEvents("another link", "")
	f.create("task", map[string]any{"name": "Call", "status": "completed"})
	f.wantEvents("a finished task", "task.created task_1, task.completed task_1")
}

func TestMergeAndUndoSendEvents(t *testing.T) {
	f, _ := hooked(t, "*")
	f.create("contact", map[string]any{"first_name": "Ada", "email": "ada@acme.example"})
	f.create("contact", map[string]any{"first_name": "Ada L", "phone": "+31201234567"})
	f.events()
	types := f.db.Schema().Type("contact")
	var change int64
	f.update(func(tx *Tx) error {
		if _, err := tx.merge(Key{types, 1}, []Key{{types, 2}}, nil); err != nil {
			return err
		}
		var err error
		change, err = tx.ChangeID()
		return err
	})
	merged := f.events()
	at := slices.IndexFunc(merged, func(e sentEvent) bool { return e.Type == "contact.merged" })
	if at < 0 || merged[at].Data.Record["id"] != "con_2" || merged[at].Data.Changes["merged_into"].Current.(map[string]any)["id"] != "con_1" {
		t.Errorf("merging sent %s: %+v", names(merged), merged)
	}
	f.update(func(tx *Tx) error { _, err := tx.Undo([]int64{change}, false); return err })
	if got := names(f.events()); !strings.Contains(got, "contact.restored con_2") {
		t.Errorf("undoing the merge sent %s", got)
	}
}

func TestPrivateNotesAreNeverQueued(t *testing.T) {
	f, _ := hooked(t, "*", "note.*")
	f.create("organization", map[string]any{"name": "Acme", "tags": []any{"x"}})
	f.events()
	note := f.create("note", map[string]any{"body": "the secret plan", "is_private": true, "organizations": []any{"Acme"}})
	f.change(note, map[string]any{"body": "the secret plan, again", "tags": []any{"x"}})
	f.wantEvents("a private note", "")
	f.change(note, map[string]any{"is_private": false, "body": "for all"})
	shared := f.wantEvents("sharing it", "note.updated note_1")
	if text := fmt.Sprint(shared); strings.Contains(text, "secret plan") {
		t.Errorf("the event tells what was private: %s", text)
	}
	f.change(note, map[string]any{"is_private": true})
	f.update(func(tx *Tx) error { _, err := tx.Delete([]Key{note.Key()}); return err })
	f.wantEvents("hiding and deleting it", "")
}

func TestPatternsChooseEvents(t *testing.T) {
	f, hook := hooked(t, "deal.won", "contact.*")
	f.create("deal", map[string]any{"name": "A"})
	f.create("organization", map[string]any{"name": "Acme"})
	f.wantEvents("what nobody asks for", "")
	f.create("deal", map[string]any{"name": "B", "stage": "Won"})
	f.wantEvents("a deal won at once", "deal.won deal_2")
	f.create("contact", map[string]any{"first_name": "Ada"})
	f.wantEvents("a contact", "contact.created con_1")
	err := f.db.Update(t.Context(), shell(), func(tx *Tx) error { _, err := tx.Delete([]Key{hook.Key()}); return err })
	if err != nil {
		t.Fatal(err)
	}
	f.create("contact", map[string]any{"first_name": "Bob"})
	f.wantEvents("a contact after the webhook was deleted", "")
	_, err = f.try("webhook", map[string]any{"url": "https://x.example", "events": []any{"deal.wonn"}})
	if err == nil || !strings.Contains(err.Error(), `did you mean "deal.won"?`) {
		t.Errorf("deal.wonn: %v", err)
	}
}

func TestChangingAndChangingBackSendsNothing(t *testing.T) {
	f, _ := hooked(t, "*")
	r := f.create("organization", map[string]any{"name": "Acme"})
	f.events()
	f.update(func(tx *Tx) error {
		for _, name := range []string{"Other", "Acme"} {
			var problems schema.Problems
			in := tx.Reader(false).Read(r.Type, map[string]any{"name": name}, &problems)
			if _, err := tx.Update(Key{tx.Schema().Type("organization"), r.ID}, in, WriteOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	f.wantEvents("a change and its contrary", "")
}
