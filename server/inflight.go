package server

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
)

// inFlight knows the requests that are being answered. A request is known from
// the moment it was read, so that a cancellation on the next line finds it.
type inFlight struct {
	running sync.WaitGroup
	mu      sync.Mutex
	cancels map[any]*context.CancelFunc
	// idle takes work for a goroutine that waits for more; waiting counts them.
	idle    chan func()
	waiting atomic.Int32
}

// mostIdle is how many goroutines wait for more work.
const mostIdle = 4

// run does the work of one request beside the others, with a context that ends
// when the request is cancelled.
func (f *inFlight) run(ctx context.Context, id json.RawMessage, work func(context.Context)) {
	calling, cancel := context.WithCancel(ctx)
	key := idKey(id)
	f.mu.Lock()
	if f.cancels == nil {
		f.cancels = make(map[any]*context.CancelFunc)
	}
	if f.idle == nil {
		f.idle = make(chan func())
	}
	f.cancels[key] = &cancel
	f.mu.Unlock()
	f.running.Add(1)
	f.start(func() {
		defer f.running.Done()
		defer cancel()
		defer f.forget(key, &cancel)
		work(calling)
	})
}

// start gives work to a goroutine that has done some before, where one waits:
// its stack is as deep as the database needs, and to make one so deep takes
// longer than a small call.
func (f *inFlight) start(work func()) {
	select {
	case f.idle <- work:
	default:
		go f.work(work)
	}
}

func (f *inFlight) work(next func()) {
	for more := true; more; {
		next()
		if f.waiting.Add(1) > mostIdle {
			f.waiting.Add(-1)
			return
		}
		next, more = <-f.idle
		f.waiting.Add(-1)
	}
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
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.idle != nil {
			close(f.idle)
		}
		close(finished)
	}()
	return finished
}
