package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// makeRequest makes request number n.
type makeRequest func(n int64) (*http.Request, error)

// compare measures both in turn and writes a table of answers a second.
func compare(ctx context.Context, ours, theirs string, organizations int64, rounds, requests int) error {
	some := func(n int64) int64 { return 1 + n*7_919%organizations }
	call := func(tool, body string) makeRequest {
		return func(n int64) (*http.Request, error) {
			filled := strings.ReplaceAll(body, "NUMBER", fmt.Sprint(some(n)))
			return http.NewRequestWithContext(ctx, http.MethodPost, ours+tool, strings.NewReader(filled))
		}
	}
	query := url.Values{"filter": {"status='on_hold'"}, "sort": {"-updated"}, "perPage": {"20"}, "skipTotal": {"1"}}.Encode()
	cases := []struct {
		name         string
		ours, theirs makeRequest
	}{
		{"get", call("get_records", `{"ids":["org_NUMBER"]}`), func(n int64) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, theirs+"/"+idOf(some(n)), nil)
		}},
		{"filtered list of 20", call("list_organizations", `{"filter":"status = on_hold","sort":"-updated_at","limit":20}`), func(int64) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, theirs+"?"+query, nil)
		}},
		{"create", call("create_organization", `{"name":"Beside NUMBER","city":"Utrecht","status":"active"}`), func(n int64) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, theirs, strings.NewReader(fmt.Sprintf(`{"name":"Beside %d","city":"Utrecht","status":"active"}`, n)))
			if err == nil {
				r.Header.Set("Content-Type", "application/json")
			}
			return r, err
		}},
	}
	fmt.Printf("| %d clients | crmcp | PocketBase | ratio |\n|---|---|---|---|\n", clients)
	for _, c := range cases {
		var here, there []float64
		for range rounds {
			a, err := hammer(requests, c.ours)
			if err != nil {
				return err
			}
			b, err := hammer(requests, c.theirs)
			if err != nil {
				return err
			}
			here, there = append(here, a), append(there, b)
		}
		slices.Sort(here)
		slices.Sort(there)
		a, b := here[len(here)/2], there[len(there)/2]
		fmt.Printf("| %s | %.0f a second | %.0f a second | %.2f |\n", c.name, a, b, a/b)
	}
	return nil
}

// hammer sends requests from several clients and gives the answers a second.
func hammer(requests int, request makeRequest) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	var group sync.WaitGroup
	failures := make([]error, clients)
	each := int64(requests / clients)
	began := time.Now()
	for i := range clients {
		group.Go(func() {
			for n := range each {
				if failures[i] = send(client, request, int64(i)*each+n); failures[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return float64(each*clients) / time.Since(began).Seconds(), errors.Join(failures...)
}

func send(client *http.Client, request makeRequest, n int64) error {
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
