package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "the master keys that wrap data keys, and the keys that sign receipts: list, rotate, remove",
	}
	cmd.AddCommand(keysNew(), keysList(), keysRotate(), keysRemove())
	return cmd
}

// withKeys runs fn on the store with the keys of the key file, and with nothing
// else of the service.
func withKeys(cmd *cobra.Command, fn func(context.Context, *models.Store) error) error {
	cfg, err := configOf(cmd)
	if err != nil {
		return err
	}
	cfg = cfg.withDefaults()
	keys, err := keysOf(cfg, "")
	if err != nil {
		return err
	}
	s, err := models.Open(cmd.Context(), models.Options{URL: cfg.DatabaseURL, Keys: keys, Now: time.Now, Log: newLogger(cmd.ErrOrStderr(), cfg.LogLevel)})
	if err != nil {
		return err
	}
	return errors.Join(fn(cmd.Context(), s), s.Close())
}

func keysNew() *cobra.Command {
	return &cobra.Command{
		Use: "new FILE", Short: "make the key file of a new installation", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, text, err := models.NewKeys()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			_, err = f.WriteString(text)
			return errors.Join(err, f.Sync(), f.Close())
		},
	}
}

func keysList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "every key that was ever in force, and how many data keys it wraps", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, func(ctx context.Context, s *models.Store) error {
				list, err := s.KeyRecords(ctx)
				for _, k := range list {
					fmt.Fprintf(cmd.OutOrStdout(), "%-6s %s  since %s  %-8s", k.Purpose, k.ID, k.Since.Format(time.RFC3339), standing(k))
					if k.Purpose == models.MasterKeys {
						fmt.Fprintf(cmd.OutOrStdout(), "  wraps %d data keys", k.Wraps)
					}
					fmt.Fprintln(cmd.OutOrStdout())
				}
				return err
			})
		},
	}
}

// standing says in a word what a key is today.
func standing(k models.KeyRecord) string {
	switch {
	case k.Retired != nil:
		return "retired"
	case k.Current:
		return "in force"
	case !k.Held:
		return "not here"
	}
	return "replaced"
}

func keysRotate() *cobra.Command {
	var signing, prepare bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "take a new master key into force and wrap every data key anew, or take a new signing key",
		Long: "rotate adds a new key to the key file, takes it into force and, for a master key, wraps every data key under it.\n" +
			"Payloads are not touched. Stopped anywhere, it goes on when it is run again.\n\n" +
			"With several machines, run it with --prepare first: the key file gains the key, and nothing else changes. Copy the\n" +
			"file to every machine, restart the services, and run rotate again: it takes the prepared key.\n\n" +
			"Receipts that the old signing key signed stay genuine: its public key is kept and published.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			purpose := models.MasterKeys
			if signing {
				purpose = models.SigningKeys
			}
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			if err := nextKey(cmd, cfg.withDefaults(), purpose); err != nil || prepare {
				return err
			}
			return withKeys(cmd, func(ctx context.Context, s *models.Store) error { return takeKey(ctx, cmd.OutOrStdout(), s, purpose) })
		},
	}
	cmd.Flags().BoolVar(&signing, "signing", false, "rotate the key that signs receipts")
	cmd.Flags().BoolVar(&prepare, "prepare", false, "only add the new key to the key file")
	return cmd
}

// nextKey adds a key to the key file, unless one waits there to be taken into
// force or an earlier rotation is still to be finished.
func nextKey(cmd *cobra.Command, cfg config, p models.KeyPurpose) error {
	keys, err := keysOf(cfg, "")
	if err != nil {
		return err
	}
	ids, err := keys.IDs(p)
	if err != nil {
		return err
	}
	unfinished := false
	err = withKeys(cmd, func(ctx context.Context, s *models.Store) error {
		list, err := s.KeyRecords(ctx)
		for _, k := range list {
			if k.Purpose == p {
				unfinished = unfinished || !k.Current && k.Wraps > 0
				unfinished = unfinished || k.Current && k.ID != ids[len(ids)-1]
			}
		}
		return err
	})
	if err != nil || unfinished {
		return err
	}
	keys, id, err := keys.With(p)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: a new %s key %s\n", secretFile(cfg), p, id)
	return writeKeys(secretFile(cfg), keys)
}

// takeKey takes the newest key of the file into force, and wraps data keys anew.
func takeKey(ctx context.Context, out io.Writer, s *models.Store, p models.KeyPurpose) error {
	id, err := s.TakeKey(ctx, p)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the %s key %s is in force\n", p, id)
	if p != models.MasterKeys {
		return nil
	}
	n, err := s.Rewrap(ctx)
	fmt.Fprintf(out, "%d data keys wrapped anew\n", n)
	return err
}

func keysRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "take a replaced key out of the key file, once nothing needs it", Args: cobra.ExactArgs(1),
		Long: "remove takes a key that was replaced out of the key file. It refuses while data keys are wrapped under it. Remove it\n" +
			"from the file on every machine: then what it wrapped opens in no copy of the database either.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := configOf(cmd)
			if err != nil {
				return err
			}
			cfg = cfg.withDefaults()
			return withKeys(cmd, func(ctx context.Context, s *models.Store) error {
				if err := s.RetireKey(ctx, args[0]); err != nil {
					return err
				}
				keys, err := keysOf(cfg, "")
				if err != nil {
					return err
				}
				for _, p := range []models.KeyPurpose{models.MasterKeys, models.SigningKeys} {
					if ids, err := keys.IDs(p); err != nil || slices.Contains(ids, args[0]) {
						keys, err = keys.Without(args[0])
						if err != nil {
							return err
						}
						return writeKeys(secretFile(cfg), keys)
					}
				}
				return nil // another machine removed it from this file
			})
		},
	}
}

// writeKeys replaces the key file in one step: whoever reads it, also after a
// crash, finds the old keys or the new.
func writeKeys(path string, keys models.Keys) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("the key file: %w", err)
	}
	_, err = f.WriteString(keys.Text())
	err = errors.Join(err, f.Sync(), f.Close()) // CreateTemp made it 0600
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the key file: %w", err), os.Remove(f.Name()))
	}
	return nil
}
