package tools

import (
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// manyAllowed is how many right values a problem lists; beyond them the
// nearest one says more.
const manyAllowed = 24

// run runs the tool and puts all problems into one error: those of the
// arguments, those that the tool noted, and those of its own error.
func (c *Call) run() (*Object, error) {
	o, err := c.Tool.Run(c)
	if err == nil && len(c.Problems) == 0 {
		return o, nil
	}
	known, isKnown := asKnown(err)
	if err != nil && !isKnown {
		return nil, err
	}
	if len(c.Problems) == 0 && len(known.Problems) == 0 {
		return nil, err
	}
	problems := c.Problems
	if isKnown {
		problems = mergeProblems(problems, known)
	}
	return nil, c.asError(problems, known)
}

// asError makes one error of all problems. A code of the tool's own error that
// says more than that arguments are wrong is kept.
func (c *Call) asError(problems schema.Problems, cause *schema.Error) error {
	whole, ok := asKnown(c.spoken(problems).Err())
	if !ok {
		return cause
	}
	switch {
	case cause != nil && len(c.steps) > 0:
		whole.Code, whole.Message = cause.Code, cause.Message
	case len(problems) == c.missing:
		whole.Code = schema.NotFound
	case cause != nil && len(c.Problems) == 0 && cause.Code != schema.InvalidArgument && cause.Code != schema.Ambiguous:
		whole.Code, whole.Message = cause.Code, cause.Message
	}
	return whole
}

func mergeProblems(problems schema.Problems, found *schema.Error) schema.Problems {
	problems = slices.Clone(problems)
	for _, p := range found.Problems {
		same := func(other schema.Problem) bool { return other.Path == p.Path && other.Message == p.Message }
		if !slices.ContainsFunc(problems, same) {
			problems = append(problems, p)
		}
	}
	if len(found.Problems) == 0 {
		problems = append(problems, schema.Problem{Message: found.Message})
	}
	return problems
}

// spoken puts problems into the caller's words: arguments by the names that
// the caller used, and no endless lists of what would be allowed.
func (c *Call) spoken(problems schema.Problems) schema.Problems {
	spoken := slices.Clone(problems)
	for i := range spoken {
		p := &spoken[i]
		if len(p.Allowed) > manyAllowed {
			p.Allowed = nil
		}
		if c.Tool.Of == "" || c.Tx == nil {
			continue
		}
		base := p.Path[:pathEnd(p.Path)]
		if given := c.FieldName(base); given != "" && base != given {
			p.Path = given + p.Path[len(base):]
		}
	}
	return spoken
}

// pathEnd is where the first name of a path such as services[0].quantity ends.
func pathEnd(path string) int {
	if end := strings.IndexAny(path, "[."); end >= 0 {
		return end
	}
	return len(path)
}
