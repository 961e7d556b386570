package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
)

func TestPlatformsAreRegisteredAndResourcesConnected(t *testing.T) {
	dir, r := aReceipt(t)
	url := "sqlite:" + filepath.Join(dir, "shujie.db")
	run := func(in string, args ...string) (string, error) {
		t.Helper()
		return says(t, in, append(args, "--database-url", url)...)
	}
	if out, err := run("", "platforms", "add", "nj", "--name", "南京市平台", "--level", "city", "--profile", "oauth2", "--base", "http://127.0.0.1:1"); err != nil {
		t.Fatal(out, err)
	}
	for name, args := range map[string][]string{
		"no such profile":     {"platforms", "add", "a", "--name", "a", "--profile", "x", "--base", "http://127.0.0.1:1"},
		"no address":          {"platforms", "add", "a", "--name", "a"},
		"an address of sorts": {"platforms", "add", "a", "--name", "a", "--base", "127.0.0.1"},
		"a secret in it":      {"platforms", "add", "a", "--name", "a", "--base", "http://user:pass@127.0.0.1"},
		"no place for files":  {"platforms", "add", "a", "--name", "a", "--profile", "files", "--base", "http://127.0.0.1:1"},
		"a host unknown":      {"platforms", "add", "a", "--name", "a", "--profile", "files", "--base", "sftp://127.0.0.1/x"},
		"unconfirmed":         {"platforms", "add", "a", "--name", "a", "--profile", "jsjhpt", "--base", "http://127.0.0.1:1"},
		"no such resource":    {"platforms", "connect", "4711", "--keep-link", "--platform", "nj"},
		"no such platform":    {"platforms", "connect", "1", "--keep-link", "--platform", "x"},
		"no such mapping":     {"platforms", "connect", "1", "--keep-link", "--mapping", filepath.Join(dir, "none.json")},
	} {
		if out, err := run("", args...); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
	if out, err := run("", "platforms", "list"); err != nil || !strings.Contains(out, "南京市平台") || !strings.Contains(out, "via js") || strings.Contains(out, "jsjhpt") {
		t.Error(out, err)
	}
	mapping := filepath.Join(dir, "mapping.json")
	if err := os.WriteFile(mapping, []byte(populationMapping), 0o600); err != nil {
		t.Fatal(err)
	}
	const link = `{"rid":"client","appkey":"clear-secret","operation":"persons","probe":{"name":"测试","id_number":"32990019900101001X"}}`
	if out, err := run(link, "platforms", "connect", "1", "--platform", "nj", "--mapping", mapping); err != nil {
		t.Fatal(out, err)
	}
	for name, in := range map[string]string{"no JSON": `clear-secret`, "another field": `{"sid":"s","key":"clear-secret"}`, "nothing to call": `{"rid":"r"}`} {
		if out, err := run(in, "platforms", "connect", "1"); err == nil || strings.Contains(out+err.Error(), "clear-secret") {
			t.Errorf("%s: %s %v", name, out, err)
		}
	}
	got, err := openOn(t, url).store.Resource(t.Context(), r.Resource)
	if err != nil || got.Platform != "nj" || got.Link.Operation != "persons" || got.Link.AppKey != "clear-secret" || got.Mapping != populationMapping {
		t.Errorf("%+v, %v", got, err)
	}
	if file, err := os.ReadFile(filepath.Join(dir, "shujie.db")); err != nil || strings.Contains(string(file), "clear-secret") {
		t.Errorf("a secret stands in the database, %v", err)
	}
}

func TestEveryPlatformOfTheDemoIsUsable(t *testing.T) {
	used := map[string]bool{}
	for _, s := range stands() {
		if _, err := exchange.ProfileByName(s.Profile); err != nil {
			t.Error(err)
		}
		if s.mapping != "" {
			if _, err := exchange.ParseMapping([]byte(s.mapping)); err != nil {
				t.Error(err)
			}
		}
		for _, r := range s.resources {
			if used[r] {
				t.Errorf("%s is registered twice", r)
			}
			used[r] = true
		}
	}
}

func TestTheDemoCallsEveryKindOfPlatformAndSaysTheWay(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "some.csv")
	rows := []string{"人口基准信息,1", "婚姻登记信息,1", "不动产登记信息,1", "社会保险参保信息,1", "残疾人证信息,1", "企业登记档案信息,1", "养犬登记信息,1", "诊疗信息,1"}
	var b strings.Builder
	b.WriteString(header)
	for i, r := range rows {
		b.WriteString(string(rune('1'+i)) + ",1,事项" + string(rune('A'+i)) + ",证明,SJ,SJ," + r + ",,\n")
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, told, err := rehearse(t, demoOptions{dir: dir, blockers: file})
	closedAll(t, s, told, err, int64(len(rows)))
	a := openOn(t, "sqlite:"+filepath.Join(dir, "shujie.db"))
	ways := map[string]bool{}
	for id := int64(1); id <= int64(len(rows)); id++ {
		r, err := a.store.Receipt(t.Context(), models.Scope{All: true}, id)
		if err != nil {
			t.Fatal(err)
		}
		ways[r.Trail] = true
	}
	for _, want := range []string{
		"gjgxjhpt", "省数据共享交换平台 → 国家数据共享交换平台", "国家数据共享交换平台 SOAP 服务", "数据直达系统", "浙江公共数据平台",
		"省级 TIF 网关", "X-Road 安全服务器", "市大数据平台",
	} {
		if !ways[want] {
			t.Errorf("no call went %s: %v", want, ways)
		}
	}
}

func TestAMappingIsTriedFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mapping := at("mapping.json", populationMapping)
	out, err := says(t, "", "exchange-try", mapping, at("record.json", `[{"GMSFHM":"32990019900101001X","XM":"张三","ZZ":"示例市"}]`))
	if err != nil || !strings.Contains(out, `"xm": "张三"`) || strings.Contains(out, "示例市") || !strings.Contains(out, `"QQYWLXMC": "测试事项"`) {
		t.Error(out, err)
	}
	if out, err = says(t, "", "exchange-try", mapping, at("bad.json", `[{"XM":"张三"}]`)); err == nil || !strings.Contains(out+err.Error(), "required") {
		t.Error(out, err)
	}
	if out, err = says(t, "", "exchange-try", at("none.json", `{}`), mapping); err == nil {
		t.Error(out)
	}
}
