package crmcp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// fence is a block of code in the README: its language and its text.
var fence = regexp.MustCompile("(?s)```(sh|json|toml)\n(.*?)```")

// reader is somebody who follows the README in an empty home folder, with the
// program on the path.
type reader struct {
	*testing.T
	home string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	home := t.TempDir()
	program := filepath.Join(home, "crmcp")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/crmcp").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return &reader{t, home}
}

// run starts a line of a shell as the reader would type it.
func (r *reader) run(line, stdin string) string {
	r.Helper()
	command := exec.Command("sh", "-c", line)
	command.Dir = r.home
	command.Env = append(os.Environ(), "HOME="+r.home, "XDG_DATA_HOME="+r.home, "CRMCP_DB="+filepath.Join(r.home, "crm.db"),
		"PATH="+r.home+string(os.PathListSeparator)+os.Getenv("PATH"))
	command.Stdin = strings.NewReader(stdin)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Run(); err != nil {
		r.Errorf("%s: %v\n%s%s", line, err, out.String(), errors.String())
	}
	return out.String()
}

// connects says whether a command line is an MCP server with tools.
func (r *reader) connects(line string) {
	r.Helper()
	out := r.run(line, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"reader","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
`)
	if !strings.Contains(out, `"create_organization"`) {
		r.Errorf("%s publishes no tools: %.300s", line, out)
	}
}

func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	for name, content := range map[string]string{
		"customers.csv": "title,Telephone,City,customer_id,Favourite colour\nGlobex,+31 20 123 4567,Utrecht,C-7,blue\n",
		"orders.csv":    "external_id,name,value,order_date,organization\n1,First order,120.50,2026-05-01,Globex\n",
	} {
		if err := os.WriteFile(filepath.Join(r.home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
		seen[block[1]]++
		r.follow(block[1], block[2])
	}
	if seen["sh"] < 5 || seen["json"] < 2 || seen["toml"] < 1 {
		t.Errorf("blocks found: %v", seen)
	}
}

func (r *reader) follow(language, block string) {
	r.Helper()
	switch language {
	case "json":
		r.connects(commandOfJSON(r.T, block))
	case "toml":
		r.connects(commandOfTOML(block))
	default:
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if _, server, ok := strings.Cut(line, " -- "); ok {
				r.connects(server)
			} else if strings.HasPrefix(line, "crmcp ") {
				r.run(line, "")
			}
		}
	}
}

// commandOfJSON is the command line of the server that a client's
// configuration starts.
func commandOfJSON(t *testing.T, block string) string {
	t.Helper()
	type entry struct {
		Command string
		Args    []string
	}
	var config struct {
		MCPServers, Servers map[string]entry
	}
	if err := json.Unmarshal([]byte(block), &config); err != nil {
		t.Fatalf("%v in %s", err, block)
	}
	for _, server := range []entry{config.MCPServers["crm"], config.Servers["crm"]} {
		if server.Command != "" {
			return server.Command + " " + strings.Join(server.Args, " ")
		}
	}
	t.Fatalf("no server in %s", block)
	return ""
}

func commandOfTOML(block string) string {
	command := regexp.MustCompile(`command = "(.*)"`).FindStringSubmatch(block)[1]
	args := regexp.MustCompile(`args = \[(.*)\]`).FindStringSubmatch(block)[1]
	return command + " " + strings.NewReplacer(`"`, "", ",", "").Replace(args)
}
