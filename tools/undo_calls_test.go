package tools

import (
	"fmt"
	"maps"
	"slices"
)

type object = map[string]any

// calls make random arguments of a tool.
type calls = map[string]func(*writer) object

// randomCalls make arguments for each tool that writes. Many are refused, as
// an assistant's are.
func randomCalls() calls {
	all := calls{}
	for _, some := range []calls{creatingCalls(), updatingCalls(), manyCalls(), noteCalls(), peopleCalls(), wholeCalls(), setupCalls()} {
		maps.Copy(all, some)
	}
	return all
}

func creatingCalls() calls {
	return calls{
		"create_organization": func(w *writer) object {
			return w.some(object{"name": w.name(), "if_exists": w.pick("create_anyway", "create_anyway", "update", "skip", "error")},
				object{"emails": w.emails(), "phones": []string{"+31 20 123 45" + w.digits()}, "website": w.name() + ".example", "industry": w.word(), "parent": w.a("organization"),
					"tags": w.tags(), "tier": w.pick("Gold", "Silver"), "note": w.word(), "city": w.word(), "owner": "me", "contacts": w.list("contact")})
		},
		"create_contact": func(w *writer) object {
			return w.some(object{"first_name": w.name(), "if_exists": w.pick("create_anyway", "create_anyway", "update", "skip")},
				object{"last_name": w.word(), "emails": w.emails(), "organization": w.a("organization"), "role": w.pick("decision_maker", "billing"), "title": w.word(),
					"tags": w.tags(), "note": w.word(), "birthday": "--02-28", "owner": "me"})
		},
		"create_deal": func(w *writer) object {
			return w.some(object{"name": w.name()},
				object{"value": w.dice.IntN(5_000), "stage": w.pick("Lead", "Proposal", "Won", "Lost"), "organization": w.a("organization"), "contacts": w.list("contact"),
					"services": []object{{"service": w.a("service"), "quantity": 1 + w.dice.IntN(4)}}, "tags": w.tags(), "points": w.dice.IntN(9), "note": w.word(), "expected_close_on": "+30d"})
		},
		"create_task": func(w *writer) object {
			return w.some(object{"name": w.name()},
				object{"status": w.pick("not_started", "completed"), "recurrence": w.pick("daily", "weekly", "monthly"), "due_at": "+" + w.digits() + "d", "organization": w.a("organization"),
					"contacts": w.list("contact"), "deals": w.list("deal"), "priority": w.pick("low", "high"), "tags": w.tags()})
		},
		"create_service": func(w *writer) object {
			return w.some(object{"name": w.name()}, object{"sku": w.word(), "amount": w.dice.IntN(100), "category": w.word(), "description": w.word()})
		},
		"create_project": func(w *writer) object {
			return w.some(object{"name": w.name()}, object{"organization": w.a("organization"), "deals": w.list("deal"), "start_on": "2026-05-01", "description": w.word()})
		},
		"create_document": func(w *writer) object {
			return w.some(object{"name": w.name(), "content": w.word()}, object{"organization": w.a("organization"), "deals": w.list("deal"), "category": w.word()})
		},
	}
}

func updatingCalls() calls {
	return calls{
		"update_organization": func(w *writer) object {
			return w.some(object{"id": w.a("organization")}, object{"name": w.name(), "industry": w.word(), "emails": w.emails(), "tags": w.tags(), "parent": w.a("organization"),
				"contacts": w.list("contact"), "tier": w.pick("Gold", "Silver"), "clear": []string{"city"}, "owner": "me", "archived_at": "now", "deals": w.list("deal"), "replace": w.dice.IntN(6) == 0})
		},
		"update_contact": func(w *writer) object {
			return w.some(object{"id": w.a("contact")}, object{"first_name": w.name(), "job_title": w.word(), "email": w.name() + "@new.example", "tags": w.tags(),
				"organizations": w.list("organization"), "phones": []string{"mobile: +31 6 123456" + w.digits()}, "clear": []string{"last_name"}})
		},
		"update_deal": func(w *writer) object {
			return w.some(object{"id": w.a("deal")}, object{"stage": w.pick("Lead", "Won", "Lost"), "value": w.dice.IntN(900), "name": w.name(), "lost_reason": w.word(), "points": w.dice.IntN(9),
				"services": []object{{"service": w.a("service"), "unit_price": w.dice.IntN(50)}}, "contacts": w.list("contact"), "organizations": w.list("organization"), "probability": w.dice.IntN(100)})
		},
		"update_task": func(w *writer) object {
			return w.some(object{"id": w.a("task")}, object{"status": w.pick("completed", "completed", "cancelled", "in_progress"), "due_at": "+" + w.digits() + "d", "name": w.name(), "deals": w.list("deal"), "priority": "high"})
		},
		"update_service": func(w *writer) object {
			return w.some(object{"id": w.a("service")}, object{"name": w.name(), "amount": w.dice.IntN(100), "is_active": w.dice.IntN(2) == 0, "description": w.word()})
		},
		"update_project": func(w *writer) object {
			return w.some(object{"id": w.a("project")}, object{"name": w.name(), "status": w.pick("active", "completed", "planned"), "description": w.word(), "deals": w.list("deal")})
		},
		"update_document": func(w *writer) object {
			return w.some(object{"id": w.a("document")}, object{"name": w.name(), "content": w.word() + w.digits(), "category": w.word()})
		},
	}
}

func manyCalls() calls {
	return calls{
		"update_records": func(w *writer) object {
			kind := w.pick("organization", "contact", "deal", "task")
			if w.dice.IntN(2) == 0 {
				return object{"type": kind, "filter": "created_at is not empty", "expected_count": len(w.live[kind]), "set": []string{w.pick("tags+=", "tags-=") + w.tag()}}
			}
			return object{"ids": w.list(kind), "set": []string{w.pick("owner=me", "description="+w.word(), "name="+w.name(), "tags="+w.tag())}}
		},
		"duplicate_record": func(w *writer) object {
			return object{"id": w.a(w.pick("organization", "deal", "project", "service", "task")), "name": w.name() + " copy"}
		},
		"link_records": func(w *writer) object {
			from, to := w.pair()
			return w.some(object{"from": from, "to": to}, object{"role": "technical", "quantity": 1 + w.dice.IntN(5)})
		},
		"unlink_records": func(w *writer) object {
			from, to := w.pair()
			return object{"from": from, "to": to}
		},
		"delete_records": func(w *writer) object { return object{"ids": w.list(w.record())} },
		"restore_records": func(w *writer) object {
			return object{"ids": []string{fmt.Sprintf("%s_%d", w.pick("org", "con", "deal", "task", "note", "svc"), 1+w.dice.IntN(12))}}
		},
	}
}

func noteCalls() calls {
	return calls{
		"add_note": func(w *writer) object {
			return w.some(object{"to": w.list(w.pick("organization", "contact", "deal", "task")), "body": w.word() + " " + w.name()},
				object{"title": w.word(), "flagged": true, "is_private": true, "category": "general"})
		},
		"update_note": func(w *writer) object {
			return w.some(object{"id": w.a("note")}, object{"body": w.word(), "title": w.word(), "append": w.word(), "to": w.list("deal"), "replace": w.dice.IntN(5) == 0})
		},
		"log_activity": func(w *writer) object {
			return w.some(object{"type": w.pick("call", "meeting", "email"), "contacts": w.list("contact")},
				object{"to": w.list(w.pick("organization", "deal")), "subject": w.word(), "body": w.word(), "duration_minutes": w.dice.IntN(90), "follow_up": object{"name": w.name(), "due_at": "+3d"}})
		},
		"update_activity": func(w *writer) object {
			return w.some(object{"id": w.a("activity")}, object{"subject": w.word(), "body": w.word(), "contacts": w.list("contact"), "duration_minutes": w.dice.IntN(90), "occurred_at": "-2h"})
		},
	}
}

func peopleCalls() calls {
	return calls{
		"add_member": func(w *writer) object {
			return w.some(object{"organization": w.a("organization"), "contact": w.a("contact")}, object{"role": "billing", "title": w.word(), "is_primary": true, "started_on": "2026-01-01"})
		},
		"update_member": func(w *writer) object {
			return w.some(object{"id": w.a("membership")}, object{"role": "advisor", "title": w.word(), "is_primary": w.dice.IntN(2) == 0, "ended_on": "2026-05-01"})
		},
		"remove_member": func(w *writer) object { return object{"id": w.a("membership")} },
		"add_contact_detail": func(w *writer) object {
			return w.some(object{"of": w.a(w.pick("organization", "contact")), "value": w.name() + w.digits() + "@more.example"}, object{"label": "work", "is_primary": true})
		},
		"update_contact_detail": func(w *writer) object {
			return w.some(object{"id": w.a("contact_detail")}, object{"value": w.name() + "@changed.example", "label": "home", "is_primary": true})
		},
		"remove_contact_details": func(w *writer) object {
			if w.dice.IntN(2) == 0 {
				return object{"of": w.a(w.pick("organization", "contact")), "all": true}
			}
			return object{"ids": w.list("contact_detail")}
		},
	}
}

func wholeCalls() calls {
	return calls{
		"merge_records": func(w *writer) object {
			kind := w.pick("organization", "contact", "deal", "service", "task", "project")
			winner := w.a(kind)
			losers := slices.DeleteFunc(slices.Clone(w.live[kind]), func(id string) bool { return id == winner })
			w.dice.Shuffle(len(losers), func(i, j int) { losers[i], losers[j] = losers[j], losers[i] })
			return object{"winner": winner, "losers": losers[:min(len(losers), 1+w.dice.IntN(2))]}
		},
		"batch": func(w *writer) object {
			var steps []object
			for range 1 + w.dice.IntN(4) {
				tool := w.pick("create_contact", "create_deal", "update_organization", "add_note", "delete_records", "link_records", "update_deal", "define_field", "duplicate_record")
				steps = append(steps, object{"tool": tool, "arguments": w.calls[tool](w)})
			}
			return object{"steps": append(steps, object{"tool": "create_task", "arguments": object{"name": "$1.id"}})}
		},
		"define_field": func(w *writer) object {
			switch w.dice.IntN(4) {
			case 0:
				return object{"record_type": "organization", "key": "tier", "options": []string{"Gold", w.word() + w.digits()}, "replacements": []string{"Silver=Gold"}}
			case 1:
				return object{"record_type": "deal", "key": "points", "label": "Points " + w.digits()}
			case 2:
				return object{"record_type": w.pick("contact", "deal"), "key": "choice_" + w.digits(), "kind": "multi_select", "options": []string{"A", "B"}}
			}
			return object{"record_type": w.pick("organization", "task"), "key": "field_" + w.digits(), "kind": w.pick("text", "number", "date"), "label": w.word()}
		},
		"delete_setup": func(w *writer) object { return object{"id": w.a("custom_field")} },
		"undo":         func(*writer) object { return object{} },
	}
}

func setupCalls() calls {
	return calls{
		"create_user": func(w *writer) object {
			return w.some(object{"first_name": w.name(), "email": w.name() + w.digits() + "@us.example"}, object{"last_name": w.word(), "role": w.pick("viewer", "member")})
		},
		"update_user": func(w *writer) object {
			ids := w.live["user"]
			return w.some(object{"id": ids[len(ids)-1]}, object{"last_name": w.word(), "timezone": w.pick("Europe/Paris", "Asia/Tokyo")})
		},
		"update_company": func(w *writer) object {
			return w.some(object{}, object{"name": w.name(), "country": w.pick("NL", "FR"), "week_start": w.pick("monday", "sunday"), "city": w.word()})
		},
		"create_webhook": func(w *writer) object {
			return w.some(object{"url": "https://" + w.word() + ".example/hook", "events": []string{w.pick("deal.won", "contact.*")}}, object{"description": w.word()})
		},
		"update_webhook": func(w *writer) object {
			return w.some(object{"id": w.a("webhook")}, object{"events": []string{"*"}, "is_enabled": w.dice.IntN(2) == 0, "description": w.word(), "rotate_secret": true})
		},
		"import_records": func(w *writer) object {
			return object{"type": "contact", "format": "csv", "text": "First name,Email,Organization\n" + w.name() + "," + w.digits() + "@import.example,\n" + w.name() + ",b@y.example," + w.name() + "\n"}
		},
	}
}

// some takes a part of the optional arguments, and none that are empty.
func (w *writer) some(args, optional object) object {
	for _, name := range slices.Sorted(maps.Keys(optional)) {
		if w.dice.IntN(2) == 0 && optional[name] != "" {
			args[name] = optional[name]
		}
	}
	return args
}

func (w *writer) pick(words ...string) string { return words[w.dice.IntN(len(words))] }

func (w *writer) name() string {
	return w.pick("Acme", "Globex", "Initech", "Umbrella", "Ada", "Grace", "Łódź", "O'Brien")
}

func (w *writer) word() string   { return w.pick("tea", "audit", "hosting", "blue", "Ünïcode") }
func (w *writer) digits() string { return fmt.Sprintf("%02d", 1+w.dice.IntN(90)) }
func (w *writer) tag() string    { return w.pick("VIP", "cold", "warm", "press") }

func (w *writer) tags() []string { return []string{w.tag(), w.tag()} }

func (w *writer) emails() []string {
	return []string{w.name() + w.digits() + "@x.example", "work: " + w.pick("a", "b") + "@y.example"}
}

// a is the id of a record that stands, or of one that does not.
func (w *writer) a(kind string) string {
	if ids := w.live[kind]; len(ids) > 0 {
		return ids[w.dice.IntN(len(ids))]
	}
	return "org_99999"
}

func (w *writer) list(kind string) []string {
	ids := make([]string, 1+w.dice.IntN(2))
	for i := range ids {
		ids[i] = w.a(kind)
	}
	return ids
}

func (w *writer) record() string {
	return w.pick("organization", "contact", "deal", "task", "service", "project", "document", "note", "activity", "tag")
}

// pair is a record and what may be linked with it.
func (w *writer) pair() (from string, to []string) {
	switch w.dice.IntN(4) {
	case 0:
		return w.a("deal"), []string{w.a("service")}
	case 1:
		return w.a("organization"), []string{w.a("contact"), "tag:" + w.tag()}
	case 2:
		return w.a("task"), []string{w.a("deal"), w.a("contact")}
	}
	return w.a(w.record()), []string{w.a(w.record())}
}
