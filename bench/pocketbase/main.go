// Command pocketbase measures PocketBase beside the tools of crmcp: the same
// organizations, the same machine, over HTTP, in turn. It is a module of its
// own, so that nothing of PocketBase is among the program's dependencies.
//
//	go build -o /tmp/bench ./bench && cd bench/pocketbase && go run . -bench /tmp/bench
package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // its own tables
)

// clients is how many call at the same time.
const clients = 8

func main() {
	bench := flag.String("bench", "", "the built bench program")
	organizations := flag.Int("organizations", 100_000, "how many organizations both have")
	rounds := flag.Int("rounds", 5, "how often each is measured in turn")
	requests := flag.Int("requests", 2_000, "how many requests a round has")
	child := flag.String("child", "", "internal: be the PocketBase that is measured, with this setting of synchronous")
	flag.Parse()
	var err error
	if *child != "" {
		err = bePocketBase(*child, *organizations)
	} else {
		err = run(context.Background(), *bench, *organizations, *rounds, *requests)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

// run starts each server in a process of its own, so that all three are alike
// to the clients, and measures them in turn.
func run(ctx context.Context, bench string, organizations, rounds, requests int) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	count := fmt.Sprint(organizations)
	commands := [][]string{
		{bench, "-child", "http", "-organizations", count},
		{self, "-child", "normal", "-organizations", count},
		{self, "-child", "full", "-organizations", count},
	}
	var bases []string
	for _, command := range commands {
		base, stop, startErr := start(ctx, command)
		if startErr != nil {
			return errors.Join(err, startErr)
		}
		defer func() { err = errors.Join(err, stop()) }()
		bases = append(bases, base)
	}
	const collection = "api/collections/organizations/records"
	return compare(ctx, bases[0], []string{bases[1] + collection, bases[2] + collection}, int64(organizations), rounds, requests)
}

// start starts a server and gives the address that it writes on its first line.
func start(ctx context.Context, arguments []string) (base string, stop func() error, err error) {
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), func() error { return errors.Join(in.Close(), command.Wait()) }, err
}

// bePocketBase serves until its input ends. PocketBase's own setting of
// synchronous is normal, with which a power cut may take acknowledged writes;
// full is what crmcp does.
func bePocketBase(synchronous string, organizations int) (err error) {
	folder, err := os.MkdirTemp("", "pocketbase")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: folder, DBConnect: func(path string) (*dbx.DB, error) {
		return dbx.Open("sqlite", path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)&_pragma=synchronous("+
			synchronous+")&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)")
	}})
	if err := errors.Join(app.Bootstrap(), app.RunAllMigrations()); err != nil {
		return err
	}
	if err := fill(app, filepath.Join(os.TempDir(), "crmcp-bench", fmt.Sprintf("%d.db", organizations)), organizations); err != nil {
		return err
	}
	base, err := serve(app)
	if err != nil {
		return err
	}
	fmt.Println(base)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// fill makes a collection that everybody may use and copies organizations
// into it.
func fill(app core.App, path string, organizations int) error {
	open := ""
	c := core.NewBaseCollection("organizations")
	c.ListRule, c.ViewRule, c.CreateRule, c.UpdateRule = &open, &open, &open, &open
	for _, name := range []string{"name", "type", "status", "industry", "city", "country", "email", "website"} {
		c.Fields.Add(&core.TextField{Name: name})
	}
	for _, name := range []string{"employee_count", "annual_revenue"} {
		c.Fields.Add(&core.NumberField{Name: name})
	}
	c.Fields.Add(&core.AutodateField{Name: "created", OnCreate: true}, &core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true})
	c.AddIndex("organizations_status", false, "status, updated", "")
	c.AddIndex("organizations_city", false, "city", "")
	c.AddIndex("organizations_name", false, "name", "")
	if err := app.Save(c); err != nil {
		return err
	}
	return app.RunInTransaction(func(tx core.App) error { return copyRows(tx, path, organizations) })
}

func copyRows(tx core.App, path string, organizations int) (err error) {
	source, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	rows, err := source.Query(`SELECT id, name, type, status, coalesce(industry, ''), coalesce(city, ''), coalesce(country, ''), coalesce(email, ''), coalesce(website, ''),
 coalesce(employee_count, 0), coalesce(annual_revenue, 0), updated_at FROM organization WHERE id <= ?`, organizations)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, employees, revenue, updated int64
		texts := make([]string, 8)
		if err := rows.Scan(&id, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7], &employees, &revenue, &updated); err != nil {
			return err
		}
		values := map[string]any{"id": idOf(id), "employee_count": employees, "annual_revenue": revenue / 10_000,
			"created": moment(updated), "updated": moment(updated)}
		for i, name := range []string{"name", "type", "status", "industry", "city", "country", "email", "website"} {
			values[name] = texts[i]
		}
		if _, err := tx.DB().Insert("organizations", values).Execute(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// idOf is an id in the form that PocketBase asks for.
func idOf(number int64) string { return fmt.Sprintf("org%012d", number) }

func moment(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format("2006-01-02 15:04:05.000Z")
}

// serve answers on a free port with PocketBase's own routes.
func serve(app core.App) (base string, err error) {
	router, err := apis.NewRouter(app)
	if err != nil {
		return "", err
	}
	mux, err := router.BuildMux()
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = web.Serve(listener) }()
	return "http://" + listener.Addr().String() + "/", nil
}
