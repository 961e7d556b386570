package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/exchange"
)

func simCommand() *cobra.Command {
	var asJSON bool
	var faults float64
	var seed uint64
	var profile string
	cmd := &cobra.Command{
		Use:   "exchange-sim",
		Short: "run the simulator of the exchange platform",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if cfg.Addr == "" {
				cfg.Addr = "127.0.0.1:8181" // the platform's own port
			}
			if faults < 0 || faults > 1 {
				return fmt.Errorf("--faults: %g is not between 0 and 1", faults)
			}
			spoken, err := exchange.ProfileByName(profile)
			if err != nil {
				return fmt.Errorf("--profile: %w", err)
			}
			sim := exchange.NewSimulator(exchange.SimOptions{Profile: spoken, Seed: seed, Now: time.Now, Log: newLogger(cmd.ErrOrStderr(), cfg.LogLevel)})
			if err := registerBlockers(sim); err != nil {
				return err
			}
			if faults > 0 {
				if err := sim.SetFaults(exchange.Faults{Rate: faults, Seed: seed}); err != nil {
					return fmt.Errorf("--faults: %w", err)
				}
			}
			return exchange.RunSim(cmd.Context(), cmd.OutOrStdout(), cfg.Addr, asJSON, sim)
		},
	}
	cmd.Flags().StringVar(&profile, "profile", exchange.ProfileNational, "protocol profile: "+profileNames())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print base address, services and persons as JSON")
	cmd.Flags().Float64Var(&faults, "faults", 0, "how often the platform misbehaves, 0 to 1")
	cmd.Flags().Uint64Var(&seed, "seed", demoSeed, "decides credentials, persons and random faults")
	return cmd
}

func callCommand() *cobra.Command {
	var o exchange.CallOptions
	cmd := &cobra.Command{
		Use:   "exchange-call",
		Short: "test a connection to the exchange platform and print the outcome",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if o.Base == "" {
				o.Base = cfg.ExchangeURL
			}
			o.Timeout, o.Now = cfg.ExchangeTimeout, time.Now
			return exchange.RunCall(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Base, "base", "", "base address of the platform (SHUJIE_EXCHANGE_URL)")
	f.StringVar(&o.Profile, "profile", exchange.ProfileNational, "protocol profile: "+profileNames())
	f.BoolVar(&o.AllowUnconfirmed, "allow-unconfirmed", false, "use a profile that no public source proves")
	f.StringVar(&o.Service.RID, "rid", "", "requester id")
	f.StringVar(&o.Service.SID, "sid", "", "service id")
	f.StringVar(&o.Service.AppKey, "appkey", "", "authorisation code of this requester and service")
	f.StringVar(&o.Service.Method, "method", "POST", "GET or POST, as the service is registered")
	f.StringVar(&o.Service.Operation, "operation", "", "path of the interface, or SOAP operation, where the profile has one")
	f.StringVar(&o.Service.Account, "account", "", "account at the provider, where the profile has one")
	f.StringVar(&o.Service.Password, "password", "", "password of the account")
	f.StringVar(&o.By.Account, "asker", "", "who asks, where the protocol wants to know")
	f.StringVar(&o.By.Case, "case", "", "number of the case it is for, where the protocol wants to know")
	f.StringVar(&o.Body, "body", "{}", "JSON object of parameters")
	f.IntVar(&o.Repeat, "repeat", 1, "how many calls to make")
	f.BoolVar(&o.AsJSON, "json", false, "print JSON")
	return cmd
}

// profileNames lists the profiles for the help.
func profileNames() string {
	var names []string
	for _, p := range exchange.Profiles() {
		name := p.Name
		if p.Unconfirmed {
			name += " (unconfirmed)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func tryCommand() *cobra.Command {
	var o exchange.TryOptions
	cmd := &cobra.Command{
		Use:   "exchange-try MAPPING SAMPLE",
		Short: "try a mapping on a recorded sample: what would be asked, and what would be kept",
		Long: "exchange-try reads a mapping and a sample that a provider once sent, both files, and prints the parameters of a call " +
			"about a test person and the facts that would be kept. With --profile the sample is a whole answer in any encoding, else a record. Nothing is sent.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Mapping, err = os.ReadFile(args[0]); err != nil {
				return fmt.Errorf("MAPPING: %w", err)
			}
			if o.Sample, err = os.ReadFile(args[1]); err != nil {
				return fmt.Errorf("SAMPLE: %w", err)
			}
			o.Values = exchange.Values{
				"subject.name": "测试人", "subject.id_number": "32990019900101001X", "case.number": "JS-2026-00000", "case.matter": "测试事项",
				"case.purpose": "测试事项：证明", "case.basis": "测试", "asker.account": "tester", "asker.name": "测试经办",
				"asker.unit": "测试单位", "asker.unit_code": "TEST",
			}
			return exchange.RunTry(cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().StringVar(&o.Profile, "profile", "", "the sample is a whole answer of this profile: "+profileNames())
	cmd.Flags().StringVar(&o.Media, "media", "", "media type of the answer, such as text/xml;charset=GBK")
	return cmd
}
