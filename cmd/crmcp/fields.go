package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/schema"
)

// fieldOptions are the flags of crmcp fields define; what is empty stays as it is.
type fieldOptions struct {
	label, kind, value, description string
	options, rename, replace, color []string
	clear                           []string
	required, unique                bool
	position                        int
	yes                             bool
}

func fieldsCommand(p *program, common *commonOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fields",
		Short: "List, define and delete custom fields",
		Long:  "Custom fields are added to a record type, and are then written, filtered, sorted and shown as built-in fields are.",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.listFields(cmd.Context(), common, "", false) },
	}
	cmd.AddCommand(fieldsList(p, common), fieldsDefine(p, common), fieldsDelete(p, common))
	return cmd
}

func fieldsList(p *program, common *commonOptions) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list [TYPE]", Short: "List the custom fields, of one type or all", Args: cobra.MaximumNArgs(1), ValidArgsFunction: typeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.listFields(cmd.Context(), common, strings.Join(args, ""), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one field a line")
	return cmd
}

func fieldsDefine(p *program, common *commonOptions) *cobra.Command {
	var o fieldOptions
	cmd := &cobra.Command{
		Use:   "define TYPE KEY",
		Short: "Make a custom field, or change it",
		Long: "Makes a custom field of a record type, or changes the one with that key. Its kind cannot change later.\n" +
			"Options are the whole new list: one that records have can only be left out with --replace.",
		Example: "  crmcp fields define organization tier --kind single_select --options Gold,Silver,Bronze --default Bronze\n" +
			"  crmcp fields define organization tier --rename Gold=Platinum\n" +
			"  crmcp fields define organization tier --options Platinum,Bronze --replace Silver=Bronze",
		Args: cobra.ExactArgs(2), ValidArgsFunction: typeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.defineField(cmd.Context(), common, o.arguments(cmd, args[0], args[1]), o.yes)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.kind, "kind", "", strings.Join(schema.CustomKinds(), ", "))
	flags.StringVar(&o.label, "label", "", "what people call it")
	flags.StringSliceVar(&o.options, "options", nil, "options of a select, in order")
	flags.StringArrayVar(&o.rename, "rename", nil, "Old=New: another label for an option, everywhere")
	flags.StringArrayVar(&o.replace, "replace", nil, "Gone=Other: what takes the place of an option that is left out")
	flags.StringArrayVar(&o.color, "color", nil, "Option=#ffcc00")
	flags.StringVar(&o.value, "default", "", "what new records get")
	flags.StringVar(&o.description, "description", "", "one line about it")
	flags.StringSliceVar(&o.clear, "clear", nil, "default, description")
	flags.BoolVar(&o.required, "required", false, "records need a value; --required=false ends that")
	flags.BoolVar(&o.unique, "unique", false, "no two records have the same value; --unique=false ends that")
	flags.IntVar(&o.position, "position", 0, "place among the type's custom fields, from 1")
	flags.BoolVar(&o.yes, "yes", false, "go on when more than ten records would change")
	return cmd
}

// arguments are those of the tool that the flags stand for.
func (o *fieldOptions) arguments(cmd *cobra.Command, typeName, key string) map[string]any {
	arguments := map[string]any{"record_type": typeName, "key": key}
	for flag, value := range map[string]any{"kind": o.kind, "label": o.label, "default": o.value, "description": o.description, "position": o.position,
		"options": o.options, "rename": o.rename, "replace": o.replace, "clear": o.clear} {
		if cmd.Flags().Changed(flag) {
			arguments[flag] = value
		}
	}
	for flag, argument := range map[string]struct {
		name  string
		value any
	}{"required": {"is_required", o.required}, "unique": {"is_unique", o.unique}, "color": {"colors", o.color}} {
		if cmd.Flags().Changed(flag) {
			arguments[argument.name] = argument.value
		}
	}
	return arguments
}

func fieldsDelete(p *program, common *commonOptions) *cobra.Command {
	return &cobra.Command{
		Use: "delete TYPE KEY", Short: "Delete a custom field", Args: cobra.ExactArgs(2), ValidArgsFunction: typeNames,
		Long: "Hides a custom field with its values: crmcp call undo brings both back.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.deleteField(cmd.Context(), common, map[string]any{"record_type": args[0], "id": args[1]})
		},
	}
}

func (p *program) listFields(ctx context.Context, common *commonOptions, typeName string, asJSON bool) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		of := schema.FindAmong(opened.db.Schema().OfClass(schema.Record), typeName)
		if typeName != "" && of == nil {
			return usagef("there is no record type %q", typeName)
		}
		rows, err := opened.askRows(ctx, "list_setup", "fields", map[string]any{"kinds": "fields"})
		if err != nil {
			return err
		}
		return p.printFields(rows, of, asJSON)
	})
}

// printFields shows custom fields of one type, or of all where it is nil.
func (p *program) printFields(fields []json.RawMessage, of *schema.Type, asJSON bool) error {
	t := table{columns: []column{{label: "id"}, {label: "type"}, {label: "key"}, {label: "label"}, {label: "kind"}, {label: "options"}, {label: "default"}, {label: "rules"}}}
	if of != nil {
		fields = slices.DeleteFunc(fields, func(raw json.RawMessage) bool {
			field, err := decodeObject(raw)
			return err == nil && field.text("record_type") != of.Name
		})
	}
	err := p.eachRow(fields, asJSON, func(field object) {
		t.rows = append(t.rows, []string{field.text("id"), field.text("record_type"), field.text("key"), field.text("label"), field.text("kind"),
			shownValue(field.get("options"), nil), field.text("default"), fieldRules(field)})
	})
	if err == nil && !asJSON {
		p.printRows(t, "no custom fields; crmcp fields define makes one")
	}
	return err
}

func fieldRules(field object) string {
	var rules []string
	for _, rule := range []string{"required", "unique"} {
		if field.get("is_"+rule) == true {
			rules = append(rules, rule)
		}
	}
	return strings.Join(rules, ", ")
}

// defineField calls the tool; where it asks to be confirmed and the caller has
// said yes beforehand, it goes on.
func (p *program) defineField(ctx context.Context, common *commonOptions, arguments map[string]any, yes bool) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		answer, err := opened.ask(ctx, "define_field", arguments)
		var known *schema.Error
		if errors.As(err, &known) && known.Code == schema.ConfirmRequired && !yes {
			return fmt.Errorf("%s; --yes goes on", strings.SplitN(known.Message, ";", 2)[0])
		}
		if known != nil && known.Code == schema.ConfirmRequired {
			asked, decodeErr := decodeObject(answer)
			if decodeErr != nil {
				return decodeErr
			}
			arguments["confirm"] = asked.text("confirm")
			answer, err = opened.ask(ctx, "define_field", arguments)
		}
		if err != nil {
			return err
		}
		return p.printDefined(answer)
	})
}

func (p *program) printDefined(answer json.RawMessage) error {
	done, err := decodeObject(answer)
	if err != nil {
		return err
	}
	field, _ := done.get("field").(object)
	p.print("%s  %s.%s  %s", field.text("id"), field.text("record_type"), field.text("key"), field.text("kind"))
	if options := shownValue(field.get("options"), nil); options != "" {
		p.print(": %s", options)
	}
	p.print("\n")
	if removed := shownValue(done.get("removed"), nil); removed != "" {
		_, _ = fmt.Fprintf(p.err, "removed: %s\n", removed)
	}
	if warnings := shownValue(done.get("warnings"), nil); warnings != "" {
		_, _ = fmt.Fprintf(p.err, "warning: %s\n", warnings)
	}
	return nil
}

func (p *program) deleteField(ctx context.Context, common *commonOptions, arguments map[string]any) error {
	return onSession(ctx, common, p.openSession, func(opened *session) error {
		done, err := opened.askObject(ctx, "delete_setup", arguments)
		if err != nil {
			return err
		}
		gone, _ := done.get("deleted").(object)
		p.print("%s  %s.%s is hidden, with its values in %v records; crmcp call undo brings it back\n",
			gone.text("id"), gone.text("record_type"), gone.text("key"), done.get("records_with_a_value"))
		return nil
	})
}
