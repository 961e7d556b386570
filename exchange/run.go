package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// shownPersons is how many persons RunSim names.
const shownPersons = 10

// RunSim serves the simulator on addr until ctx ends. First it prints the base
// address, how each service is called, and some persons to ask about.
func RunSim(ctx context.Context, w io.Writer, addr string, asJSON bool, sim *Simulator) error {
	base, stop, err := sim.listen(ctx, addr)
	if err != nil {
		return err
	}
	if err = printSim(w, base, asJSON, sim); err == nil {
		<-ctx.Done()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, stop(last))
}

func printSim(w io.Writer, base string, asJSON bool, sim *Simulator) error {
	services, persons := sim.Services(), sim.Persons(shownPersons)
	if asJSON {
		// One line: who starts this process reads until the end of it.
		return json.NewEncoder(w).Encode(map[string]any{"base": base, "profile": sim.profile.Name, "services": services, "persons": persons})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "exchange simulator at %s, profile %s\n\nservices:\n", base, sim.profile.Name)
	for _, v := range services {
		fmt.Fprintf(&b, "  %s (%s)\n    rid %s\n    sid %s\n    appkey %s\n", v.Name, v.Provider, v.RID, v.SID, v.AppKey)
		for _, f := range [][2]string{{"operation", v.Operation}, {"account", v.Account}, {"password", v.Password}} {
			if f[1] != "" {
				fmt.Fprintf(&b, "    %s %s\n", f[0], f[1])
			}
		}
	}
	b.WriteString("\nfictitious persons (gmsfhm, xm):\n")
	for _, p := range persons {
		fmt.Fprintf(&b, "  %s %s\n", p.IDNumber, p.Name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// CallOptions are what the operator's connection test needs.
type CallOptions struct {
	Base, Profile    string
	Service          Service
	By               Asker  // who asks, where the protocol wants to know
	Body             string // the parameters, a flat JSON object; "" is none
	Repeat           int    // how many calls; less than one is one
	Timeout          time.Duration
	AsJSON           bool
	AllowUnconfirmed bool
	Now              func() time.Time
	Log              *slog.Logger
}

// tried is one call of the connection test as it is printed.
type tried struct {
	Outcome   Outcome `json:"outcome"`
	Status    int     `json:"status"`
	Code      string  `json:"code"`
	Message   string  `json:"message"`
	RequestID string  `json:"request_id"`
	TookMS    float64 `json:"took_ms"`
	Bytes     int     `json:"bytes"` // size of the record; the record itself is nobody's business here
}

// RunCall makes the same call Repeat times and prints how each ended, and a
// summary. It returns an error when a call ended in anything but a record or
// "no such record".
func RunCall(ctx context.Context, w io.Writer, o CallOptions) error {
	params, err := flatObject(o.Body)
	if err != nil {
		return err
	}
	profile, err := ProfileByName(o.Profile)
	if err != nil {
		return err
	}
	client, err := NewClient(Options{
		Base: o.Base, Profile: profile, Timeout: o.Timeout, Now: o.Now, Log: o.Log, AllowUnconfirmed: o.AllowUnconfirmed,
	})
	if err != nil {
		return err
	}
	if why := profile.dialect.wrong(o.Service); why != "" {
		return fault.InvalidField("service", "服务参数有误："+why+"。", "the service cannot be called: "+why)
	}
	var calls []tried
	counts := map[Outcome]int{}
	for range max(o.Repeat, 1) {
		if ctx.Err() != nil {
			break
		}
		a := client.Call(ctx, o.Service, Question{Params: params, By: o.By})
		counts[a.Outcome]++
		calls = append(calls, tried{a.Outcome, a.Status, a.Code, a.Message, a.RequestID, float64(a.Took.Microseconds()) / 1000, len(a.Body)})
		if !o.AsJSON {
			if err = printCall(w, len(calls), calls[len(calls)-1]); err != nil {
				return err
			}
		}
	}
	if err = printCalls(w, o.AsJSON, calls, counts, client.Refreshes()); err != nil {
		return err
	}
	if bad := len(calls) - counts[Found] - counts[NoRecord]; bad > 0 || len(calls) == 0 {
		return fault.New(fault.Unavailable,
			fmt.Sprintf("%d 次调用中有 %d 次没有得到明确答复。", len(calls), bad),
			fmt.Sprintf("%d of %d calls got no answer to the question", bad, len(calls)))
	}
	return nil
}

func printCall(w io.Writer, n int, c tried) error {
	_, err := fmt.Fprintf(w, "%d  %-9s  code %-4s  %8.1f ms  %s  %s\n", n, c.Outcome, or(c.Code, "-"), c.TookMS, or(c.RequestID, "-"), c.Message)
	return err
}

func printCalls(w io.Writer, asJSON bool, calls []tried, counts map[Outcome]int, refreshes int64) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{
			"calls": calls, "outcomes": counts, "secrets_fetched": refreshes, "one_secret": refreshes == 1,
		})
	}
	var parts []string
	for _, o := range []Outcome{Found, NoRecord, Refused, Technical, Unknown} {
		if counts[o] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", o, counts[o]))
		}
	}
	secrets := fmt.Sprintf("%d keys were fetched", refreshes)
	if refreshes == 1 {
		secrets = "one secret of the day served them all"
	}
	_, err := fmt.Fprintf(w, "%d calls: %s; %s\n", len(calls), strings.Join(parts, ", "), secrets)
	return err
}

// flatObject reads the parameters of a call.
func flatObject(body string) (map[string]string, error) {
	params := map[string]string{}
	if strings.TrimSpace(body) == "" {
		return params, nil
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &in); err != nil || in == nil {
		return nil, fault.InvalidField("body", "参数须为 JSON 对象，如 {\"gmsfhm\":\"…\",\"xm\":\"…\"}。",
			`the parameters must be a JSON object such as {"gmsfhm":"…","xm":"…"}`)
	}
	for k, raw := range in {
		v, ok := text(raw)
		if b := string(raw); !ok && slices.Contains([]string{"true", "false"}, b) {
			v, ok = b, true
		}
		if !ok {
			return nil, fault.InvalidField("body", "参数 "+k+" 的值须为字符串或数字。", "the value of "+k+" must be a string or a number")
		}
		params[k] = v
	}
	return params, nil
}
