package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// ErrAddress is an address to which no bridge can lead.
var ErrAddress = errors.New("no address of a server")

// badAddress never repeats the address, which may hold a password.
func badAddress(format string, values ...any) error {
	return fmt.Errorf("%w: %s", ErrAddress, fmt.Sprintf(format, values...))
}

// connectAddress reads the address of a server. Plain http leads to this
// machine alone, unless it is asked for in so many words.
func connectAddress(raw string, insecure bool) (string, error) {
	address, err := url.Parse(raw)
	if wrong, ok := errors.AsType[*url.Error](err); ok && !strings.Contains(raw, "@") {
		return "", badAddress("%v", wrong.Err)
	}
	switch {
	case err != nil || address.User != nil:
		return "", badAddress("it holds a password: put the key into a file and name it with --key-file")
	case address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		return "", badAddress("it does not begin with https://, as in https://crm.example.com/mcp")
	case address.Scheme == "http" && !insecure && !isLoopbackHost(hostName(address.Host)):
		return "", badAddress("http to %s would show the key to everybody on the way: use https, or --insecure if the way is safe", address.Hostname())
	}
	if strings.Trim(address.Path, "/") == "" {
		address.Path = "/mcp"
	}
	address.Fragment = ""
	return address.String(), nil
}

// connectClients makes the HTTP clients of a bridge: one for what may be sent
// again, and one for calls that may not. A server that stops closes the
// connections that are at rest, and a call that is just being sent on one of
// them would be lost without a trace; HTTP/2, which https brings, tells, and
// over plain http such calls have each a connection of their own.
func connectClients(address, caFile string) (usual, once *http.Client, err error) {
	usual, err = connectClient(caFile)
	if err != nil || strings.HasPrefix(address, "https:") {
		return usual, usual, err
	}
	if once, err = connectClient(caFile); err != nil {
		return nil, nil, err
	}
	if transport, ok := once.Transport.(*http.Transport); ok {
		transport.DisableKeepAlives = true
	}
	return usual, once, nil
}

// connectClient makes an HTTP client. It follows no redirect, which could carry
// the key elsewhere, and notices a peer that has gone without a word.
func connectClient(caFile string) (*http.Client, error) {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: defaultWorkers,
		DisableCompression:  true,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if caFile != "" {
		pem, err := os.ReadFile(caFile) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("reading the certificates: %w", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", caFile)
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: transport, CheckRedirect: stay}, nil
}

// longestKey is more than any key has.
const longestKey = 4 << 10

// keyFile is where the key comes from, so that it stands in no list of
// processes.
type keyFile struct {
	path string
	mu   sync.Mutex
	key  string
}

// now is the key; empty: there is none.
func (k *keyFile) now() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key
}

// read reads the file and warns where others can do so too.
func (k *keyFile) read(logger *slog.Logger) error {
	if k.path == "" {
		return nil
	}
	info, err := os.Stat(k.path)
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	if info.Size() > longestKey || info.IsDir() {
		return fmt.Errorf("%s is no key file: it holds the key and nothing else", k.path)
	}
	data, err := os.ReadFile(k.path)
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	key := strings.TrimSpace(string(data))
	isOdd := func(r rune) bool { return r <= ' ' || r > '~' }
	if key == "" || strings.ContainsFunc(key, isOdd) {
		return fmt.Errorf("%s holds no key: it should have one line, as crmcp keys create shows it", k.path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o044 != 0 {
		logger.Warn("others can read the key file: chmod 600 "+k.path, "mode", info.Mode().Perm().String())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key = key
	return nil
}

// renewed reads the file again and says whether it holds another key than the
// one that was refused.
func (k *keyFile) renewed(refused string, logger *slog.Logger) bool {
	if err := k.read(logger); err != nil {
		logger.Warn("the key could not be read again", "error", err)
		return false
	}
	return k.now() != refused
}
