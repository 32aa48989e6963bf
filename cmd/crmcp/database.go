package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// session is an open database with the tools on it, and who uses them.
type session struct {
	db      *store.DB
	service *tools.Service
	caller  store.Caller
}

func (s *session) close() error { return s.db.Close() }

// openSession opens the database, creating it where there is none, with the
// tools that a person in the shell has: all of them, answers uncut.
func (p *program) openSession(ctx context.Context, common *commonOptions) (*session, error) {
	return p.openWith(ctx, common, tools.Options{Toolsets: "all"})
}

// openToRead is openSession for commands that only read: a database that was
// named but is not there is a slip of the pen, not one to be made.
func (p *program) openToRead(ctx context.Context, common *commonOptions) (*session, error) {
	if cmp.Or(common.database, p.getenv("CRMCP_DB")) != "" {
		return p.openExisting(ctx, common)
	}
	return p.openSession(ctx, common)
}

// openExisting is openSession for commands that make no sense without a
// database.
func (p *program) openExisting(ctx context.Context, common *commonOptions) (*session, error) {
	if err := p.wantDatabase(common); err != nil {
		return nil, err
	}
	return p.openSession(ctx, common)
}

// wantDatabase refuses to make a new database where an old one was meant.
func (p *program) wantDatabase(common *commonOptions) error {
	path, err := p.databasePath(common)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return schema.Errorf(schema.NotFound, "there is no database %s: name another with --db, or make it with serve, call or import", path)
	}
	return nil
}

// onSession opens the database in one of these ways for one piece of work, and
// closes it.
func onSession(ctx context.Context, common *commonOptions, open func(context.Context, *commonOptions) (*session, error), work func(*session) error) error {
	opened, err := open(ctx, common)
	if err != nil {
		return err
	}
	return errors.Join(work(opened), opened.close())
}

func (p *program) openWith(ctx context.Context, common *commonOptions, options tools.Options) (*session, error) {
	path, err := p.databasePath(common)
	if err != nil {
		return nil, err
	}
	settings := p.newDatabaseSettings()
	settings.User = cmp.Or(common.user, p.getenv("CRMCP_USER"))
	return p.openAt(ctx, common, path, settings, options)
}

// openAt opens the database file at a path.
func (p *program) openAt(ctx context.Context, common *commonOptions, path string, settings store.Options, options tools.Options) (*session, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("the path of the database: %w", err)
	}
	if options.Logger, err = p.logger(common); err != nil {
		return nil, err
	}
	if settings.Now, err = p.clock(); err != nil {
		return nil, err
	}
	options.Version = programVersion()
	settings.Program = options.Version
	settings.Show, settings.InsecureWebhooks = tools.WholeRecords, common.insecureWebhooks
	db, err := store.Open(ctx, path, settings)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	service, err := tools.New(db, options)
	if err != nil {
		return nil, errors.Join(usagef("%v", err), db.Close())
	}
	caller := store.Caller{User: db.Caller(), Client: "crmcp", Version: options.Version, Shell: true}
	return &session{db: db, service: service, caller: caller}, nil
}

func (p *program) databasePath(common *commonOptions) (string, error) {
	if path := cmp.Or(common.database, p.getenv("CRMCP_DB")); path != "" {
		return path, nil
	}
	if path := p.defaultDatabase(); path != "" {
		return path, nil
	}
	return "", usagef("there is no home directory to keep the database in: name a file with --db or CRMCP_DB")
}

func (p *program) defaultDatabase() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return defaultDatabase(runtime.GOOS, home, p.getenv("XDG_DATA_HOME"))
}

// defaultDatabase is where the database of a user lies; empty: nowhere, as
// there is no home. XDG_DATA_HOME is not heeded on macOS, where programs
// started from the desktop do not see it and would open another file than the
// shell. On Windows the folder is not AppData, which packaged programs see
// redirected to one of their own.
func defaultDatabase(system, home, dataHome string) string {
	switch {
	case system == "windows" && home != "":
		return filepath.Join(home, ".crmcp", "crm.db")
	case system == "darwin" && home != "":
		return filepath.Join(home, "Library", "Application Support", "crmcp", "crm.db")
	case system != "windows" && system != "darwin" && filepath.IsAbs(dataHome):
		return filepath.Join(dataHome, "crmcp", "crm.db")
	case home != "":
		return filepath.Join(home, ".local", "share", "crmcp", "crm.db")
	}
	return ""
}

// shownDefaultDatabase is the default path as the help shows it.
func (p *program) shownDefaultDatabase() string {
	path := p.defaultDatabase()
	home, err := os.UserHomeDir()
	if inHome, found := strings.CutPrefix(path, home); found && err == nil && home != "" {
		return "~" + inHome
	}
	return cmp.Or(path, "none: there is no home directory")
}

// newDatabaseSettings are what a new company starts with, as far as the
// system tells.
func (p *program) newDatabaseSettings() store.Options {
	country, currency := regionOf(cmp.Or(p.getenv("LC_ALL"), p.getenv("LC_MONETARY"), p.getenv("LANG")))
	link, err := os.Readlink("/etc/localtime")
	if err != nil {
		link = ""
	}
	return store.Options{OwnerName: ownerName(), Country: country, Currency: currency, TimeZone: timeZone(p.getenv("TZ"), link)}
}

// ownerName is the name of the person whose account this is.
func ownerName() string {
	account, err := user.Current()
	if err != nil {
		return ""
	}
	// The full name may be followed by office and telephone, the user name
	// may follow that of a Windows domain.
	full, _, _ := strings.Cut(account.Name, ",")
	return cmp.Or(strings.TrimSpace(full), account.Username[strings.LastIndexByte(account.Username, '\\')+1:])
}
