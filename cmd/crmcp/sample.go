package main

import (
	"context"
	_ "embed" // sample.json
	"encoding/json"
	"fmt"
)

// sampleCalls are the tool calls that make a small company: a studio for
// lighting in Rotterdam with customers all over Europe and beyond. Their dates
// are relative, so that something is always overdue, due today and to come.
//
//go:embed sample.json
var sampleCalls string

// fillSample makes the sample company by ordinary tool calls and gives their
// number. The database must be a new one, since records are named there.
func fillSample(ctx context.Context, opened *session) (int, error) {
	var groups []struct {
		Tool string            `json:"tool"`
		Each []json.RawMessage `json:"each"`
	}
	if err := json.Unmarshal([]byte(sampleCalls), &groups); err != nil {
		return 0, fmt.Errorf("sample data: %w", err)
	}
	count := 0
	for _, group := range groups {
		for _, arguments := range group.Each {
			if _, err := opened.ask(ctx, group.Tool, arguments); err != nil {
				return count, fmt.Errorf("sample data, call %d, %s %s: %w", count+1, group.Tool, arguments, err)
			}
			count++
		}
	}
	return count, nil
}
