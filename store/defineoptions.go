package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/text"
)

// chooseOptions works out the options of a select: renamed, put in order,
// added and removed.
func (d *fieldDraft) chooseOptions() error {
	if !d.field.IsSelect() {
		d.refuseOptions()
		return nil
	}
	before := len(*d.problems)
	d.choices = slices.Clone(d.field.Choices)
	d.rename()
	if len(d.Options) > 0 {
		d.order()
	}
	d.color()
	d.field.Choices, d.field.Options = d.choices, d.labels()
	d.values["options"] = keptChoices(d.choices)
	var err error
	if len(d.field.Options) > 0 {
		err = d.checkRemoved()
	} else if !d.reported("options") {
		d.problems.Add("options", `options are needed: what can be chosen, such as ["Gold", "Silver"]`)
	}
	d.unclear = d.unclear || len(*d.problems) > before || d.reported("options")
	return err
}

// refuseOptions reports options of a field that has none.
func (d *fieldDraft) refuseOptions() {
	if len(d.Options)+len(d.Rename)+len(d.Replace)+len(d.Colors) > 0 && !d.unclear {
		d.problems.Add("options", "a %s has no options: only single_select and multi_select have", d.field.KindName())
	}
}

// reported says whether there is a problem with an argument or an entry of it.
func (d *fieldDraft) reported(argument string) bool {
	return slices.ContainsFunc(*d.problems, func(p schema.Problem) bool { return p.Path == argument || strings.HasPrefix(p.Path, argument+"[") })
}

// labels are those of the options that can be chosen.
func (d *fieldDraft) labels() (labels []string) {
	for _, c := range d.choices {
		if !c.Removed {
			labels = append(labels, c.Label)
		}
	}
	return labels
}

// choice is the place of an option that can be chosen; -1: there is none.
func (d *fieldDraft) choice(label string) int {
	return slices.IndexFunc(d.choices, func(c schema.Choice) bool { return !c.Removed && text.Fold(c.Label) == text.Fold(label) })
}

// labelOf cleans and checks a label.
func (d *fieldDraft) labelOf(path, s string) (string, bool) {
	label, _ := text.Clean(s)
	if label == "" || utf8.RuneCountInString(label) > 255 {
		d.problems.Add(path, "%s: an option has 1 to 255 characters", path)
		return "", false
	}
	return label, true
}

// split cuts a pair again behind the longest option that it begins with, as a
// label may hold "=" itself.
func (d *fieldDraft) split(pair [2]string) [2]string {
	tight := func(label string) string {
		parts := strings.Split(text.Fold(label), "=")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return strings.Join(parts, "=")
	}
	labels := map[string]string{}
	for _, c := range d.choices {
		labels[tight(c.Label)] = c.Label
	}
	whole := pair[0] + "=" + pair[1]
	for at := lastEqual(whole, longestLabel); at > len(pair[0]); at = lastEqual(whole, at) {
		if label, found := labels[tight(whole[:at])]; found {
			return [2]string{label, strings.TrimSpace(whole[at+1:])}
		}
	}
	return pair
}

// longestLabel is within how many bytes a label ends.
const longestLabel = 1_100

// lastEqual is the place of the last "=" before another place.
func lastEqual(s string, before int) int { return strings.LastIndexByte(s[:min(len(s), before)], '=') }

// rename gives options their new labels, all at once, so that two can change
// places.
func (d *fieldDraft) rename() {
	renamed := slices.Clone(d.choices)
	labels, done := map[string]string{}, map[int]bool{}
	for i, pair := range d.Rename {
		path := fmt.Sprintf("rename[%d]", i)
		pair = d.split(pair)
		at := d.choice(pair[0])
		label, ok := d.labelOf(path, pair[1])
		switch {
		case at < 0:
			d.noOption(path, pair[0])
		case done[at]:
			d.problems.Add(path, "%q is renamed twice in one call: send one new label", d.choices[at].Label)
		case ok:
			labels[d.choices[at].Label], done[at] = label, true
			renamed[at].Label = label
		}
	}
	d.checkRenamed(labels, renamed)
	d.renameDefault(labels)
	d.renameGiven(labels)
	d.choices = renamed
}

// checkRenamed refuses a new label that another option has or gets.
func (d *fieldDraft) checkRenamed(labels map[string]string, renamed []schema.Choice) {
	for i, pair := range d.Rename {
		old := d.split(pair)[0]
		at := d.choice(old)
		if at < 0 || labels[d.choices[at].Label] == "" {
			continue
		}
		same := func(c schema.Choice) bool {
			return !c.Removed && c.ID != renamed[at].ID && text.Fold(c.Label) == text.Fold(renamed[at].Label)
		}
		if slices.ContainsFunc(renamed, same) {
			d.problems.Add(fmt.Sprintf("rename[%d]", i), "there is an option %[1]q already: to join the two, leave %[2]q out of options and send replace [\"%[2]s=%[1]s\"]",
				renamed[at].Label, d.choices[at].Label)
		}
	}
}

// renameGiven brings the list of options up to new labels where it has the old
// ones.
func (d *fieldDraft) renameGiven(labels map[string]string) {
	options := slices.Clone(d.Options)
	for i, given := range d.Options {
		for old, label := range labels {
			listed := func(s string) bool { return text.Fold(s) == text.Fold(label) }
			if text.Fold(given) == text.Fold(old) && !slices.ContainsFunc(d.Options, listed) {
				options[i] = label
			}
		}
	}
	d.Options = options
}

func (d *fieldDraft) noOption(path, label string) {
	labels := d.labels()
	*d.problems = append(*d.problems, schema.Problem{Path: path, Allowed: labels, DidYouMean: text.Nearest(label, labels),
		Message: fmt.Sprintf("%s has no option %q: %s", d.Key, text.Truncate(label, 40), strings.Join(labels, ", "))})
}

// order takes the list for the whole new one.
func (d *fieldDraft) order() {
	var ordered []schema.Choice
	next := int64(1)
	for _, c := range d.choices {
		next = max(next, c.ID+1)
	}
	for i, one := range d.Options {
		label, ok := d.labelOf(fmt.Sprintf("options[%d]", i), one)
		same := func(c schema.Choice) bool { return text.Fold(c.Label) == text.Fold(label) }
		if !ok {
			continue
		}
		if twin := slices.IndexFunc(ordered, same); twin >= 0 {
			d.warnings = append(d.warnings, fmt.Sprintf("options: %q was left out, as it reads like %q", label, ordered[twin].Label))
			continue
		}
		at := d.choice(label)
		if at < 0 {
			at = slices.IndexFunc(d.choices, same)
		}
		if at < 0 {
			ordered = append(ordered, schema.Choice{ID: next, Label: label})
			next++
			continue
		}
		again := d.choices[at]
		again.Label, again.Removed = label, false
		ordered = append(ordered, again)
	}
	for _, c := range d.choices {
		if slices.ContainsFunc(ordered, func(o schema.Choice) bool { return o.ID == c.ID }) {
			continue
		}
		if !c.Removed {
			d.removed = append(d.removed, c)
		}
		c.Removed = true
		ordered = append(ordered, c)
	}
	d.choices = ordered
}

func (d *fieldDraft) color() {
	for i, pair := range d.Colors {
		path := fmt.Sprintf("colors[%d]", i)
		pair = d.split(pair)
		color, _ := text.Clean(pair[1])
		at := d.choice(pair[0])
		switch {
		case at < 0:
			d.noOption(path, pair[0])
		case utf8.RuneCountInString(color) > 32:
			d.problems.Add(path, "a colour has at most 32 characters, such as #ffcc00 or green")
		default:
			d.choices[at].Color = color
		}
	}
}

// renameDefault keeps a default that is one of the options, or has some of
// them, under their new labels; one that goes without another is empty.
func (d *fieldDraft) renameDefault(labels map[string]string) {
	all := *d.field
	all.Options = nil
	for _, c := range d.choices {
		all.Options = append(all.Options, c.Label)
	}
	value, err := d.tx.Reader(false).Parse(&all, d.field.Default)
	if err != nil || d.Default != nil || d.field.Default == "" {
		return
	}
	renamed := func(s string) string {
		if label, found := labels[s]; found {
			return label
		}
		return s
	}
	switch v := value.(type) {
	case string:
		d.field.Default = renamed(v)
	case []string:
		var labels []string
		for _, one := range v {
			if one = renamed(one); one != "" {
				labels = append(labels, one)
			}
		}
		d.field.Default = listDefault(labels)
	default:
		return
	}
	d.values["default_value"] = emptyAsNil(d.field.Default)
}

func listDefault(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	data, err := bind(labels)
	s, ok := data.(string)
	if err != nil || !ok {
		return ""
	}
	return s
}

// checkRemoved asks for a replacement of every removed option that records have.
func (d *fieldDraft) checkRemoved() error {
	for i, pair := range d.Replace {
		path := fmt.Sprintf("replace[%d]", i)
		pair = d.split(pair)
		if !slices.ContainsFunc(d.removed, func(c schema.Choice) bool { return text.Fold(c.Label) == text.Fold(pair[0]) }) {
			d.problems.Add(path, "%q is not being removed: replace is for options that the new list in options leaves out", pair[0])
		}
		if pair[1] != "" && d.choice(pair[1]) < 0 {
			d.noOption(path, pair[1])
		}
	}
	successors := map[string]string{}
	for _, c := range d.removed {
		replacement, named := d.replacement(c)
		ids, err := d.tx.holders(d.Type, d.before.ID, &c.ID)
		if err != nil {
			return err
		}
		if len(ids) > 0 && !named {
			d.problems.Add("options", "options leaves out %[1]q, which records have (%[2]d): say what takes its place with replace [\"%[1]s=%[3]s\"], or [\"%[1]s=\"] for nothing",
				c.Label, len(ids), d.field.Options[0])
		}
		successors[c.Label] = replacement
	}
	d.renameDefault(successors)
	return nil
}

// replacement is what takes the place of a removed option.
func (d *fieldDraft) replacement(c schema.Choice) (label string, named bool) {
	for _, pair := range d.Replace {
		if pair = d.split(pair); text.Fold(pair[0]) == text.Fold(c.Label) {
			if at := d.choice(pair[1]); at >= 0 {
				return d.choices[at].Label, true
			}
			return "", true
		}
	}
	return "", false
}
