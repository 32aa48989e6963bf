// Package tools holds what assistants can call. Every tool is a value in one
// list (Catalog): its name, its words, its arguments and an ordinary function.
// Publishing, the command line, the HTTP API, the reference and the checks are
// loops over that list.
package tools

import (
	"context"
	"slices"
)

// Mode says what a tool may do. Read, write and destroy never share a tool,
// so that a client can let people allow the ones and ask for the others.
type Mode int

// The modes. Destroy takes something away, even if it can be brought back.
const (
	Read Mode = iota
	Write
	Destroy
)

// Tool is one thing that an assistant can call.
type Tool struct {
	Name  string
	Title string
	// Description is for the model: what the tool does and when to take it.
	Description string
	// Set is the toolset that the tool belongs to.
	Set string
	// Core tools are the smallest useful set.
	Core bool
	// Default puts a tool of the admin set into the default set as well.
	Default bool
	Mode    Mode
	// Role is the least one that may call the tool, where it does not follow
	// from Mode and Set (LeastRole).
	Role string
	// Idempotent: called again with the same arguments, it changes nothing more.
	Idempotent bool
	// OpenWorld tools reach beyond the database.
	OpenWorld bool
	// Lasting says, of a tool that writes, why undo cannot take back what it
	// did; empty: it can.
	Lasting string
	// Of is the record type whose fields the tool takes beside In; empty: none.
	Of string
	In []Arg
	// Out are the members of its answer, without those that every writing
	// tool has.
	Out []Member
	// Confirms: the tool may ask to be confirmed (Call.Confirm).
	Confirms bool
	// Large answers may be four times as long as those of other tools.
	Large bool
	// Prepare, where set, runs before the transaction: files, people and
	// networks must never be waited for inside one.
	Prepare func(ctx context.Context, c *Call) error
	// Run does the work. The framework adds what it heard on the way (change,
	// warnings, removed) to the object that it returns.
	Run func(c *Call) (*Object, error)
}

// Kind is the form of an argument.
type Kind int

// The kinds of arguments and what a Call gives for them.
const (
	String  Kind = iota // Call.Text
	Integer             // Call.Int
	Number              // Call.Number
	Boolean             // Call.Bool
	Strings             // Call.List
	Pairs               // Call.Pairs: published as strings "name=value"
	Struct              // Call.Struct: an object of Fields
	Structs             // Call.Structs: a list of objects of Fields
)

// Arg is one argument of a tool.
type Arg struct {
	Name string
	Kind Kind
	// Doc is published; it says a format or a trap in five words.
	Doc  string
	Enum []string
	// Meant are other words for choices, as other systems call them.
	Meant map[string]string
	// Unlisted choices are checked but not published: another tool lists them.
	Unlisted bool
	Required bool
	// Hidden arguments are taken but not published.
	Hidden  bool
	Aliases []string
	// Fields are the members of a Struct or of each of Structs.
	Fields []Arg
	// Of is the record type that a Struct, or an object in place of a text, is
	// one of; Call.side reads it. Fields are then those that are published.
	Of string
	// Min and Max bound an Integer; both 0: unbounded.
	Min, Max int64
	// JSON takes any JSON value for a String and keeps it as text.
	JSON bool
	// Commas: a String takes a list too and joins it; Strings take "a, b" too.
	Commas bool
	// Labels: Strings take objects too, of which the label counts.
	Labels bool
	// Field marks a value of the record type Of, which the schema reads.
	Field bool
}

// IsWriting says whether the tool can change anything.
func (t *Tool) IsWriting() bool { return t.Mode != Read }

// arg finds the argument that a spelling (snake_case) means; nil: none.
func (t *Tool) arg(spelled string) *Arg {
	if found := findArg(t.In, spelled); found != nil {
		return found
	}
	return findArg(t.controls(), spelled)
}

func findArg(args []Arg, spelled string) *Arg {
	for i := range args {
		if args[i].Name == spelled {
			return &args[i]
		}
	}
	for i := range args {
		if slices.Contains(args[i].Aliases, spelled) {
			return &args[i]
		}
	}
	return nil
}

// controls are the arguments that every writing tool takes, whether it
// publishes them or not.
func (t *Tool) controls() []Arg {
	if !t.IsWriting() {
		return nil
	}
	return []Arg{
		{Name: "dry_run", Kind: Boolean, Hidden: true, Aliases: []string{"preview"}},
		{Name: "confirm", Hidden: true, Aliases: []string{"confirm_token", "confirmation"}},
		{Name: "idempotency_key", Hidden: true, Aliases: []string{"idempotency"}},
	}
}

// argNames are the names that a tool takes beside the fields of a record.
func (t *Tool) argNames() []string {
	var names []string
	for _, arg := range append(slices.Clone(t.In), t.controls()...) {
		names = append(names, arg.Name)
	}
	return names
}
