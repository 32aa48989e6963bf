package schema

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/crmcp/crmcp/text"
)

// Reader turns what a caller wrote into canonical values. Relative dates are
// read against its clock; Warn, where set, hears of what was changed or kept
// although it looks wrong.
type Reader struct {
	Clock Clock
	// Country is the company's, for phones without a country.
	Country string
	// Importing keeps doubtful contact details with a warning instead of refusing them.
	Importing bool
	Warn      func(message string)
}

func (r *Reader) warn(format string, args ...any) {
	if r.Warn != nil {
		r.Warn(fmt.Sprintf(format, args...))
	}
}

// Parse reads one value of a field. The error says what fits, as the end of a
// sentence that begins with the field's name. A nil value is an empty one.
func (r *Reader) Parse(f *Field, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	switch f.Kind {
	case JSONObject:
		return r.parseObject(f, raw)
	case Participants:
		return parseParticipants(raw)
	case DetailList:
		return r.parseDetails(f, raw)
	case MultiEnum:
		return parseOptions(f, raw)
	case DateRange, DateTimeRange:
		return r.parseRange(f, raw)
	}
	read := scalar
	isReference := f.Kind == Reference || f.Kind == AnyRecord
	if isReference {
		read = reference
	}
	s, err := read(raw)
	if err != nil && isReference && raw == "" {
		return nil, nil
	}
	if _, isObject := raw.(map[string]any); err != nil && isObject && f.Kind == Reference {
		return nil, fmt.Errorf("must be %s, not an object: to refer to a new %s create it first", f.Kind.Info().Form, f.To)
	}
	if err != nil {
		return nil, fmt.Errorf("must be %s", f.Kind.Info().Form)
	}
	if f.Kind != LongText && f.Kind != Content {
		s = strings.TrimSpace(s)
	}
	if s == "" {
		return nil, nil
	}
	if f.Kind.Info().Storage == StoreInteger && f.Kind != Reference {
		return r.parseNumeric(f, raw, s)
	}
	return r.parseText(f, s)
}

// scalar gives the text of a string, number or truth value. A list of one
// counts as its entry, which leaves no doubt about what is meant.
func scalar(raw any) (string, error) {
	switch v := raw.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case fmt.Stringer:
		return v.String(), nil
	case []any:
		if len(v) == 1 {
			return scalar(v[0])
		}
	}
	return "", fmt.Errorf("not a single value")
}

func (r *Reader) parseNumeric(f *Field, raw any, s string) (any, error) {
	switch f.Kind {
	case Boolean:
		return parseBool(s)
	case Integer:
		n, err := ParseDecimal(s)
		if err != nil || n%DecimalOne != 0 {
			return nil, fmt.Errorf("must be a whole number, not %q", text.Truncate(s, 40))
		}
		return int64(n / DecimalOne), f.bounds(n)
	case Number, Money:
		n, err := ParseDecimal(s)
		if err != nil && f.Currency != "" && strings.ContainsFunc(s, namesCurrency) {
			return nil, fmt.Errorf("must be the amount alone, such as 1250.50, with its currency in the field %s: %q", f.Currency, text.Truncate(s, 40))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %q", err, text.Truncate(s, 40))
		}
		whole, fraction, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
		if _, isText := raw.(string); isText && !r.Importing && text.MayGroupThousands(whole, fraction) {
			r.warn("%s: %q was read as %s; send %s if the dot groups thousands", f.Name, s, n, strings.Replace(s, ".", "", 1))
		}
		return n, f.bounds(n)
	case DateOnly:
		if d, ok := r.Clock.Date(s); ok {
			return d, nil
		}
		if m, _, ok := r.Clock.Moment(s); ok {
			return DateOf(m.Time().In(r.Clock.Location)), nil
		}
	case PartialDate:
		if t, err := time.Parse("--01-02 2006", s+" 2000"); err == nil {
			return NewDate(0, t.Month(), t.Day()), nil
		}
		if d, ok := r.Clock.Date(s); ok {
			return d, nil
		}
	case DateTime:
		if m, dayOnly, ok := r.Clock.Moment(s); ok {
			if dayOnly && f.EndOfDay {
				return r.Clock.End(DateOf(m.Time().In(r.Clock.Location))), nil
			}
			return m, nil
		}
	}
	return nil, fmt.Errorf("must be %s, not %q", f.Kind.Info().Form, text.Truncate(s, 40))
}

func namesCurrency(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Sc, r) }

func (f *Field) bounds(n Decimal) error {
	if f.NotNegative && n < 0 {
		return fmt.Errorf("must not be negative")
	}
	if (f.Low != 0 || f.High != 0) && (n < Decimal(f.Low)*DecimalOne || n > Decimal(f.High)*DecimalOne) {
		return fmt.Errorf("must lie between %d and %d", f.Low, f.High)
	}
	return nil
}

func parseBool(s string) (any, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "1", "on":
		return true, nil
	case "false", "no", "n", "0", "off":
		return false, nil
	}
	return nil, fmt.Errorf("must be true or false, not %q", text.Truncate(s, 40))
}

func (r *Reader) parseText(f *Field, s string) (any, error) {
	if f.Kind == Content {
		return s, nil
	}
	cleaned := text.Clean
	if f.Kind == LongText {
		cleaned = text.CleanLong
	}
	clean, removed := cleaned(s)
	if removed {
		r.warn("%s: invisible or control characters were removed", f.Name)
	}
	if limit := f.Limit(); limit > 0 && utf8.RuneCountInString(clean) > limit {
		return nil, fmt.Errorf("has %d characters; at most %d fit", utf8.RuneCountInString(clean), limit)
	}
	if strings.TrimSpace(clean) == "" {
		return nil, nil
	}
	return r.parseForm(f, clean)
}

func (r *Reader) parseForm(f *Field, s string) (any, error) {
	var form string
	ok := true
	switch f.Kind {
	case Country, CurrencyCode, Language:
		// Their look-ups go by the letters alone.
		if strings.ContainsAny(s[:1], "!<>=~-+") {
			return nil, fmt.Errorf("must be %s, not %q", f.Kind.Info().Form, text.Truncate(s, 40))
		}
	}
	switch f.Kind {
	case Enum:
		return parseOption(f, s)
	case Country:
		form, ok = text.Country(s)
	case CurrencyCode:
		form, ok = text.Currency(s)
	case Language:
		form, ok = text.Language(s)
	case TimeZone:
		_, err := time.LoadLocation(s)
		form, ok = s, err == nil && s != "Local"
	case Email, Phone, URL:
		return r.parseWay(f, s)
	default:
		if f.UUID {
			return parseUUID(s)
		}
		form = s
	}
	if !ok {
		return nil, fmt.Errorf("must be %s, not %q", f.Kind.Info().Form, text.Truncate(s, 40))
	}
	return form, nil
}

func parseUUID(s string) (any, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("must be a UUID, not %q", text.Truncate(s, 40))
	}
	return id.String(), nil
}

// parseWay checks an e-mail, phone or website: what looks wrong is refused,
// but kept with a warning on import, so that nothing is dropped.
func (r *Reader) parseWay(f *Field, s string) (any, error) {
	if PlausibleDetail(f.Kind.String(), s) {
		return s, nil
	}
	if !r.Importing {
		return nil, fmt.Errorf("must be %s, not %q", f.Kind.Info().Form, text.Truncate(s, 40))
	}
	r.warn("%s: %q does not look like %s; kept as it is", f.Name, text.Truncate(s, 40), f.Kind.Info().Form)
	return s, nil
}

// PlausibleDetail says whether a value looks like a contact detail of the
// kind: email, phone, website (or url).
func PlausibleDetail(kind, value string) bool {
	ok := true
	switch kind {
	case "email":
		_, ok = text.Email(value)
	case "phone":
		ok = text.PhonePlausible(value)
	case "website", "url":
		_, ok = text.URL(value)
	}
	return ok
}

func parseOptions(f *Field, raw any) (any, error) {
	chosen := []string{}
	for _, one := range optionsOf(f, raw) {
		s, err := scalar(one)
		if err != nil {
			return nil, fmt.Errorf("must be a list: %s", optionsText(f))
		}
		option, err := parseOption(f, s)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(chosen, option.(string)) {
			chosen = append(chosen, option.(string))
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	return chosen, nil
}

// optionsOf takes "Gold, Silver" for two options, unless one is so called.
func optionsOf(f *Field, raw any) []any {
	var list []any
	for _, one := range listOf(raw) {
		s, ok := one.(string)
		if _, err := parseOption(f, s); !ok || err == nil || !strings.ContainsAny(s, ",;") {
			list = append(list, one)
			continue
		}
		for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' }) {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

func parseParticipants(raw any) (any, error) {
	badForm := errors.New(`must be a list of {"system":"…","id":"…"}, or of "system: id"`)
	list := []Participant{}
	for _, one := range listOf(raw) {
		var p Participant
		switch v := one.(type) {
		case string:
			system, id, ok := strings.Cut(v, ":")
			if !ok {
				return nil, badForm
			}
			p = Participant{System: strings.TrimSpace(system), ID: strings.TrimSpace(id)}
		case map[string]any:
			p.System, _ = v["system"].(string)
			p.ID, _ = scalar(v["id"])
		}
		p.System, _ = text.Clean(p.System)
		p.ID, _ = text.Clean(p.ID)
		if p.System == "" || p.ID == "" || len(p.System)+len(p.ID) > 510 {
			return nil, badForm
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list, nil
}

// listOf takes a list, a JSON list in a string, or a single value as a list of one.
func listOf(raw any) []any {
	switch v := raw.(type) {
	case []any:
		return v
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	case string:
		var list []any
		if strings.HasPrefix(strings.TrimSpace(v), "[") && json.Unmarshal([]byte(v), &list) == nil {
			return list
		}
		if strings.TrimSpace(v) == "" {
			return nil
		}
	}
	return []any{raw}
}

// DecodeContent gives a document's bytes: base64 where it is that and the
// type is not text, else the text itself.
func DecodeContent(content, mimeType string) []byte {
	textual := mimeType == "" || strings.HasPrefix(mimeType, "text/") || strings.HasSuffix(mimeType, "json") || strings.HasSuffix(mimeType, "xml")
	if !textual {
		if data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), "")); err == nil {
			return data
		}
	}
	return []byte(content)
}
