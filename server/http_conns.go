package server

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// overloaded is what a connection beyond the cap reads before it is closed.
const overloaded = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// capped is a listener that keeps no more than so many connections open. More
// are told so and closed rather than left waiting: a client that holds many
// idle ones would keep the others out without a word.
type capped struct {
	net.Listener
	most int64
	open atomic.Int64
}

func newCapped(listener net.Listener, most int) *capped {
	return &capped{Listener: listener, most: int64(most)}
}

// Accept gives the next connection within the cap.
func (c *capped) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c.open.Add(1) <= c.most {
			return &cappedConn{Conn: conn, free: sync.OnceFunc(func() { c.open.Add(-1) })}, nil
		}
		c.open.Add(-1)
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, overloaded)
		_ = conn.Close()
	}
}

type cappedConn struct {
	net.Conn
	free func()
}

// Close closes the connection and gives its place to another.
func (c *cappedConn) Close() error {
	c.free()
	return c.Conn.Close()
}
