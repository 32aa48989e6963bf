package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/tools"
)

// problemLine says in one readable line what is wrong and what would be right.
func problemLine(problem schema.Problem) string {
	line := problem.String()
	if problem.DidYouMean != "" && !strings.Contains(line, "did you mean") {
		line += fmt.Sprintf(" (did you mean %q?)", problem.DidYouMean)
	}
	if len(problem.Allowed) > 0 && !strings.Contains(line, problem.Allowed[0]) {
		line += " (allowed: " + strings.Join(problem.Allowed, ", ") + ")"
	}
	for _, candidate := range problem.Candidates {
		if strings.Contains(line, candidate.ID) {
			continue
		}
		line += "\n  " + strings.TrimSpace(candidate.ID+"  "+candidate.Name+"  "+candidate.Hint)
	}
	return line
}

// answerError gives the error that an answer reports, with all its problems;
// nil where it reports none.
func answerError(answer *tools.Answer) error {
	if !answer.IsError {
		return nil
	}
	var body struct {
		Error struct {
			Code     schema.ErrorCode
			Message  string
			Problems []schema.Problem
		}
	}
	if err := json.Unmarshal(answer.JSON, &body); err != nil {
		return fmt.Errorf("reading the error of an answer: %w", err)
	}
	message := body.Error.Message
	// An answer does not say its only problem twice.
	if len(body.Error.Problems) == 1 && message == "1 problem" {
		message = body.Error.Problems[0].String()
	}
	return &schema.Error{Code: body.Error.Code, Message: message, Problems: body.Error.Problems}
}
