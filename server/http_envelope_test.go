package server

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStrictEnvelope(t *testing.T) {
	h := openHouse(t, newCRM(), HTTPOptions{RateLimit: -1})
	session := h.session("ada")
	nested := func(depth int) string {
		return `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}}}`
	}
	refused := map[string]string{
		`{"jsonrpc":"2.0","id":2,"id":3,"method":"ping"}`:                                                     `\"id\" stands twice`,
		`{"jsonrpc":"2.0","id":2,"method":"ping","\u006dethod":"tools/list"}`:                                 `\"method\" stands twice`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"a":1,"a":2}}}`:   `\"a\" stands twice`,
		`{"jsonrpc":"2.0","id":2,"method":"ping","Method":"tools/list"}`:                                      `must be written \"method\"`,
		`{"jsonrpc":"2.0","ID":2,"method":"ping"}`:                                                            `must be written \"id\"`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"Name":"echo"}}`:                             `must be written \"name\"`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","paramſ":{}}`:                                          `must be written \"params\"`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","_meta":{"ProgressToken":1}}}`: `must be written \"progressToken\"`,
		nested(62): "more than 64",
		`[{"jsonrpc":"2.0","id":2,"method":"ping"}]`:              "batches",
		`{"jsonrpc":"2.0","id":2,"method":"ping"} {}`:             "not valid JSON",
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"\xff\"}":      "UTF-8",
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`: "15 digits",
		`{"jsonrpc":"2.0","id":1.5,"method":"ping"}`:              "integer",
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`:             "integer",
		`{"jsonrpc":"1.0","id":2,"method":"ping"}`:                "2.0",
		``:      "not valid JSON",
		`"x"`:   "JSON object",
		`12`:    "JSON object",
		`{}`:    "jsonrpc",
		`{"a":`: "not valid JSON",
	}
	for body, why := range refused {
		answered := h.post("ada", body, session...)
		answered.wants(t, 400, why)
		var parsed answer
		if json.Unmarshal([]byte(answered.body), &parsed) != nil || parsed.code() == 0 {
			t.Errorf("%s is not answered as the protocol asks: %s", body, answered.body)
		}
	}
	for _, body := range []string{nested(60), ` {"jsonrpc" : "2.0" , "id":2,"method":"ping", "params" : { } , "other":[ 1 , {"a":[],"b":{}} , "x\"}" , -1.5e3 , true ] } `,
		`{"jsonrpc":"2.0","id":-900719925474099,"method":"ping"}`, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"Name":1,"name":2}}}`} {
		h.post("ada", body, session...).wants(t, 200, `"result"`)
	}
}

func FuzzStrictScanner(f *testing.F) {
	for _, seed := range []string{hello, `{"a":[1,{"b":"c\\"}],"a":2}`, `[[],{}]`, ` { } `, `"\u0061"`, `{"":{"":""}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		refused := checkEnvelope(text)
		if !json.Valid(text) && refused == nil {
			t.Errorf("%q passes", text)
		}
		if scanner := (&strictScanner{text: text}); refused == nil {
			if scanner.value(0, nil); len(strings.TrimSpace(string(text[scanner.at:]))) > 0 {
				t.Errorf("%q is read to %d", text, scanner.at)
			}
		}
	})
}
