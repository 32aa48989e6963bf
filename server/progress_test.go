package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// withToken is a call that asks to be told how far it is.
func withToken(id int, tool, arguments, meta string) string {
	meta = strings.Replace(meta, `"_meta":{`, `"_meta":{"progressToken":"p1",`, 1)
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s,%s}}`, id, tool, arguments, meta)
}

// contactsBatch makes so many contacts in one batch.
func contactsBatch(n int) string {
	steps := make([]string, n)
	for i := range steps {
		steps[i] = fmt.Sprintf(`{"tool":"create_contact","arguments":{"first_name":"P%d","email":"p%d@x.example","tags":["T"]}}`, i, i)
	}
	return `{"steps":[` + strings.Join(steps, ",") + `]}`
}

// progressed reads messages up to the answer of a call, and gives it with how
// far the notifications before it said the call was.
func (s *talk) progressed() (done []int, total int, final answer) {
	s.t.Helper()
	for {
		select {
		case line, ok := <-s.answers:
			if !ok {
				return done, total, final
			}
			if final = s.parse(line); final.Method == "" {
				return done, total, final
			}
			var message struct {
				Method string
				Params struct {
					ProgressToken   string
					Progress, Total int
				}
			}
			if err := json.Unmarshal(line, &message); err != nil || message.Method != "notifications/progress" || message.Params.ProgressToken != "p1" {
				s.t.Fatalf("not progress: %s", line)
			}
			done, total = append(done, message.Params.Progress), message.Params.Total
		case <-s.t.Context().Done():
			s.t.Fatal("no answer")
		}
	}
}

func TestLongCallsTellHowFarTheyAre(t *testing.T) {
	for _, meta := range []string{`"_meta":{"x":1}`, modernMeta} {
		s := startCRM(t)
		if meta != modernMeta {
			s.ask(initialize("2025-11-25"))
		}
		s.send(withToken(1, "batch", contactsBatch(60), meta))
		done, total, final := s.progressed()
		if len(done) == 0 || done[0] < 1 || done[len(done)-1] != 60 || total != 60 || !strings.Contains(string(final.Result), `"done":60`) {
			t.Errorf("batch: %v of %d, %s", done, total, final.Result)
		}
		losers := make([]string, 9)
		for i := range losers {
			losers[i] = fmt.Sprintf("%q", fmt.Sprintf("con_%d", i+2))
		}
		s.send(withToken(2, "merge_records", `{"winner":"con_1","losers":[`+strings.Join(losers, ",")+`]}`, meta))
		done, total, final = s.progressed()
		if len(done) == 0 || done[len(done)-1] != 9 || total != 9 || !strings.Contains(string(final.Result), "con_1") {
			t.Errorf("merge: %v of %d, %s", done, total, final.Result)
		}
		s.end()
	}
}

// A call that is cancelled on its way leaves nothing behind, and its connection
// goes on.
func TestCancelledWriteLeavesNothing(t *testing.T) {
	s := startCRM(t)
	s.ask(initialize("2025-11-25"))
	s.send(withToken(1, "batch", contactsBatch(500), `"_meta":{"x":1}`))
	first := s.next()
	if first.Method != "notifications/progress" {
		t.Fatalf("the first message is %+v", first)
	}
	s.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	s.send(call(2, "list_contacts", `{}`), call(3, "create_contact", `{"first_name":"Later"}`))
	var texts []string
	for _, one := range s.end() {
		if string(one.ID) == "1" {
			t.Error("a cancelled call was answered")
		}
		if one.Method == "" {
			texts = append(texts, string(one.Result))
		}
	}
	all := strings.Join(texts, "\n")
	if len(texts) != 2 || !strings.Contains(all, `con_1`) || strings.Contains(all, "con_2") || strings.Contains(all, "P1") {
		t.Errorf("after a cancelled batch: %s", all)
	}
}
