package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/crmcp/crmcp/server"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/tools"
)

// demoLines is how many lines of an answer the demonstration shows.
const demoLines = 7

// scene is one thing that a person asks and what an assistant calls for it.
type scene struct {
	question, tool, arguments string
}

func demoScenes() []scene {
	return []scene{
		{"What is going on in my CRM?", "describe", `{}`},
		{"Which open deals should have been closed by now?", "list_deals",
			`{"filter":"status = open and expected_close_on < today","sort":"-amount","fields":["name","amount","currency","stage","organization","expected_close_on"]}`},
		{"What is in the pipeline, stage by stage?", "aggregate",
			`{"type":"deal","filter":"status = open","group_by":["stage"],"measures":["count","sum(amount)"]}`},
		{"Who was it at the printers in Leipzig, a Mr Muller?", "search", `{"query":"muller leipzig"}`},
		{"I am about to ring him. What has happened lately?", "timeline", `{"of":"Druckhalle 2"}`},
		{"He says yes, at 53,000. Put it in.", "update_deal", `{"id":"Druckhalle 2","stage":"Won","value":53000}`},
		{"Note that call, and remind me in three days to ask him for the dates.", "log_activity",
			`{"type":"call","direction":"outbound","contacts":["Jürgen Müller"],"to":["Druckhalle 2"],"subject":"Order confirmed","follow_up":{"name":"Ask Jürgen for the dates","due_at":"+3d"}}`},
		{"No, not at all: I mixed up two calls. Take that back.", "undo", `{}`},
	}
}

func demoCommand(p *program, common *commonOptions) *cobra.Command {
	var serve demoServe
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the CRM at work on a company of sample data",
		Long: "Makes a database with the sample data of a small company, shows what an assistant calls and what it\n" +
			"gets, and says how to connect one. The database is removed again unless --db names a new file for it.\n" +
			"With --serve it stays until you stop it, and is served over HTTP to assistants of your own.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context(), common, serve) },
	}
	cmd.Flags().BoolVar(&serve.on, "serve", false, "serve the sample data over HTTP afterwards, with a key made for it")
	cmd.Flags().StringVar(&serve.address, "http", "127.0.0.1:8080", "with --serve: address and port on this machine")
	return cmd
}

func (p *program) demo(ctx context.Context, common *commonOptions, serve demoServe) error {
	if common.database != "" {
		if _, err := os.Stat(common.database); err == nil {
			return usagef("%s exists already; the demonstration fills a new file: name another one", common.database)
		}
		return p.demoAt(ctx, common, common.database, serve)
	}
	folder, err := os.MkdirTemp("", "crmcp-demo-")
	if err != nil {
		return fmt.Errorf("the demonstration needs a temporary folder: %w", err)
	}
	return errors.Join(p.demoAt(ctx, common, filepath.Join(folder, "crm.db"), serve), os.RemoveAll(folder))
}

func (p *program) demoAt(ctx context.Context, common *commonOptions, path string, serve demoServe) error {
	settings := store.Options{OwnerName: "Femke Zuiderhof", User: "femke@kadelicht.example", Currency: "EUR", Country: "NL", TimeZone: "Europe/Amsterdam"}
	opened, err := p.openAt(ctx, common, path, settings, tools.Options{Toolsets: "all", MaxText: server.MaxAnswerText})
	if err != nil {
		return err
	}
	opened.caller.Client = "demo"
	err = p.perform(ctx, opened, common.database, serve.on)
	if err == nil && serve.on {
		err = p.serveDemo(ctx, common, opened, serve.address)
	}
	return errors.Join(err, opened.close())
}

// perform fills the database and plays the scenes.
func (p *program) perform(ctx context.Context, opened *session, kept string, served bool) error {
	paint := p.painter()
	begun := time.Now()
	count, err := fillSample(ctx, opened)
	if err != nil {
		return err
	}
	p.print("%s\n", paint.bold("A CRM for a small lighting studio in Rotterdam"))
	p.print("filled by %d tool calls in %.1f s. Now its owner, Femke, asks her assistant:\n", count, time.Since(begun).Seconds())
	for _, one := range demoScenes() {
		if err := p.play(ctx, opened, one); err != nil {
			return err
		}
	}
	if !served {
		p.printConnect(kept)
	}
	return nil
}

func (p *program) play(ctx context.Context, opened *session, one scene) error {
	paint := p.painter()
	if one.question != "" {
		p.print("\n%s %s\n", paint.green("●"), paint.bold(one.question))
	}
	shown := one.tool
	if one.arguments != "{}" {
		shown += " " + one.arguments
	}
	p.print("  %s\n", paint.cyan(p.indented(shown, 4)))
	answer := opened.service.Call(ctx, opened.caller, one.tool, json.RawMessage(one.arguments))
	if err := answerError(answer); err != nil {
		return fmt.Errorf("demonstration, %s: %w", one.tool, err)
	}
	p.printAnswer(answer.Text)
	return nil
}

// printAnswer shows the beginning of an answer: of one with several records a
// little of each.
func (p *program) printAnswer(answer string) {
	lines := strings.Split(answer, "\n")
	rows := 2
	if len(lines) == 1 {
		rows = 4
	}
	width := p.demoWidth()
	for i, line := range lines {
		if i == demoLines && len(lines) > demoLines+1 {
			p.print("    %s\n", p.painter().dim(fmt.Sprintf("… %d more lines", len(lines)-i)))
			return
		}
		cut := text.WrapHard(text.Snip(printable(line), rows*width, "…"), width)
		for row := range strings.SplitSeq(cut, "\n") {
			p.print("    %s\n", p.painter().dim(row))
		}
	}
}

// demoWidth is the room for an answer: that of the terminal, or of a usual one.
func (p *program) demoWidth() int { return max(40, cmp.Or(p.width(), 110)-4) }

// printConnect says how to go on after the demonstration.
func (p *program) printConnect(kept string) {
	paint := p.painter()
	serve := []string{"serve"}
	if kept != "" {
		absolute, err := filepath.Abs(kept)
		if err != nil {
			absolute = kept
		}
		serve = append(serve, "--db", absolute)
	}
	command := programPath()
	p.print("\n%s\n", paint.bold("Connect it to your own assistant, with your own data"))
	p.print("  Claude Code:             claude mcp add crm -- %s\n", strings.Join(append([]string{shellWord(command)}, quoted(serve)...), " "))
	p.print("  Claude Desktop, Cursor:  {\"mcpServers\": {\"crm\": {\"command\": %s, \"args\": %s}}}\n", asJSON(command), asJSON(serve))
	p.print("  In the shell:            crmcp list deals, crmcp show NAME, crmcp call TOOL name=value, crmcp tools\n")
}

// programPath is how this program is started: by its file, or by its name when
// it runs out of a build's temporary folder.
func programPath() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, "go-build") {
		return "crmcp"
	}
	return path
}

func quoted(words []string) []string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellWord(word)
	}
	return quoted
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(word string) string {
	if !strings.ContainsAny(word, " \t'\"\\$&|;<>()*?`") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func asJSON(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
