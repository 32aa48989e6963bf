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

// compare measures all in turn and writes a table of answers a second.
func compare(ctx context.Context, ours string, theirs []string, organizations int64, rounds, each int) error {
	some := func(n int64) int64 { return 1 + n*7_919%organizations }
	call := func(tool, body string) makeRequest {
		return func(n int64) (*http.Request, error) {
			filled := strings.ReplaceAll(body, "NUMBER", fmt.Sprint(some(n)))
			return http.NewRequestWithContext(ctx, http.MethodPost, ours+tool, strings.NewReader(filled))
		}
	}
	query := url.Values{"filter": {"status='on_hold'"}, "sort": {"-updated"}, "perPage": {"20"}, "skipTotal": {"1"}}.Encode()
	cases := []struct {
		name   string
		ours   makeRequest
		theirs func(base string) makeRequest
	}{
		{"get", call("get_records", `{"ids":["org_NUMBER"]}`), func(base string) makeRequest {
			return func(n int64) (*http.Request, error) {
				return http.NewRequestWithContext(ctx, http.MethodGet, base+"/"+idOf(some(n)), nil)
			}
		}},
		{"filtered list of 20", call("list_organizations", `{"filter":"status = on_hold","sort":"-updated_at","limit":20}`), func(base string) makeRequest {
			return func(int64) (*http.Request, error) {
				return http.NewRequestWithContext(ctx, http.MethodGet, base+"?"+query, nil)
			}
		}},
		{"create", call("create_organization", `{"name":"Beside NUMBER","city":"Utrecht","status":"active"}`), func(base string) makeRequest {
			return func(n int64) (*http.Request, error) {
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, base, strings.NewReader(fmt.Sprintf(`{"name":"Beside %d","city":"Utrecht","status":"active"}`, n)))
				if err == nil {
					r.Header.Set("Content-Type", "application/json")
				}
				return r, err
			}
		}},
	}
	fmt.Printf("| %d clients | crmcp | PocketBase | ratio | PocketBase with synchronous=FULL | ratio |\n|---|---|---|---|---|---|\n", clients)
	for _, c := range cases {
		requests := []makeRequest{c.ours, c.theirs(theirs[0]), c.theirs(theirs[1])}
		rates, err := inTurn(rounds, each, requests)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.0f a second | %.0f a second | %.2f | %.0f a second | %.2f |\n", c.name, rates[0], rates[1], rates[0]/rates[1], rates[2], rates[0]/rates[2])
	}
	return nil
}

// inTurn gives the median of the answers a second to each kind of request.
func inTurn(rounds, each int, requests []makeRequest) ([]float64, error) {
	rates := make([][]float64, len(requests))
	for range rounds {
		for i, request := range requests {
			rate, err := hammer(each, request)
			if err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	medians := make([]float64, len(requests))
	for i := range rates {
		slices.Sort(rates[i])
		medians[i] = rates[i][rounds/2]
	}
	return medians, nil
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
