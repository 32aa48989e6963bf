package server

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// codeUnreachable is the JSON-RPC code, among those free to servers, of
// requests that got no answer from the server.
const codeUnreachable = -32000

// failure is why a message got no answer.
type failure struct {
	// text says what is wrong and what to do, to the client.
	text string
	code int
	// sent: the server may have seen the message.
	sent bool
	// again: sending it again may help; after this pause.
	again bool
	after time.Duration
	// sessionLost: the server does not know the session.
	sessionLost bool
	keyRefused  bool
}

// host names the server in sentences.
func (b *bridge) host() string {
	address, err := url.Parse(b.url)
	if err != nil {
		return b.url
	}
	return address.Scheme + "://" + address.Host
}

// unreachable is the failure of a request for which there was no connection,
// or whose connection broke.
func (b *bridge) unreachable(err error, sent bool) *failure {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	if _, isCertificate := errors.AsType[*tls.CertificateVerificationError](err); isCertificate {
		return &failure{text: fmt.Sprintf("%s is not trusted: %v. Name the file with the certificate of its authority with --ca-file", b.host(), err)}
	}
	if sent {
		return b.broken(err)
	}
	return &failure{again: true, text: fmt.Sprintf("%s cannot be reached: %v. Is crmcp serve --http running there?", b.host(), err)}
}

func (b *bridge) broken(err error) *failure {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the connection ended")
	}
	return &failure{sent: true, again: true, text: fmt.Sprintf("%s was lost before it had answered: %v", b.host(), err)}
}

// lostAgain is the failure of a request that met a server without the session
// however often the session was begun anew.
func (b *bridge) lostAgain(renewals int) *failure {
	return &failure{again: true, text: fmt.Sprintf("%s lost the session %d times. If several servers answer under this address, whatever spreads the requests must send each session to the server that began it", b.host(), renewals)}
}

// mostRefusal is how many bytes of a refusal are read.
const mostRefusal = 1 << 20

// refusedBy reads a response that is no success. An answer of the protocol to
// this very request is passed on as it is.
func (b *bridge) refusedBy(response *http.Response, sent outgoing, session sessionState) *failure {
	body, err := readAtMost(response.Body, mostRefusal)
	if err != nil {
		return b.broken(err)
	}
	if sent.id != nil && answers(body, sent.id) {
		b.output.pass(body)
		return nil
	}
	said := saidIn(body)
	failed := &failure{code: said.code, text: fmt.Sprintf("%s answered %s: %s", b.host(), response.Status, said.text)}
	if said.text == "" {
		failed.text = fmt.Sprintf("%s answered %s", b.host(), response.Status)
	}
	switch response.StatusCode {
	case http.StatusUnauthorized:
		failed.keyRefused, failed.text = true, b.keyText(said.text)
	case http.StatusNotFound:
		failed.sessionLost = session.id != "" && sent.method != string(mcp.MethodInitialize)
		failed.text += ". Is the path of the address right? It is usually /mcp"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		failed.again, failed.after = true, retryAfter(response.Header)
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		failed.again, failed.sent = true, true
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		failed.text = fmt.Sprintf("%s sends its callers to %s: connect to that address", b.host(), response.Header.Get("Location"))
	}
	return failed
}

func (b *bridge) keyText(said string) string {
	if b.key.path == "" {
		return b.host() + " wants a key: name the file that holds it with --key-file or CRMCP_KEY_FILE"
	}
	text := fmt.Sprintf("%s refused the key in %s: it was revoked, has expired, or was never one of its keys", b.host(), b.key.path)
	if said != "" {
		text += " (" + said + ")"
	}
	return text + ". Have a new one made there (crmcp keys create) and put it into that file; it is read again with the next request"
}

// said is what the body of a refusal says.
type said struct {
	text string
	code int
}

// saidIn reads an error of the protocol, one of the HTTP API, or a plain line.
func saidIn(body []byte) said {
	var object struct {
		Error struct {
			Code     json.RawMessage `json:"code"`
			Message  string          `json:"message"`
			Problems []struct {
				Message string `json:"message"`
			} `json:"problems"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &object) == nil && object.Error.Message != "" {
		found := said{text: object.Error.Message}
		if json.Unmarshal(object.Error.Code, &found.code) != nil {
			found.code = 0
		}
		if len(object.Error.Problems) == 1 {
			found.text = object.Error.Problems[0].Message
		}
		return found
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if line == "" || len(line) > 300 || strings.HasPrefix(line, "<") || strings.HasPrefix(line, "{") {
		return said{}
	}
	return said{text: line}
}

// retryAfter reads the seconds that a server asks to wait; at most a minute.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 60)) * time.Second
}
