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
	given := len(d.Options)+len(d.Rename)+len(d.Replace)+len(d.Colors) > 0
	if !d.field.IsSelect() {
		if given && len(*d.problems) == 0 {
			d.problems.Add("options", "a %s has no options: only single_select and multi_select have", d.field.KindName())
		}
		return nil
	}
	d.choices = slices.Clone(d.field.Choices)
	d.rename()
	if len(d.Options) > 0 {
		d.order()
	}
	d.color()
	if !slices.ContainsFunc(d.choices, isChoosable) {
		d.problems.Add("options", `options are needed: what can be chosen, such as ["Gold", "Silver"]`)
	}
	d.field.Choices, d.field.Options = d.choices, nil
	for _, c := range d.choices {
		if !c.Removed {
			d.field.Options = append(d.field.Options, c.Label)
		}
	}
	d.values["options"] = keptChoices(d.choices)
	return d.checkRemoved()
}

func isChoosable(c schema.Choice) bool { return !c.Removed }

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

func (d *fieldDraft) rename() {
	for i, pair := range d.Rename {
		path := fmt.Sprintf("rename[%d]", i)
		at := d.choice(pair[0])
		label, ok := d.labelOf(path, pair[1])
		switch other := d.choice(label); {
		case at < 0:
			d.noOption(path, pair[0])
		case !ok:
		case other >= 0 && other != at:
			d.problems.Add(path, "there is an option %q already: to join the two, leave %q out of options and send replace [\"%s=%s\"]", label, pair[0], pair[0], label)
		default:
			d.renameDefault(d.choices[at].Label, label)
			d.choices[at].Label = label
			if i := slices.IndexFunc(d.Options, func(s string) bool { return text.Fold(s) == text.Fold(pair[0]) }); i >= 0 && text.Fold(label) != text.Fold(pair[0]) {
				d.Options = slices.Clone(d.Options)
				d.Options[i] = label
			}
		}
	}
}

func (d *fieldDraft) noOption(path, label string) {
	*d.problems = append(*d.problems, schema.Problem{Path: path, Allowed: d.field.Options, DidYouMean: text.Nearest(label, d.field.Options),
		Message: fmt.Sprintf("%s has no option %q: %s", d.Key, text.Truncate(label, 40), strings.Join(d.field.Options, ", "))})
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
		if !ok || slices.ContainsFunc(ordered, same) {
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

// renameDefault keeps a default that is the option, or has it among others.
func (d *fieldDraft) renameDefault(old, label string) {
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
		if s == old {
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
		if !slices.ContainsFunc(d.removed, func(c schema.Choice) bool { return text.Fold(c.Label) == text.Fold(pair[0]) }) {
			d.problems.Add(path, "%q is not being removed: replace is for options that the new list in options leaves out", pair[0])
		}
		if pair[1] != "" && d.choice(pair[1]) < 0 {
			d.noOption(path, pair[1])
		}
	}
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
		d.renameDefault(c.Label, replacement)
	}
	return nil
}

// replacement is what takes the place of a removed option.
func (d *fieldDraft) replacement(c schema.Choice) (label string, named bool) {
	for _, pair := range d.Replace {
		if text.Fold(pair[0]) == text.Fold(c.Label) {
			if at := d.choice(pair[1]); at >= 0 {
				return d.choices[at].Label, true
			}
			return "", true
		}
	}
	return "", false
}
