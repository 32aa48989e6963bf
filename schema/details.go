package schema

import (
	"errors"
	"fmt"
	"regexp"
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
	var wrong []string
	for _, one := range listOf(raw) {
		detail, err := r.parseDetail(f, one)
		if err != nil {
			if !slices.Contains(wrong, err.Error()) {
				wrong = append(wrong, err.Error())
			}
			continue
		}
		same := func(d Detail) bool { return text.Fold(d.Value) == text.Fold(detail.Value) }
		if detail.Value != "" && !slices.ContainsFunc(list, same) {
			list = append(list, detail)
		}
	}
	if len(wrong) > 0 {
		return nil, errors.New(strings.Join(wrong, "; "))
	}
	return list, nil
}

func (r *Reader) parseDetail(f *Field, raw any) (Detail, error) {
	var d Detail
	switch v := raw.(type) {
	case string:
		d = r.splitDetail(f.Kept, v)
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
		return fmt.Errorf("must be labelled one of %s, not %q", strings.Join(DetailLabels(kind), ", "), text.Truncate(d.Label, 40))
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
// belongs to the value (https://…). A word before a value that is right by
// itself is a label too, though an unknown one; an import keeps it as it is.
func (r *Reader) splitDetail(kind, s string) Detail {
	label, value, ok := strings.Cut(s, ":")
	name, value, s := text.FieldName(label), strings.TrimSpace(value), strings.TrimSpace(s)
	known := slices.Contains(DetailLabels(kind), name)
	meant := !r.Importing && labelWord.MatchString(label) && !PlausibleDetail(kind, s) && PlausibleDetail(kind, value)
	if ok && (known || meant) {
		return Detail{Label: name, Value: value}
	}
	return Detail{Value: s}
}

// labelWord is what people write before the colon of a labelled value.
var labelWord = regexp.MustCompile(`^\s*\pL[\pL _-]{0,30}\s*$`)
