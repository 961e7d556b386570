package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shujie-gov/shujie/models"
)

// verifyShown is how many problems verify names before it stops.
const verifyShown = 20

func verifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "prove that log, ledger, receipts and records are unchanged, or name the first rows that were changed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, a *app) error {
				r, err := a.store.Verify(ctx, verifyShown)
				if err != nil {
					return err
				}
				for _, p := range r.Problems {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", p.Kind, p.Text)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d events, %d checkpoints, %d events not sealed yet, %d ledger rows, %d receipts, %d problems\n",
					r.Events, r.Checkpoints, r.Unsealed, r.Calls, r.Receipts, len(r.Problems))
				if len(r.Problems) > 0 {
					return errors.New("something was changed, see above")
				}
				return nil
			})
		},
	}
	cmd.AddCommand(verifyReceiptCommand())
	return cmd
}

func verifyReceiptCommand() *cobra.Command {
	var key, record string
	cmd := &cobra.Command{
		Use:   "receipt FILE|-",
		Short: "check a receipt offline: a downloaded one, or the text of its QR code",
		Long: "receipt checks a receipt with nothing but the public keys of the installation that issued it, which are published at\n" +
			"/receipt-key and printed on receipts. It needs no database and no network. With --record it also checks that a\n" +
			"record is the one that the receipt is about. What does not hold is named: receipt, key or payload.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			r, err := models.ReadReceipt(text)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			k, err := receiptKeys(cmd, key)
			if err != nil {
				return err
			}
			if err := k.Check(r); err != nil {
				return err
			}
			if record != "" {
				payload, err := readInput(cmd, record)
				if err != nil {
					return err
				}
				if err := r.CheckRecord(payload); err != nil {
					return err
				}
			}
			return printReceipt(cmd.OutOrStdout(), r, record != "", time.Now())
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "public keys: a file (PEM, hexadecimal or the JSON of /api/v1/receipt-key, which holds those of all times), or 130 hexadecimal digits; without it, those of this installation's key file")
	cmd.Flags().StringVar(&record, "record", "", "file with the record that was fetched, to the letter")
	return cmd
}

// inputMax is as much as a receipt, a key or a record may be long.
const inputMax = 64 << 20

// readInput reads a file, or standard input for "-".
func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, inputMax+1))
	if err == nil && len(text) > inputMax {
		err = fmt.Errorf("%s: it is longer than %d bytes", name, inputMax)
	}
	return text, err
}

// receiptKeys reads public keys that are given as digits or as a file; "" is
// those of this installation's key file.
func receiptKeys(cmd *cobra.Command, arg string) (models.ReceiptKeys, error) {
	if arg == "" {
		cfg, err := configOf(cmd)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(secretFile(cfg.withDefaults()))
		if err != nil {
			return nil, fmt.Errorf("--key names the public key of who issued the receipt; without it this installation's own is taken, and there is none: %w", err)
		}
		keys, err := models.ParseKeys(string(text))
		if err != nil {
			return nil, fmt.Errorf("SHUJIE_KEY_FILE: %w", err)
		}
		return keys.PublicKeys()
	}
	text := []byte(arg)
	if _, err := hex.DecodeString(arg); err != nil {
		if text, err = os.ReadFile(arg); err != nil { //nolint:gosec // the operator names the file
			return nil, fmt.Errorf("--key: %w", err)
		}
	}
	k, err := models.ParseReceiptKeys(text)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return k, nil
}

// printReceipt says what was proved, so that nobody has to trust the paper.
func printReceipt(w io.Writer, r models.Receipt, record bool, now time.Time) error {
	const moment = "2006-01-02 15:04:05 -07:00"
	china := time.FixedZone("UTC+8", 8*60*60)
	validity := "valid"
	if now.After(r.ValidUntil) {
		validity = "over"
	}
	lines := []struct{ name, value string }{
		{"receipt", fmt.Sprint(r.ID)},
		{"signed by", r.Key},
		{"case", r.CaseNumber},
		{"request", r.RequestID},
		{"resource", strings.TrimSpace(r.ResourceName + " " + r.ResourceVersion)},
		{"provider", r.ProviderName},
		{"for", r.UserName},
		{"purpose", r.Purpose},
		{"basis", r.Basis},
		{"consent", r.Consent},
		{"fetched at", r.At.In(china).Format(moment)},
		{"valid until", r.ValidUntil.In(china).Format(moment) + " (" + validity + ")"},
		{"record SM3", r.Hash},
	}
	if r.Source != 0 {
		lines = append(lines, struct{ name, value string }{"record of", fmt.Sprintf("receipt %d, used again", r.Source)})
	}
	if r.Probe {
		lines = append(lines, struct{ name, value string }{"about", "the provider's test person, no citizen"})
	}
	if record {
		lines = append(lines, struct{ name, value string }{"record", "is the one that was fetched"})
	}
	for _, l := range lines {
		if l.value == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%-12s %s\n", l.name, l.value); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "the receipt is genuine")
	return err
}
