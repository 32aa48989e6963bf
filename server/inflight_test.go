package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestFewGoroutinesWaitForRequestsAndEndWithThem(t *testing.T) {
	const requests = 3 * mostIdle
	var f inFlight
	var begun sync.WaitGroup
	release := make(chan struct{})
	begun.Add(requests)
	for i := range requests {
		f.run(t.Context(), json.RawMessage(fmt.Sprint(i)), func(context.Context) {
			begun.Done()
			<-release
		})
	}
	begun.Wait()
	close(release)
	f.running.Wait()
	settle(t, "goroutines do not wait for more", func() bool { return f.waiting.Load() == mostIdle })
	done := make(chan struct{})
	f.run(t.Context(), json.RawMessage("99"), func(context.Context) { close(done) })
	<-done
	<-f.allDone()
	settle(t, "goroutines are left", func() bool { return f.waiting.Load() == 0 })
}

// settle waits until something holds.
func settle(t *testing.T, otherwise string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}
