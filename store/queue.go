package store

import (
	"context"
	"os"
	"sync"
	"time"
)

// queueEnding is what the queue's file has behind the database's name.
const queueEnding = "-queue"

// queue lets the processes that write one database wait for one another: the
// system wakes the next one, where retries leave it to luck who comes next. It
// is a lock on an empty file beside the database, and a courtesy only: what
// keeps writers apart is the engine's own lock, so a process that cannot have
// the file goes on without it.
type queue struct {
	path string

	mu     sync.Mutex
	file   *os.File
	closed bool
	// granted is there while the system is asked for the lock, and tells that it
	// is had. A caller that has gone leaves it to the next one.
	granted chan struct{}
	wanted  bool
}

// enter waits until no other process is in; false: the time was over first.
// One goroutine of the process may be in or wait at a time.
func (q *queue) enter(ctx context.Context, patience time.Duration) (bool, error) {
	granted := q.ask()
	if granted == nil {
		return true, nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-granted:
		q.mu.Lock()
		q.granted = nil
		q.mu.Unlock()
		return true, nil
	case <-timer.C:
		q.giveUp()
		return false, nil
	case <-ctx.Done():
		q.giveUp()
		return false, ctx.Err()
	}
}

// ask asks the system for the lock; nil: it was free, or there is none.
func (q *queue) ask() chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.granted == nil {
		if q.file == nil && !q.closed {
			q.file = openQueue(q.path)
		}
		if q.file == nil || tryLockFile(q.file) {
			return nil
		}
		q.granted = make(chan struct{}, 1)
		go q.wait(q.file, q.granted)
	}
	q.wanted = true
	return q.granted
}

// wait is where the process stands in the queue. Where the system cannot lock
// the file it does not stand there for long.
func (q *queue) wait(file *os.File, granted chan struct{}) {
	_ = lockFile(file)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.wanted {
		granted <- struct{}{}
		return
	}
	q.granted = nil
	unlockFile(file)
}

// giveUp leaves the place to the next caller of this process, or to the next
// process when it comes up.
func (q *queue) giveUp() {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-q.granted:
		q.granted = nil
		unlockFile(q.file)
	default:
		q.wanted = false
	}
}

// leave lets the next process in.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.file != nil {
		unlockFile(q.file)
	}
}

func (q *queue) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if q.file == nil {
		return nil
	}
	file := q.file
	q.file = nil
	return file.Close()
}
