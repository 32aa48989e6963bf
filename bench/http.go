package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// clients is how many call at the same time over HTTP.
const clients = 8

// overHTTP measures the tools behind a plain handler, which has no guards: what
// the service itself can do for several callers at once.
func (b *bench) overHTTP(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: http.HandlerFunc(b.answer), ReadHeaderTimeout: time.Second}
	go func() { _ = web.Serve(listener) }()
	base := "http://" + listener.Addr().String() + "/"
	cases := []struct{ name, tool, body string }{
		{"get", "get_records", `{"ids":["org_%d"]}`},
		{"filtered list", "list_organizations", `{"filter":"status = on_hold","sort":"-updated_at","limit":20}`},
		{"create", "create_organization", `{"name":"HTTP %d","city":"Utrecht"}`},
	}
	for _, c := range cases {
		perSecond, err := hammer(ctx, b.settings.rounds*clients, func(n int64) (*http.Request, error) {
			body := c.body
			if strings.Contains(body, "%d") {
				body = fmt.Sprintf(body, b.some(n))
			}
			return http.NewRequestWithContext(ctx, http.MethodPost, base+c.tool, strings.NewReader(body))
		})
		if err != nil {
			return err
		}
		b.add(fact(fmt.Sprintf("over plain HTTP, %d clients: %s", clients, c.name), "", fmt.Sprintf("%.0f a second", perSecond), true))
	}
	return web.Close()
}

// serveHTTP is a process that serves the tools until its input ends; it writes
// its address on the first line.
func serveHTTP(ctx context.Context, s settings) error {
	b, err := openBench(ctx, s, s.organizations)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String() + "/")
	web := &http.Server{Handler: http.HandlerFunc(b.answer), ReadHeaderTimeout: time.Second}
	go func() { _ = web.Serve(listener) }()
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, web.Close(), b.close())
}

func (b *bench) answer(w http.ResponseWriter, r *http.Request) {
	arguments, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := b.service.Call(r.Context(), b.caller, strings.Trim(r.URL.Path, "/"), arguments)
	w.Header().Set("Content-Type", "application/json")
	if answer.IsError {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = w.Write(answer.JSON)
}

// hammer sends requests from several clients and gives the answers a second.
func hammer(ctx context.Context, requests int, request func(n int64) (*http.Request, error)) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	var group sync.WaitGroup
	failures := make([]error, clients)
	each := int64(requests / clients)
	began := time.Now()
	for i := range clients {
		group.Go(func() {
			for n := range each {
				if failures[i] = send(client, request, int64(i)*each+n); failures[i] != nil || ctx.Err() != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return float64(each*clients) / time.Since(began).Seconds(), errors.Join(failures...)
}

func send(client *http.Client, request func(n int64) (*http.Request, error), n int64) error {
	made, err := request(n)
	if err != nil {
		return err
	}
	answer, err := client.Do(made)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s: %.200s", answer.Status, body)
	}
	return err
}
