package models_test

import (
	"testing"

	"github.com/shujie-gov/shujie/models"
)

func TestRecordsAreShownMasked(t *testing.T) {
	for field, values := range map[string][2]string{
		"xm":                {"张三丰", "张*丰"},
		"母亲姓名":              {"李娜", "李*"},
		"data.1.name":       {"王五", "王*"},
		"gmsfhm":            {"329900199001010037", "3299**********0037"},
		"备注":                {"身份证329900199001010037，电话13800138000。", "身份证3299**********0037，电话138****8000。"},
		"旧号":                {"329900900101003", "3299*******1003"},
		"zz":                {"S320012345", "S320012345"},
		"hjdz":              {"江苏省南京市鼓楼区中山路一号", "江苏省南京市****"},
		"csrq":              {"1990-01-01", "****-**-**"},
		"data.0.fqcsrq":     {"19900101", "********"},
		"出生日期":              {"1990年1月1日", "****年*月*日"},
		"Birth_Date":        {"1990-01-01T00:00:00Z", "****-**-**T**:**:**Z"},
		"qfrq":              {"2026-03-02", "2026-03-02"},
		"registered_number": {"20260302", "20260302"},
	} {
		if got := models.MaskText(field, values[0]); got != values[1] {
			t.Errorf("%s %s: %s, want %s", field, values[0], got, values[1])
		}
	}
}
