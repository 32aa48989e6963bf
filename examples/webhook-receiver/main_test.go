package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	body   = `{"id":"evt_1","type":"deal.won","timestamp":"2026-05-04T08:00:00.000Z","data":{"record":{"id":"deal_1"},"changes":{"stage":{"previous":"Lead","current":"Won"}}}}`
)

func signed(t *testing.T, body string, at time.Time) *http.Request {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := hook.Sign("evt_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("webhook-id", "evt_1")
	request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("webhook-signature", "v1,bm9uc2Vuc2U= "+signature)
	return request
}

func TestReceiver(t *testing.T) {
	var got []string
	r := &receiver{secret: secret, take: func(e event) { got = append(got, e.Type+" "+e.Data.Record["id"].(string)) }}
	send := func(request *http.Request) int {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		return answer.Code
	}
	for range 2 {
		if code := send(signed(t, body, time.Now())); code != http.StatusNoContent {
			t.Errorf("an event got %d", code)
		}
	}
	if len(got) != 1 || got[0] != "deal.won deal_1" {
		t.Errorf("sent twice, taken %v", got)
	}
	for name, request := range map[string]*http.Request{
		"old": signed(t, body, time.Now().Add(-time.Hour)), "unsigned": httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)),
	} {
		if code := send(request); code != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, code)
		}
	}
	forged := signed(t, body, time.Now())
	forged.Body = http.NoBody
	if code := send(forged); code != http.StatusUnauthorized {
		t.Errorf("forged: %d", code)
	}
}
