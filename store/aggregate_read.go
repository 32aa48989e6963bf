package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/filter"
	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

const (
	maxGroupings = 3
	maxMeasures  = 20
)

// subject is what a group or measure looks at: a field, or, without one, the
// records at the end of the relations.
type subject struct {
	relations []*schema.Relation
	field     *schema.Field
	of        *schema.Type
	// name is the path in canonical names.
	name string
}

// several says that a record may have more than one of the subject.
func (s subject) several() bool {
	many := func(r *schema.Relation) bool { return r.Many }
	return slices.ContainsFunc(s.relations, many) || s.field != nil && s.field.Kind == schema.MultiEnum
}

// read checks the query; what is wrong with it is noted.
func (a *aggregation) read() {
	if len(a.GroupBy) > maxGroupings {
		a.problems.Add("group_by", "%d groups: at most %d are taken", len(a.GroupBy), maxGroupings)
	}
	for i, spelled := range a.GroupBy {
		a.readOne(a.readGroup, fmt.Sprintf("group_by[%d]", i), spelled)
	}
	measures := a.Measures
	if len(measures) == 0 {
		measures = []string{"count"}
	}
	if len(measures) > maxMeasures {
		a.problems.Add("measures", "%d measures: at most %d are taken", len(measures), maxMeasures)
	}
	for i, spelled := range measures {
		a.readOne(a.readMeasure, fmt.Sprintf("measures[%d]", i), spelled)
	}
	a.addCurrency()
	a.readHaving()
	a.readSort()
	if len(a.problems) == 0 && a.Cursor != "" {
		a.readCursor()
	}
}

// readOne reads a group or a measure and keeps how it was spelled where it is
// refused: what having and sort say of it is no problem of its own then.
func (a *aggregation) readOne(read func(path, spelled string), path, spelled string) {
	before := len(a.problems)
	if read(path, spelled); len(a.problems) > before {
		a.wrong = append(a.wrong, spelled)
	}
}

// isWrong says that a name may mean a group or measure that was refused, or
// the currency that such a measure would have brought.
func (a *aggregation) isWrong(name string) bool {
	same := func(other string) bool { return filter.SameMeasure(name, other) }
	switch {
	case len(a.wrong) == 0:
		return false
	case slices.ContainsFunc(a.wrong, same), same("currency"), text.Nearest(name, a.wrong) != "":
		return true
	}
	return strings.HasSuffix(name, ")") && filter.NearestMeasure(name, a.labels()) == ""
}

// splitCall takes month(created_at) apart; a plain name has no function.
func splitCall(s string) (function, argument string) {
	s = strings.TrimSpace(s)
	open := strings.IndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return "", s
	}
	return text.FieldName(s[:open]), strings.TrimSpace(s[open+1 : len(s)-1])
}

// subject finds what a path leads to.
func (a *aggregation) subject(path, spelled string) (s subject, ok bool) {
	found, err := filter.ParseField(spelled, a.Type, a.tx.FilterEnv())
	if err != nil {
		a.refuse(path, err)
		return s, false
	}
	s = subject{relations: found.Relations, field: found.Field, of: a.Type}
	names := make([]string, 0, len(s.relations)+1)
	for _, r := range s.relations {
		names, s.of = append(names, r.Name), r.To
	}
	if s.field == nil {
		s.name = strings.Join(names, ".")
		return s, true
	}
	s.name = strings.Join(append(names, s.field.Name), ".")
	if s.field.Kind == schema.Reference {
		s.relations, s.field = append(s.relations, s.of.Relation(s.field.Name)), nil
	} else if s.field.Kind == schema.RecordID && len(s.relations) > 0 {
		s.field = nil
	}
	if s.field == nil {
		s.of = s.relations[len(s.relations)-1].To
	}
	return s, true
}

// refuse notes an error of the filter language at an argument.
func (a *aggregation) refuse(path string, err error) {
	known, ok := errors.AsType[*schema.Error](err)
	if !ok || len(known.Problems) == 0 {
		a.problems.Add(path, "%v", err)
		return
	}
	for _, p := range known.Problems {
		p.Path = path
		a.problems = append(a.problems, p)
	}
}

// refuseName notes a name that does not fit, with those that would.
func (a *aggregation) refuseName(path, message, name string, allowed []string) {
	a.refuseNear(path, message, text.Nearest(name, allowed), allowed)
}

// refuseNear notes what does not fit, with what was likely meant.
func (a *aggregation) refuseNear(path, message, near string, allowed []string) {
	if near != "" {
		message += fmt.Sprintf(": did you mean %q?", near)
	}
	a.problems = append(a.problems, schema.Problem{Path: path, Message: message, DidYouMean: near, Allowed: allowed})
}

// fieldsOf names the fields of the type that a condition holds for. Of those
// that the system keeps only the times are worth naming.
func (a *aggregation) fieldsOf(fits func(*schema.Field) bool) (names []string) {
	for _, f := range a.Type.Fields {
		if !f.Hidden && !f.WriteOnly && (!f.System || f.Kind == schema.DateTime) && fits(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (a *aggregation) readGroup(path, spelled string) {
	unit, argument := splitCall(spelled)
	if unit != "" && !slices.Contains(periods, unit) {
		a.refuseName(path, fmt.Sprintf("there is no group %s(…)", quoteShort(unit)), unit, periods)
		return
	}
	s, ok := a.subject(path, argument)
	if !ok {
		return
	}
	switch {
	case unit != "" && !isDate(s.field):
		a.refuseName(path, fmt.Sprintf("%s is no date: %s(…) takes a date or time", quoteShort(argument), unit), s.name, a.fieldsOf(isDate))
		return
	case s.field != nil && !isGroupable(s.field):
		a.refuseName(path, fmt.Sprintf("cannot group by %s: it is a %s; group by a choice, a short text, a date, or a relation", quoteShort(argument), s.field.Kind),
			s.name, a.fieldsOf(isGroupable))
		return
	}
	g := &grouping{subject: s, period: unit, label: s.name, names: []string{spelled, s.name}}
	if unit != "" {
		g.label = unit + "(" + s.name + ")"
	} else if isDate(s.field) {
		g.period = "day"
	}
	if !slices.ContainsFunc(a.groups, func(other *grouping) bool { return other.label == g.label }) {
		a.groups = append(a.groups, g)
	}
}

// isGroupable tells the fields that have one short value, or several of a
// custom field's options.
func isGroupable(f *schema.Field) bool {
	switch f.Kind {
	case schema.LongText, schema.PartialDate, schema.DateRange, schema.DateTimeRange, schema.JSONObject, schema.Participants,
		schema.DetailList, schema.Content, schema.Identifiers, schema.RecordID:
		return false
	case schema.MultiEnum:
		return f.Custom
	}
	return !f.WriteOnly
}

func isDate(f *schema.Field) bool {
	return f != nil && (f.Kind == schema.DateOnly || f.Kind == schema.DateTime)
}

// readHaving reads the conditions on measures.
func (a *aggregation) readHaving() {
	if strings.TrimSpace(a.Having) == "" {
		return
	}
	var measured []filter.Measured
	for _, m := range a.measures {
		measured = append(measured, filter.Measured{Names: m.names, Kind: m.kind})
	}
	for _, spelled := range a.wrong {
		measured = append(measured, filter.Measured{Names: []string{spelled}, Wrong: true})
	}
	having, err := filter.ParseHaving(a.Having, measured, a.tx.clock)
	if err != nil {
		a.refuse("having", err)
		return
	}
	a.having = having
}

// readSort reads the order of rows; ties go by the groups.
func (a *aggregation) readSort() {
	for part := range strings.SplitSeq(a.Sort, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, desc := sortDirection(part)
		column := a.column(name)
		if column < 0 {
			if !a.isWrong(name) {
				a.refuseSort(name)
			}
			continue
		}
		a.order = append(a.order, columnOrder{column, desc})
	}
	if len(a.order) == 0 && (len(a.groups) == 0 || !a.groups[0].ordered()) {
		a.order = append(a.order, columnOrder{len(a.groups), true})
	}
	for i := range a.groups {
		a.order = append(a.order, columnOrder{column: i})
	}
}

// refuseSort notes a name that is no column of the report; a field can become one.
func (a *aggregation) refuseSort(name string) {
	message := quoteShort(name) + " is neither a group nor a measure of this call"
	near := filter.NearestMeasure(name, a.labels())
	_, argument := splitCall(name)
	field := a.Type.Field(a.Type.Canonical(argument))
	switch {
	case field == nil || near != "" && strings.Contains(near, "("):
	case argument != name:
		message, near = message+": add it to measures", ""
	case field.Kind == schema.Integer, field.Kind == schema.Number, field.Kind == schema.Money:
		message, near = fmt.Sprintf("%s: add sum(%s) to measures and sort by that", message, field.Name), ""
	default:
		message, near = message+": add it to group_by", ""
	}
	if near != "" {
		message += fmt.Sprintf(": did you mean %q?", near)
	}
	a.problems = append(a.problems, schema.Problem{Path: "sort", Message: message, DidYouMean: near, Allowed: a.labels()})
}

// sortDirection reads "-count" and "count desc".
func sortDirection(part string) (name string, desc bool) {
	name = strings.TrimSpace(part)
	desc = strings.HasPrefix(name, "-")
	name = strings.TrimSpace(strings.TrimLeft(name, "+-"))
	if at := strings.LastIndexByte(name, ' '); at > 0 {
		switch strings.ToLower(name[at+1:]) {
		case "desc", "descending":
			return strings.TrimSpace(name[:at]), !desc
		case "asc", "ascending":
			return strings.TrimSpace(name[:at]), desc
		}
	}
	return name, desc
}

// column finds a group or measure by one of its names; -1: there is none.
func (a *aggregation) column(name string) int {
	same := func(other string) bool { return filter.SameMeasure(name, other) }
	for i, g := range a.groups {
		if same(g.label) || slices.ContainsFunc(g.names, same) {
			return i
		}
	}
	for i, m := range a.measures {
		if slices.ContainsFunc(m.names, same) {
			return len(a.groups) + i
		}
	}
	return -1
}

func (a *aggregation) labels() []string {
	var labels []string
	for _, column := range a.columns() {
		labels = append(labels, column.Label)
	}
	return labels
}

// addCurrency adds the currency of measured or grouped amounts to the groups.
func (a *aggregation) addCurrency() {
	var subjects []subject
	for _, g := range a.groups {
		subjects = append(subjects, g.subject)
	}
	for _, m := range a.measures {
		subjects = append(subjects, m.subject)
	}
	var currency *grouping
	for _, s := range subjects {
		if s.field == nil || s.field.Kind != schema.Money {
			continue
		}
		own := a.currencyOf(s)
		if currency != nil && own.name != currency.name {
			a.problems.Add("measures", "%s is in %s, another amount in %s: ask for them in two calls", s.name, cmp.Or(own.name, "the company's currency"),
				cmp.Or(currency.name, "the company's currency"))
			return
		}
		currency = own
	}
	grouped := func(g *grouping) bool { return currency.name != "" && g.name == currency.name }
	if currency != nil && !slices.ContainsFunc(a.groups, grouped) {
		a.groups = append(a.groups, currency)
	}
}

// currencyOf is the group of an amount's currency: its own field, that of the
// record that a part belongs to (a deal's line), else the company's.
func (a *aggregation) currencyOf(s subject) *grouping {
	g := &grouping{label: "currency", names: []string{"currency"}, fallback: a.tx.company.Text("currency")}
	g.relations, g.of = slices.Clone(s.relations), s.of
	name := s.field.Currency
	if name == "" && s.of.Class == schema.Part {
		for _, f := range s.of.Fields {
			if to := a.tx.Schema().Type(f.To); f.Required && to != nil && to.Field("currency") != nil {
				g.relations, g.of, name = append(g.relations, s.of.Relation(f.Name)), to, "currency"
				break
			}
		}
	}
	if name == "" {
		g.relations = nil
		return g
	}
	g.field = g.of.Field(name)
	names := make([]string, 0, len(g.relations)+1)
	for _, r := range g.relations {
		names = append(names, r.Name)
	}
	g.name = strings.Join(append(names, name), ".")
	return g
}
