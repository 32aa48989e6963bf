package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/crmcp/crmcp/server"
)

// connectOptions are the flags of crmcp connect.
type connectOptions struct {
	keyFile, caFile string
	insecure        bool
	wait            time.Duration
}

func connectCommand(p *program, common *commonOptions) *cobra.Command {
	var options connectOptions
	cmd := &cobra.Command{
		Use:   "connect URL",
		Short: "Connect an assistant that speaks over standard input and output with a server elsewhere",
		Long: "Passes every message between an assistant and the server at URL (crmcp serve --http), for\n" +
			"assistants that can only start a program. The key of the server stands in a file:\n" +
			"crmcp connect https://crm.example.com/mcp --key-file ~/.crmcp/key",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.connect(cmd.Context(), common, options, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.keyFile, "key-file", "", "file that holds the API key and nothing else (CRMCP_KEY_FILE)")
	flags.StringVar(&options.caFile, "ca-file", "", "certificates, in PEM, of authorities to trust beside the system's")
	flags.BoolVar(&options.insecure, "insecure", false, "allow http:// to other machines, where others may read the key on the way")
	flags.DurationVar(&options.wait, "wait", 20*time.Second, "how long a message waits for a server that cannot be reached")
	return cmd
}

// connect carries messages until the input ends or the program is told to
// stop; both are clean ends.
func (p *program) connect(ctx context.Context, common *commonOptions, options connectOptions, url string) error {
	logger, err := p.logger(common)
	if err != nil {
		return err
	}
	if options.wait <= 0 {
		return usagef("--wait must be a time above zero, such as 20s")
	}
	err = server.Connect(ctx, server.ConnectOptions{
		URL: url, Insecure: options.insecure, KeyFile: cmp.Or(options.keyFile, p.getenv("CRMCP_KEY_FILE")), CAFile: options.caFile,
		Version: programVersion(), Logger: logger, Patience: options.wait,
	}, p.in, p.out)
	if errors.Is(err, server.ErrAddress) {
		return usagef("%v", err)
	}
	return err
}
