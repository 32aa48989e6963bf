// Command webhook-receiver prints the events that a crmcp database sends, once
// it has verified that they come from there and were not sent before.
//
//	crmcp webhooks add https://example.com/crm --events 'deal.*'   # prints the secret
//	CRM_WEBHOOK_SECRET=whsec_… go run ./examples/webhook-receiver
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// event is what is sent: what has happened, to which record, by whom.
type event struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"` // deal.won, contact.updated …
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Record  map[string]any `json:"record"`
		Changes map[string]struct {
			Previous any `json:"previous"`
			Current  any `json:"current"`
		} `json:"changes"`
		Change string         `json:"change"`
		User   map[string]any `json:"user"`
		Client string         `json:"client"`
	} `json:"data"`
}

// verify says whether a message was signed with the secret, within the last
// five minutes.
func verify(secret string, header http.Header, body []byte, now time.Time) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return errors.New("the secret is not one that crmcp webhooks add has printed")
	}
	sent, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return errors.New("the message is too old, or has no time")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", header.Get("webhook-id"), sent, body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While a secret is being changed there are two signatures.
	for signature := range strings.FieldsSeq(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(wanted)) {
			return nil
		}
	}
	return errors.New("the signature is wrong")
}

// receiver takes events. Seen holds the ids of those it has had: an event can
// come twice, with the same id.
type receiver struct {
	secret string
	take   func(event)

	mu   sync.Mutex
	seen map[string]bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 4<<20))
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
		return
	}
	if err := verify(r.secret, request.Header, body, time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, "the body is no event", http.StatusBadRequest)
		return
	}
	if r.isNew(e.ID) {
		r.take(e)
	}
	// Whatever begins with 2 says that the event need not be sent again.
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) isNew(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] {
		return false
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[id] = true
	return true
}

func show(e event) {
	fmt.Printf("%s %s %v", e.Timestamp.Format(time.TimeOnly), e.Type, e.Data.Record["id"])
	for field, change := range e.Data.Changes {
		fmt.Printf("  %s: %v → %v", field, change.Previous, change.Current)
	}
	fmt.Println()
}

func main() {
	address := "127.0.0.1:8000"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	server := &http.Server{Addr: address, Handler: &receiver{secret: os.Getenv("CRM_WEBHOOK_SECRET"), take: show}, ReadHeaderTimeout: 5 * time.Second}
	log.Print("waiting for events on http://" + address) //nolint:gosec // the address is our own argument
	log.Fatal(server.ListenAndServe())
}
