package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

const (
	// answerWithin is how long a receiver may take, from looking up its name to
	// the end of its answer.
	answerWithin = 15 * time.Second
	// answerRead is how many bytes of an answer are read.
	answerRead = 64 << 10
	// longestProblem is how many characters of an error are kept.
	longestProblem = 200
)

// newClient makes a client that reaches public addresses alone, whatever a
// name turns out to mean when it is looked up; insecure ones reach this
// machine and the private networks of IPv4 too, but never what is special about
// a network, such as the addresses under which clouds tell a machine its
// passwords. Those of IPv6 lie scattered among its private networks, fc00::/7,
// which therefore stay closed.
//
// How many connections there are to a receiver is not limited here, but by how
// many deliveries to a webhook are under way: a delivery that waited for a
// connection would lose its time to those of another webhook.
func newClient(insecure bool) *http.Client {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if insecure {
		options = append(options,
			ssrf.WithAllowedV4Prefixes(prefixes("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")...),
			ssrf.WithAllowedV6Prefixes(prefixes("::1/128")...))
	}
	dialer := &net.Dialer{Timeout: answerWithin, Control: ssrf.New(options...).Safe}
	return &http.Client{
		Timeout:       answerWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			// No proxy: it would look up names and connect where this must not.
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    answerWithin,
			MaxIdleConnsPerHost:    batchSize,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: answerRead,
			DisableCompression:     true,
		},
	}
}

func prefixes(list ...string) []netip.Prefix {
	made := make([]netip.Prefix, len(list))
	for i, one := range list {
		made[i] = netip.MustParsePrefix(one)
	}
	return made
}

// send posts a parcel and says what has come of it. What it says of an error
// never holds the whole address, whose path may be a secret.
func (d *Deliverer) send(ctx context.Context, p store.Parcel) (a store.Attempt) {
	begun := time.Now()
	a.At = millis(d.db.Now())
	code, err := d.post(ctx, p, begun)
	a.Code, a.Milliseconds = code, time.Since(begun).Milliseconds()
	switch {
	case err != nil:
		a.Error = explain(err)
	case code >= 300 && code < 400:
		a.Error = fmt.Sprintf("the answer was %d: redirects are not followed, so give the webhook the address it leads to", code)
	case code < 200 || code >= 300:
		a.Error = strings.TrimSpace(fmt.Sprintf("the answer was %d %s", code, http.StatusText(code)))
	}
	return a
}

func (d *Deliverer) post(ctx context.Context, p store.Parcel, at time.Time) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader(p.Body))
	if err != nil {
		return 0, errors.New("its address cannot be used")
	}
	if request.URL.Scheme != "https" && !d.options.Insecure {
		return 0, errors.New("its address does not begin with https://, and this program runs without --allow-insecure-webhooks")
	}
	signature, err := signatures(p.Secrets, p.Event, at, p.Body)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "crmcp/"+d.options.Version)
	request.Header.Set(HeaderID, p.Event)
	request.Header.Set(HeaderTimestamp, fmt.Sprint(at.Unix()))
	request.Header.Set(HeaderSignature, signature)
	answer, err := d.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	// What the receiver says is read, so that the connection can be used again,
	// and not kept.
	_, _ = io.CopyN(io.Discard, answer.Body, answerRead)
	return answer.StatusCode, nil
}

// explain says in a line what went wrong with a connection.
func explain(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var name *net.DNSError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return "its name leads to a private or special address, which is refused"
	case errors.As(err, &name):
		return "its name could not be looked up"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", answerWithin)
	}
	line := strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "\uFFFD")), " ")
	return text.Truncate(line, longestProblem)
}
