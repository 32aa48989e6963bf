package store

import (
	"context"
	"database/sql"
	"errors"
)

// pool hands out connections that keep their prepared statements.
type pool struct {
	handle *sql.DB
	idle   chan *session
	// open has an entry for each connection that there is, idle or taken.
	open chan struct{}
}

func newPool(handle *sql.DB, size int) *pool {
	handle.SetMaxOpenConns(size)
	handle.SetMaxIdleConns(size)
	return &pool{handle: handle, idle: make(chan *session, size), open: make(chan struct{}, size)}
}

// take gives an idle connection, opens one where there may be more, or waits
// until one is given back.
func (p *pool) take(ctx context.Context) (*session, error) {
	select {
	case s := <-p.idle:
		return s, nil
	default:
	}
	select {
	case s := <-p.idle:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case p.open <- struct{}{}:
	}
	conn, err := p.handle.Conn(ctx)
	if err != nil {
		<-p.open
		return nil, err
	}
	return &session{conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

// give takes a connection back; one that failed is closed.
func (p *pool) give(s *session, healthy bool) {
	if healthy {
		p.idle <- s
		return
	}
	_ = s.close()
	<-p.open
}

func (p *pool) close() error {
	for {
		select {
		case s := <-p.idle:
			if err := s.close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
				return err
			}
		default:
			return p.handle.Close()
		}
	}
}

// session is one connection with its prepared statements.
type session struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	// known is what the last transaction that only read began with; nil: none.
	known *state
}

// maxStatements bounds what a connection keeps; filters make ever new statements.
const maxStatements = 400

func (s *session) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := s.statements[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(s.statements) >= maxStatements {
		for old, one := range s.statements {
			delete(s.statements, old)
			_ = one.Close()
			break
		}
	}
	s.statements[query] = stmt
	return stmt, nil
}

// begin runs a statement that begins a transaction. It waits for nobody, so that
// it need not be watched.
func (s *session) begin(ctx context.Context, statement string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := s.conn.ExecContext(context.WithoutCancel(ctx), statement)
	return err
}

// end finishes the transaction whatever has become of the caller's context.
func (s *session) end(statement string) error {
	_, err := s.conn.ExecContext(context.Background(), statement)
	return err
}

func (s *session) close() error {
	for _, stmt := range s.statements {
		_ = stmt.Close()
	}
	return s.conn.Close()
}
