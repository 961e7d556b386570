package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
)

func platformsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "platforms", Short: "platforms of data exchange, and which resource is registered where"}
	cmd.AddCommand(listPlatformsCommand(), addPlatformCommand(), connectCommand())
	return cmd
}

func listPlatformsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the registered platforms with the way of a call",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				list, err := a.store.Platforms(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "code\tlevel\tprofile\tname\taddress")
				for _, p := range list {
					at := p.Base
					if p.Via != "" {
						at = "via " + p.Via
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Code, p.Level, p.Profile, p.Name, at)
				}
				return w.Flush()
			})
		},
	}
}

func addPlatformCommand() *cobra.Command {
	var p models.Platform
	var level string
	cmd := &cobra.Command{
		Use:   "add CODE",
		Short: "register a platform, or change it; calls take the new address at once",
		Long: "add registers a platform under a code. Give its address (--base), or the platform that passes calls on to it (--via), " +
			"as the province's does to the nation's. What proves a call belongs to a resource: see connect.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.Code, p.Level = args[0], models.Level(level)
			if err := spoken(&p); err != nil {
				return err
			}
			return withStore(cmd, func(ctx context.Context, a *app) error { return a.store.RegisterPlatform(ctx, p) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.Name, "name", "", "what people call it")
	f.StringVar(&level, "level", string(models.LevelProvince), "city, province or nation")
	f.StringVar(&p.Profile, "profile", exchange.ProfileNational, "protocol profile: "+profileNames()+", "+exchange.ProfileFiles)
	f.StringVar(&p.Base, "base", "", "its address, such as http://10.1.2.3:8181; with files file:///folder or sftp://host:port/folder?hostkey=SHA256:…")
	f.StringVar(&p.Via, "via", "", "code of the platform that passes calls on to it")
	f.BoolVar(&p.Unconfirmed, "allow-unconfirmed", false, "use a profile that no public source proves")
	return cmd
}

// spoken says what keeps a platform from being spoken to as it is registered.
func spoken(p *models.Platform) error {
	if p.Profile == exchange.ProfileFiles {
		if p.Base == "" {
			return nil
		}
		_, err := exchange.FilesAt(p.Base)
		return err
	}
	profile, err := exchange.ProfileByName(p.Profile)
	if err != nil {
		return err
	}
	p.Profile = profile.Name
	if profile.Unconfirmed && !p.Unconfirmed {
		return fmt.Errorf("--profile: %s is not confirmed by any public source; allow it by --allow-unconfirmed", p.Profile)
	}
	if p.Base == "" {
		return nil
	}
	return exchange.CheckBase(p.Base)
}

// linkForm is how a resource is called, as an operator writes it. It comes from
// standard input, because it holds secrets.
type linkForm struct {
	RID       string `json:"rid"`
	SID       string `json:"sid"`
	AppKey    string `json:"appkey"`
	Method    string `json:"method"`
	Operation string `json:"operation"`
	Account   string `json:"account"`
	Password  string `json:"password"`
	Probe     struct {
		Name     string `json:"name"`
		IDNumber string `json:"id_number"`
	} `json:"probe"`
}

func (f linkForm) link() models.Link {
	l := models.Link{
		RID: f.RID, SID: f.SID, AppKey: f.AppKey, Method: f.Method, Operation: f.Operation, Account: f.Account, Password: f.Password,
	}
	l.Probe.Name, l.Probe.IDNumber = f.Probe.Name, f.Probe.IDNumber
	return l
}

func connectCommand() *cobra.Command {
	var platform, mapping string
	var keepLink bool
	cmd := &cobra.Command{
		Use:   "connect RESOURCE-ID",
		Short: "say where a resource is registered and how it is called; the identifiers are read from standard input as JSON",
		Long: `connect reads {"rid":"…","sid":"…","appkey":"…","method":"POST","operation":"…","account":"…","password":"…",` +
			`"probe":{"name":"…","id_number":"…"}} from standard input and keeps it encrypted. With --keep-link only the platform and the mapping change.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("RESOURCE-ID: %q is no number", args[0])
			}
			c := models.Connection{Platform: platform}
			if mapping != "" {
				text, err := os.ReadFile(mapping) //nolint:gosec // the operator names the file
				if err != nil {
					return fmt.Errorf("--mapping: %w", err)
				}
				if _, err := exchange.ParseMapping(text); err != nil {
					return err
				}
				c.Mapping = string(text)
			}
			if !keepLink {
				if c.Link, err = readLink(cmd.InOrStdin()); err != nil {
					return err
				}
			}
			return withStore(cmd, func(ctx context.Context, a *app) error {
				if platform != "" {
					if err := a.knows(ctx, platform); err != nil {
						return err
					}
				}
				return a.store.Connect(ctx, id, c)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&platform, "platform", "", "code of the platform where it is registered; the profile of the settings stands for the platform of SHUJIE_EXCHANGE_URL")
	f.StringVar(&mapping, "mapping", "", "file with its mapping; try it first by exchange-try")
	f.BoolVar(&keepLink, "keep-link", false, "leave the identifiers as they are and read nothing")
	return cmd
}

func readLink(r io.Reader) (models.Link, error) {
	var form linkForm
	text, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return models.Link{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if dec.Decode(&form) != nil { // its error might quote a secret
		return models.Link{}, fmt.Errorf("standard input is not the JSON object that `shujie platforms connect --help` shows")
	}
	if form.SID == "" && form.Operation == "" {
		return models.Link{}, fmt.Errorf("standard input names neither sid nor operation, so nothing can be called")
	}
	return form.link(), nil
}

// knows reports a platform that nobody registered.
func (a *app) knows(ctx context.Context, code string) error {
	if code == a.cfg.ExchangeProfile {
		return nil
	}
	list, err := a.store.Platforms(ctx)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Code == code {
			return nil
		}
	}
	return fmt.Errorf("--platform: there is no platform %q; register it by `shujie platforms add`", code)
}
