package workflow

import (
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// Listed is one word of a value list of the catalogue. Numbering differs from
// system to system, so a word is kept and its code is only met at the border.
type Listed struct {
	Word  string     // what is stored
	Code  string     // in the guide, "" when it has none
	Title fault.Text // what people read and write
	Also  []string   // what other systems write
}

func entryWord(word, code, zh, en string, also ...string) Listed {
	return Listed{Word: word, Code: code, Title: fault.Text{ZH: zh, EN: en}, Also: also}
}

// The words that code asks for.
const (
	FormatFile      Format   = "file"
	FormatSheet     Format   = "sheet"
	FormatDatabase  Format   = "database"
	FormatService   Format   = "service"
	WayDatabase     ShareWay = "database"
	WayFile         ShareWay = "file"
	WayService      ShareWay = "service"
	OpenNot         Openness = "closed"
	OpenConditional Openness = "conditional"
	OpenFree        Openness = "open"
)

// Formats are the classes of 信息资源格式.
func Formats() []Listed {
	return []Listed{
		entryWord("file", "1", "电子文件", "Document"), entryWord("sheet", "2", "电子表格", "Spreadsheet"), entryWord("database", "3", "数据库", "Database"),
		entryWord("image", "4", "图形图像", "Image", "图形图像类"), entryWord("stream", "5", "流媒体", "Stream"), entryWord("markup", "6", "自描述格式", "Self-describing"),
		entryWord("service", "7", "服务接口", "Service interface", "接口"),
	}
}

// DataTypes are the types of information items; the letter is the word.
func DataTypes() []Listed {
	return []Listed{
		entryWord("C", "C", "字符型", "Text", "字符型C"), entryWord("N", "N", "数值型", "Number", "数值型N"), entryWord("Y", "Y", "货币型", "Currency", "货币型Y"),
		entryWord("D", "D", "日期型", "Date", "日期型D"), entryWord("T", "T", "日期时间型", "Date and time", "日期时间型T"), entryWord("L", "L", "逻辑型", "Logical", "逻辑型L"),
		entryWord("M", "M", "备注型", "Memo", "备注型M"), entryWord("G", "G", "通用型", "General", "通用型G"), entryWord("B", "B", "双精度型", "Double", "双精度型B"),
		entryWord("I", "I", "整型", "Integer", "整型I"), entryWord("F", "F", "浮点型", "Float", "浮点型F"),
	}
}

// ShareClasses are the classes of 共享类型 (条例 Art. 14); the word is the number.
func ShareClasses() []Listed {
	return []Listed{
		entryWord("1", "1", "无条件共享", "Unconditional", "无条件"), entryWord("2", "2", "有条件共享", "Conditional", "有条件"),
		entryWord("3", "3", "不予共享", "Not shared", "不予"),
	}
}

// ShareWays are the types of 共享方式.
func ShareWays() []Listed {
	return []Listed{entryWord("database", "", "数据库", "Tables", "库表"), entryWord("file", "", "文件", "File", "文件下载"), entryWord("service", "", "接口", "Service", "服务接口")}
}

// Opennesses say whether the public may have the data. The guide knows 1 and 0
// with a condition; a conditional class is met in other systems.
func Opennesses() []Listed {
	return []Listed{
		entryWord("open", "1", "无条件开放", "Open", "是", "开放"), entryWord("conditional", "", "有条件开放", "Open under conditions"),
		entryWord("closed", "0", "不开放", "Not open", "否", "完全不开放", "不予开放"),
	}
}

// Cycles are the cycles of 更新周期.
func Cycles() []Listed {
	return []Listed{
		entryWord("realtime", "1", "实时", "Real time"), entryWord("daily", "2", "每日", "Daily", "每天"), entryWord("weekly", "3", "每周", "Weekly"),
		entryWord("monthly", "4", "每月", "Monthly"), entryWord("quarterly", "5", "每季度", "Quarterly", "每季"), entryWord("half_yearly", "", "每半年", "Half-yearly", "半年"),
		entryWord("yearly", "6", "每年", "Yearly"), entryWord("other", "", "其他", "Other", "不定期"),
	}
}

// WordOf finds the term that a person or another system wrote, by word, title or
// code.
func WordOf(list []Listed, text string) (string, bool) {
	text = strings.TrimSpace(text)
	for _, t := range list {
		if t.is(text) {
			return t.Word, true
		}
	}
	return "", text == ""
}

func (t Listed) is(text string) bool {
	if strings.EqualFold(text, t.Word) || text == t.Title.ZH || strings.EqualFold(text, t.Title.EN) || t.Code != "" && strings.EqualFold(text, t.Code) {
		return true
	}
	for _, a := range t.Also {
		if text == a {
			return true
		}
	}
	return false
}

// TitleOf returns what a word of a list is called; an unknown word is its own
// title, none has none.
func TitleOf(list []Listed, word string) fault.Text {
	for _, t := range list {
		if t.Word == word {
			return t.Title
		}
	}
	return fault.Text{ZH: word, EN: word}
}

func titles(list []Listed) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Title.ZH
	}
	return strings.Join(names, "、")
}

func words(list []Listed) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Word
	}
	return strings.Join(names, ", ")
}
