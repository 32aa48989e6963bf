package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crmcp/crmcp/text"
)

// DetailLabels are the labels of a kind of contact detail, general first.
// Phones have those of every other kind and more.
func DetailLabels(kind string) []string {
	labels := []string{"general", "service_desk", "work", "mobile", "home", "other"}
	if kind == "phone" {
		labels = append(labels, "fax", "service_desk_fax")
	}
	return labels
}

// DetailLimit is the longest value of a kind of contact detail, in characters.
func DetailLimit(kind string) int {
	if kind == "website" {
		return 2_048
	}
	return 255
}

// parseDetails reads a list of "value", "label: value" or {"label","value"}.
func (r *Reader) parseDetails(f *Field, raw any) (any, error) {
	list := []Detail{}
	for _, one := range listOf(raw) {
		detail, err := r.parseDetail(f, one)
		if err != nil {
			return nil, err
		}
		same := func(d Detail) bool { return text.Fold(d.Value) == text.Fold(detail.Value) }
		if detail.Value != "" && !slices.ContainsFunc(list, same) {
			list = append(list, detail)
		}
	}
	return list, nil
}

func (r *Reader) parseDetail(f *Field, raw any) (Detail, error) {
	var d Detail
	switch v := raw.(type) {
	case string:
		d = splitDetail(f.Kept, v)
	case map[string]any:
		d.Label, _ = v["label"].(string)
		d.Value, _ = v["value"].(string)
		d.Label = text.FieldName(d.Label)
	default:
		return d, fmt.Errorf("must be %s", f.Kind.Info().Form)
	}
	clean, removed := text.Clean(d.Value)
	if removed {
		r.warn("%s: invisible or control characters were removed", f.Name)
	}
	d.Value = clean
	if d.Label == "" {
		d.Label = "general"
	}
	return d, r.CheckDetail(f.Kept, d)
}

// CheckDetail says what is wrong with a contact detail; when importing, a
// doubtful value is kept with a warning.
func (r *Reader) CheckDetail(kind string, d Detail) error {
	if !slices.Contains(DetailLabels(kind), d.Label) {
		return fmt.Errorf("must be labelled one of %s, not %q", strings.Join(DetailLabels(kind), ", "), d.Label)
	}
	if utf8.RuneCountInString(d.Value) > DetailLimit(kind) {
		return fmt.Errorf("has more than %d characters", DetailLimit(kind))
	}
	if d.Value == "" || PlausibleDetail(kind, d.Value) {
		return nil
	}
	if !r.Importing {
		return fmt.Errorf("%q does not look like %s %s", text.Truncate(d.Value, 60), article(kind), kind)
	}
	r.warn("%q does not look like %s %s; kept as it is", text.Truncate(d.Value, 60), article(kind), kind)
	return nil
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}

// splitDetail takes "label: value" apart; a colon after anything but a label
// belongs to the value (https://…).
func splitDetail(kind, s string) Detail {
	label, value, ok := strings.Cut(s, ":")
	if name := text.FieldName(label); ok && slices.Contains(DetailLabels(kind), name) {
		return Detail{Label: name, Value: strings.TrimSpace(value)}
	}
	return Detail{Value: strings.TrimSpace(s)}
}
