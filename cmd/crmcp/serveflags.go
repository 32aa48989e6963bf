package main

import "github.com/spf13/pflag"

// httpFlags are the settings of the server over HTTP.
type httpFlags struct {
	address        string
	hosts, origins []string
	perSecond      float64
	insecure       bool
}

func (f *httpFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.address, "http", "", "serve over HTTP at this address and port; a port alone: for this machine")
	flags.StringSliceVar(&f.hosts, "allowed-hosts", nil, "names under which clients reach the server over HTTP, comma-separated")
	flags.StringSliceVar(&f.origins, "allowed-origins", nil, "web pages that may call it: https://app.example")
	flags.Float64Var(&f.perSecond, "rate-limit", 100, "requests a second that each key may send; 0: any number")
	flags.BoolVar(&f.insecure, "insecure-no-auth", false, "take requests without a key for the owner's; on this machine alone")
}

// given is the first flag that was set and means nothing without --http.
func (f *httpFlags) given(flags *pflag.FlagSet) string {
	for _, name := range []string{"allowed-hosts", "allowed-origins", "rate-limit", "insecure-no-auth"} {
		if flags.Changed(name) {
			return name
		}
	}
	return ""
}

// rate is the limit as the server takes it.
func (f *httpFlags) rate() float64 {
	if f.perSecond <= 0 {
		return -1
	}
	return f.perSecond
}
