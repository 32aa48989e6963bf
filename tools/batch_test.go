package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// However much a batch does, its answer stays as short as others, and says how
// much it did and under which change.
func TestALargeBatchAnswersInShort(t *testing.T) {
	const limit = 8_192
	s := newSession(t, Options{Toolsets: "all", MaxText: limit})
	steps := make([]map[string]any, maxSteps)
	for i := range steps {
		steps[i] = map[string]any{"tool": "create_organization", "arguments": map[string]any{"name": fmt.Sprintf("Organization %d", i), "tags": []string{fmt.Sprintf("tag number %d", i)}}}
	}
	arguments, err := json.Marshal(map[string]any{"steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	answer, text := s.call("batch", string(arguments))
	if answer.IsError || len(text) > limit {
		t.Fatalf("%d bytes: %.300s", len(text), text)
	}
	shown := s.parsed(answer)
	list, _ := shown["steps"].([]any)
	if shown["done"] != float64(maxSteps) || shown["truncated"] != true || shown["change"] != "chg_2" || len(list) < 50 || len(list) >= maxSteps {
		t.Errorf("%d steps are shown: %.300s", len(list), text)
	}
	if !strings.Contains(text, "and 480 more") {
		t.Errorf("the warnings left out are not counted: %s", text[len(text)-300:])
	}
}
