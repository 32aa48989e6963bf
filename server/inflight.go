package server

import (
	"context"
	"encoding/json"
	"sync"
)

// inFlight knows the requests that are being answered. A request is known from
// the moment it was read, so that a cancellation on the next line finds it.
type inFlight struct {
	running sync.WaitGroup
	mu      sync.Mutex
	cancels map[any]*context.CancelFunc
}

// run does the work of one request beside the others, with a context that ends
// when the request is cancelled.
func (f *inFlight) run(ctx context.Context, id json.RawMessage, work func(context.Context)) {
	calling, cancel := context.WithCancel(ctx)
	key := idKey(id)
	f.mu.Lock()
	if f.cancels == nil {
		f.cancels = make(map[any]*context.CancelFunc)
	}
	f.cancels[key] = &cancel
	f.mu.Unlock()
	f.running.Go(func() {
		defer cancel()
		defer f.forget(key, &cancel)
		work(calling)
	})
}

// forget leaves alone a later request that came with the same id.
func (f *inFlight) forget(key any, cancel *context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cancels[key] == cancel {
		delete(f.cancels, key)
	}
}

func (f *inFlight) cancel(id json.RawMessage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cancel, ok := f.cancels[idKey(id)]; ok {
		(*cancel)()
	}
}

// allDone is closed when nothing is being answered. Nothing may be started
// after it was asked for.
func (f *inFlight) allDone() <-chan struct{} {
	finished := make(chan struct{})
	go func() {
		f.running.Wait()
		close(finished)
	}()
	return finished
}
