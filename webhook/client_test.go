package webhook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/crmcp/crmcp/store"
)

func TestPrivateAddressesAreRefusedWhenTheConnectionIsMade(t *testing.T) {
	f := newFixture(t)
	local := httptest.NewTLSServer(http.NotFoundHandler())
	defer local.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(local.URL, "https://"), ":")
	always := []string{"https://169.254.169.254/latest/meta-data", "https://0.0.0.0:" + port, "https://100.64.1.1/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://[fd12:3456::1]/",
		"https://[64:ff9b::7f00:1]/", "https://224.0.0.1/", "https://192.0.2.1/", "https://255.255.255.255/"}
	unlessAllowed := []string{local.URL, "https://localhost:" + port, "https://127.9.9.9:" + port, "https://[::1]:" + port, "https://10.1.2.3/", "https://172.16.0.1/",
		"https://192.168.1.1/", "https://[::ffff:127.0.0.1]:" + port, "https://2130706433:" + port, "https://0x7f.1:" + port}
	for insecure, addresses := range map[bool][]string{false: append(unlessAllowed, always...), true: always} {
		d := New(f.db, Options{Insecure: insecure})
		for _, address := range addresses {
			a := d.send(t.Context(), store.Parcel{URL: address, Event: "evt_1", Body: "{}"})
			if a.Error != "its name leads to a private or special address, which is refused" && a.Error != "its name could not be looked up" || a.Code != 0 {
				t.Errorf("%s (insecure: %t): %+v", address, insecure, a)
			}
		}
		d.client.CloseIdleConnections()
	}
}

func TestErrorsDoNotNameTheAddress(t *testing.T) {
	f := newFixture(t)
	d := New(f.db, Options{Insecure: true})
	a := d.send(t.Context(), store.Parcel{URL: "http://127.0.0.1:1/a-secret-path?token=abc", Event: "evt_1", Body: "{}"})
	if a.Error == "" || strings.Contains(a.Error, "secret") || strings.Contains(a.Error, "abc") {
		t.Errorf("%q", a.Error)
	}
	plain := New(f.db, Options{}).send(t.Context(), store.Parcel{URL: "http://example.com/", Event: "evt_1", Body: "{}"})
	if !strings.Contains(plain.Error, "https://") {
		t.Errorf("http without leave: %+v", plain)
	}
}

func TestClientUsesNoProxyAndReadsLittle(t *testing.T) {
	f := newFixture(t)
	transport, ok := New(f.db, Options{}).client.Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Error("a proxy could be taken from the environment")
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	d := New(f.db, Options{Insecure: true})
	a := d.send(t.Context(), store.Parcel{URL: endless.URL, Event: "evt_1", Body: "{}"})
	if a.Error != "" || a.Code != http.StatusOK {
		t.Errorf("an endless answer: %+v", a)
	}
	d.client.CloseIdleConnections()
}

func TestErrorsAreCutBetweenCharacters(t *testing.T) {
	for _, long := range []string{strings.Repeat("€", 300), "a" + strings.Repeat("é", 300), "\xff\xfe" + strings.Repeat("x", 300)} {
		if line := explain(errors.New(long)); !utf8.ValidString(line) || utf8.RuneCountInString(line) > longestProblem+1 {
			t.Errorf("%q", line)
		}
	}
}

// Two webhooks of one receiver, which answers nothing until all that both may
// send at once has come.
func TestWebhooksOfOneReceiverDoNotWaitForEachOther(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	all.Add(2 * batchSize)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		all.Done()
		come := make(chan struct{})
		go func() {
			all.Wait()
			close(come)
		}()
		select {
		case <-come:
		case <-r.Context().Done():
		}
	}))
	defer receiver.Close()
	d := New(f.db, Options{Insecure: true})
	var sent sync.WaitGroup
	for range 2 * batchSize {
		sent.Go(func() {
			if a := d.send(t.Context(), store.Parcel{URL: receiver.URL, Event: "evt_1", Body: "{}"}); a.Code != http.StatusOK {
				t.Errorf("%+v", a)
			}
		})
	}
	sent.Wait()
	d.client.CloseIdleConnections()
}
