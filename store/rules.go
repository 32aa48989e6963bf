package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// rules are what each type asks of a write beyond its fields' own checks. A
// rule completes the draft's values or adds problems; it writes nothing.
var rules = map[string]func(*Tx, *draft){
	"organization":   (*Tx).organizationRules,
	"deal":           (*Tx).dealRules,
	"task":           (*Tx).taskRules,
	"membership":     (*Tx).membershipRules,
	"contact_detail": (*Tx).detailRules,
	"note":           (*Tx).noteRules,
	"activity":       (*Tx).activityRules,
	"document":       (*Tx).documentRules,
	"stage":          (*Tx).stageRules,
	"custom_field":   (*Tx).definitionRules,
	"webhook":        (*Tx).webhookRules,
}

func (tx *Tx) applyRules(d *draft) {
	if rule := rules[d.typ.Name]; rule != nil {
		rule(tx, d)
	}
}

// organizationRules gives a revenue its currency and refuses circles of parents.
func (tx *Tx) organizationRules(d *draft) {
	if d.get("annual_revenue") != nil && d.get("currency") == nil {
		d.values["currency"] = tx.company.Values["currency"]
	}
	parent, given := d.values["parent"].(int64)
	for steps := 0; given && d.before != nil && parent != 0 && steps < 100; steps++ {
		if parent == d.before.ID {
			d.problems.Add("parent", "parent would make %s its own ancestor", d.before.Title())
			return
		}
		above, err := tx.get(Key{d.typ, parent})
		if err != nil {
			return
		}
		parent = above.Int("parent")
	}
}

// dealRules keeps pipeline, stage, probability and closing date in step.
func (tx *Tx) dealRules(d *draft) {
	stages := tx.Schema().Type("stage")
	if d.values["stage"] == nil && (d.before == nil || d.values["pipeline"] != nil && d.values["pipeline"] != d.before.Values["pipeline"]) {
		if id := tx.firstStage(d); id != 0 {
			d.values["stage"] = id
		}
	}
	if d.before != nil && d.given("stage") && d.in.Values["stage"] == nil {
		d.problems.Add("stage", "a deal always has a stage: name one")
		return
	}
	tx.keepPricesTrue(d)
	id, _ := d.values["stage"].(int64)
	if id == 0 || d.before != nil && d.before.Int("stage") == id {
		tx.keepClosing(d)
		return
	}
	stage, err := tx.cached(Key{stages, id})
	if err != nil {
		return
	}
	if pipeline, ok := d.values["pipeline"].(int64); ok && d.given("pipeline") && pipeline != stage.Int("pipeline") {
		d.problems.Add("stage", "stage %s is of another pipeline", stage.Title())
	}
	d.values["pipeline"] = stage.Int("pipeline")
	d.values["stage_changed_at"] = tx.now()
	tx.enterStage(d, stage)
}

// keepPricesTrue refuses to give a deal another currency while its lines keep
// their prices: the same numbers would mean other money.
func (tx *Tx) keepPricesTrue(d *draft) {
	if d.before == nil || !d.given("currency") {
		return
	}
	next, _ := d.values["currency"].(string)
	was := cmp.Or(d.before.Text("currency"), tx.company.Text("currency"))
	if cmp.Or(next, tx.company.Text("currency")) == was {
		return
	}
	all, err := tx.Lines([]int64{d.before.ID})
	if err != nil {
		d.problems.Add("currency", "the deal's lines could not be looked up: try again")
		return
	}
	keepsPrice := func(line Line) bool {
		if line.UnitPrice == nil || d.lines == nil {
			return line.UnitPrice != nil
		}
		return slices.ContainsFunc(d.lines, func(given lineDraft) bool { return given.service.ID == line.Service.ID && given.in.Price == nil })
	}
	if slices.ContainsFunc(all[d.before.ID], keepsPrice) {
		d.problems.Add("currency", "its lines are priced in %s: give services with unit_price too", was)
	}
}

// firstStage is that of the pipeline given, else of the first pipeline.
func (tx *Tx) firstStage(d *draft) int64 {
	pipeline, _ := d.get("pipeline").(int64)
	query, args := `SELECT id FROM stage WHERE deleted_at IS NULL ORDER BY pipeline_id, position, id LIMIT 1`, []any(nil)
	if pipeline != 0 {
		query, args = `SELECT id FROM stage WHERE deleted_at IS NULL AND pipeline_id = ? ORDER BY position, id LIMIT 1`, []any{pipeline}
	}
	var id int64
	if _, err := tx.one(query, args, &id); err != nil {
		return 0
	}
	return id
}

// enterStage takes over the stage's probability unless one was set, sets or
// clears the closing date, and drops the reason of a loss that is none any more.
func (tx *Tx) enterStage(d *draft, stage *Record) {
	closed := stage.Text("kind") != "open"
	if !d.given("probability") || closed {
		if d.before == nil || closed || tx.followsStage(d.before) {
			d.values["probability"] = stage.Values["probability"]
		}
		if closed {
			d.values["probability"] = map[string]int64{"won": 100, "lost": 0}[stage.Text("kind")]
		}
	}
	if stage.Text("kind") != "lost" && !d.given("lost_reason") && d.get("lost_reason") != nil {
		d.values["lost_reason"] = nil
	}
	if d.given("closed_on") {
		return
	}
	wasClosed := d.before != nil && d.before.Text("status") != "open"
	switch {
	case closed && !wasClosed && d.get("closed_on") == nil:
		d.values["closed_on"] = tx.clock.Today()
	case !closed && wasClosed:
		d.values["closed_on"] = nil
	}
}

// keepClosing gives a deal back what its stage says where that was cleared: a
// closed deal has a date and is certain, an open one as likely as its stage.
func (tx *Tx) keepClosing(d *draft) {
	if d.before == nil || d.get("probability") != nil && d.get("closed_on") != nil {
		return
	}
	stage, err := tx.cached(Key{tx.Schema().Type("stage"), d.before.Int("stage")})
	if err != nil {
		return
	}
	if d.given("probability") && d.get("probability") == nil {
		d.values["probability"] = stage.Values["probability"]
	}
	if d.given("closed_on") && d.get("closed_on") == nil && stage.Text("kind") != "open" {
		d.values["closed_on"] = d.before.Values["closed_on"]
		d.warnings = append(d.warnings, "a closed deal keeps the date on which it was closed")
	}
}

// followsStage says whether a deal's probability is still its stage's.
func (tx *Tx) followsStage(deal *Record) bool {
	stage, err := tx.cached(Key{tx.Schema().Type("stage"), deal.Int("stage")})
	return err != nil || !deal.Has("probability") || deal.Values["probability"] == stage.Values["probability"]
}

// taskRules notes when a task was completed: now, unless an import says when. A
// task of which that is imported without its status is completed.
func (tx *Tx) taskRules(d *draft) {
	was := ""
	if d.before != nil {
		was = d.before.Text("status")
	}
	imported := d.given("completed_at") && d.values["completed_at"] != nil
	if imported && !d.given("status") {
		d.values["status"] = "completed"
	}
	status, _ := d.get("status").(string)
	if imported && status != "completed" {
		delete(d.values, "completed_at")
		d.warnings = append(d.warnings, "completed_at was left out, because the status is "+status)
		imported = false
	}
	switch {
	case imported:
	case status == "completed" && was != "completed":
		d.values["completed_at"] = tx.now()
	case status != "completed" && was == "completed":
		d.values["completed_at"] = nil
	}
}

func (tx *Tx) membershipRules(d *draft) {
	if d.before != nil {
		for _, name := range []string{"organization", "contact"} {
			if d.given(name) && d.values[name] != d.before.Values[name] {
				d.problems.Add(name, "a membership stays between the same two records: add_member makes another")
			}
		}
	} else {
		tx.refuseSecondMembership(d)
	}
	start, _ := d.get("started_on").(schema.Date)
	end, ended := d.get("ended_on").(schema.Date)
	if ended && end < start {
		d.problems.Add("ended_on", "ended_on lies before started_on")
	}
}

func (tx *Tx) refuseSecondMembership(d *draft) {
	organization, _ := d.values["organization"].(int64)
	contact, _ := d.values["contact"].(int64)
	if tx.made[Key{tx.Schema().Type("contact"), contact}] || tx.made[Key{tx.Schema().Type("organization"), organization}] {
		return
	}
	var id int64
	found, err := tx.one(`SELECT id FROM membership WHERE organization_id = ? AND contact_id = ? AND deleted_at IS NULL`, []any{organization, contact}, &id)
	if err == nil && found {
		d.problems.Add("contact", "they are linked already by %s: update_member changes the role, title and dates", d.typ.IDString(id))
	}
}

func (tx *Tx) detailRules(d *draft) {
	if (d.get("organization") == nil) == (d.get("contact") == nil) {
		d.problems.Add("of", "of must name the organization or contact whose detail it is")
	}
	if d.before != nil && d.before.Bool("integration") && !d.options.OverrideIntegration {
		d.problems.Add("id", "%s is kept by an integration: send override_integration true to change it all the same", d.before.Key())
	}
	kind, _ := d.get("kind").(string)
	label, _ := d.get("label").(string)
	value, _ := d.get("value").(string)
	if d.before != nil && d.given("kind") && kind != d.before.Text("kind") {
		d.problems.Add("kind", "the kind of a contact detail cannot change: add another and remove this one")
	}
	if kind == "" || value == "" {
		return
	}
	if label == "" {
		label = "general"
	}
	reader := tx.Reader(d.options.Importing)
	reader.Warn = func(message string) { d.warnings = append(d.warnings, message) }
	if err := reader.CheckDetail(kind, schema.Detail{Label: label, Value: value}); err != nil {
		d.problems.Add("value", "value %v", err)
	}
	tx.placeDetail(d, kind)
}

// placeDetail puts a new detail last among those of its kind; the first of a
// kind is the primary one.
func (tx *Tx) placeDetail(d *draft, kind string) {
	of := tx.detailParent(d)
	if d.before != nil || of.Type == nil {
		return
	}
	old, err := tx.detailsOfKind(of, kind)
	if err != nil {
		return
	}
	value, _ := d.get("value").(string)
	for _, o := range old {
		if strings.EqualFold(o.Value, value) {
			d.problems.Add("value", "%s has %s already as %s", tx.called(of), value, d.typ.IDString(o.ID))
		}
	}
	d.values["position"] = int64(len(old))
	if len(old) == 0 {
		d.values["is_primary"] = true
	}
}

func (tx *Tx) detailParent(d *draft) Key {
	for _, name := range []string{"organization", "contact"} {
		if id, ok := d.get(name).(int64); ok {
			return Key{tx.Schema().Type(name), id}
		}
	}
	return Key{}
}

// noteRules lets only consultants and admins write in another's name.
func (tx *Tx) noteRules(d *draft) {
	for _, name := range []string{"author", "created_at"} {
		if d.before != nil && d.given(name) && d.get(name) == nil {
			d.problems.Add(name, "a note keeps its %s: give another, or leave it out", name)
		}
	}
	author, ok := d.values["author"].(int64)
	usual := tx.caller.User
	if d.before != nil {
		usual = d.before.Int("author")
	}
	if ok && d.given("author") && author != usual && !schema.RoleIncludes(tx.role, schema.Consultant) {
		d.problems.Add("author", "only consultants and admins may name another author")
	}
	if d.before != nil && d.given("created_at") && usual != tx.caller.User && !schema.RoleIncludes(tx.role, schema.Consultant) {
		d.problems.Add("created_at", "only its author, consultants and admins may date a note otherwise")
	}
	if d.before != nil && d.given("is_private") && d.before.Int("author") != tx.caller.User && d.get("is_private") == true {
		d.problems.Add("is_private", "only its author may make a note private")
	}
	if d.before == nil && !slices.ContainsFunc(d.typ.Relations, func(r *schema.Relation) bool { return len(d.links[r.Name]) > 0 }) && len(*d.problems) == 0 && !d.options.Importing {
		d.problems.Add("to", "to is needed: the records that the note is about")
	}
}

func (tx *Tx) activityRules(d *draft) {
	if d.get("occurred_at") == nil {
		d.values["occurred_at"] = tx.now()
	}
}

// documentRules reads the content, notes its size and hash and guesses its type.
func (tx *Tx) documentRules(d *draft) {
	content, given := d.values["content"].(string)
	if !given {
		return
	}
	mime, _ := d.get("mime_type").(string)
	data := schema.DecodeContent(content, mime)
	if isBinary(mime) && string(data) == content && content != "" {
		d.problems.Add("content", "content of %s must be base64", mime)
		return
	}
	if len(data) > maxContent {
		d.problems.Add("content", "content has %d bytes; at most %d fit in a call", len(data), maxContent)
		return
	}
	if mime == "" {
		d.values["mime_type"] = http.DetectContentType(data)
	}
	sum := sha256.Sum256(data)
	d.values["sha256"] = hex.EncodeToString(sum[:])
	d.values["size"] = int64(len(data))
}

// isBinary says of some types that no plain text is of them.
func isBinary(mime string) bool {
	kind, _, _ := strings.Cut(mime, "/")
	return kind == "image" && mime != "image/svg+xml" || kind == "audio" || kind == "video" || mime == "application/pdf" || mime == "application/zip"
}

// maxContent is the largest document in a call, in bytes.
const maxContent = 2 << 20

// stageRules gives a stage that closes deals its probability.
func (tx *Tx) stageRules(d *draft) {
	if d.get("probability") == nil {
		kind, _ := d.get("kind").(string)
		d.values["probability"] = map[string]int64{"won": 100, "lost": 0, "open": 50}[kind]
	}
}
