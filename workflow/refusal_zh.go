package workflow

// chinese returns the Chinese of what a check says, by its English. A sentence
// that is missing here is said in English; a test finds it.
func chinese(format string) string {
	switch format {
	case "a definition has at most %d bytes":
		return "一份流程定义最多 %d 字节"
	case "a definition has at most %d states and %d transitions":
		return "一份流程定义最多 %d 个状态、%d 个操作"
	case "the key %s is not known here":
		return "这里没有 %s 这个键"
	case "it cannot be read: %s":
		return "无法读取：%s"
	case "kind %s version %d is already defined in %s":
		return "%s 第 %d 版已在 %s 中定义"
	case "kind and a version from 1 are required":
		return "须写明 kind 和从 1 起的 version"
	case "the title is missing in a language":
		return "标题缺中文或英文"
	case "the initial state is not defined":
		return "初始状态没有定义"
	case "fact %s: %v":
		return "变量 %s：%v"
	case "fact %s: expressions know this name already":
		return "变量 %s：这个名字在表达式中已有含义"
	case "escalation level %d: at is neither warn nor due":
		return "第 %d 级上报：at 只能是 warn 或 due"
	case "escalation level %d: it has either at, or after from 1":
		return "第 %d 级上报：须写 at，或从 1 起的 after，二者取一"
	case "escalation level %d: it must be due later than the one before":
		return "第 %d 级上报：须晚于上一级"
	case "escalation level %d: unknown addressee %q":
		return "第 %d 级上报：没有这种对象 %q"
	case "an escalation is automatic, stays in its state and has a guard that reads level_due":
		return "上报是自动操作，不改变状态，并须有读取 level_due 的条件"
	case "there are levels of escalation without an action that takes them, or the other way round":
		return "写了上报级别却没有执行上报的操作，或者相反"
	case "the state is empty":
		return "状态没有内容"
	case "a transition is empty":
		return "有一个操作没有内容"
	case "the opening action must lead to the initial state %s":
		return "开始的操作必须通向初始状态 %s"
	case "there must be exactly one action without from, which opens the case; found %d":
		return "必须恰有一个没有 from 的操作来开始一件事项，现有 %d 个"
	}
	return chineseOfStates(format)
}

func chineseOfStates(format string) string {
	switch format {
	case "clock %s: no state runs it":
		return "时限 %s：没有状态使用它"
	case "clock %s: title or source is missing in a language":
		return "时限 %s：标题或依据缺中文或英文"
	case "clock %s: its last limit must hold without a condition":
		return "时限 %s：最后一档不得带条件"
	case "clock %s: unknown fact %q of type int":
		return "时限 %s：没有名为 %q 的整数变量"
	case "clock %s: unknown fact %q of type date":
		return "时限 %s：没有名为 %q 的日期变量"
	case "clock %s: a limit has either days, from 1, or a fact, or a day until which it runs":
		return "时限 %s：每一档写从 1 起的 days、fact 或 until 之一"
	case "clock %s: %v":
		return "时限 %s：%v"
	case "unknown clock %q":
		return "没有时限 %q"
	case "waits: %v":
		return "等待（waits）：%v"
	case "charge %q: dept names the department, so it takes no part":
		return "计时 %q：dept 已指明部门，不得再写角色"
	case "charge %q: why the term stands still is missing in a language":
		return "计时 %q：时限暂停的原因缺中文或英文"
	case "charge: %v":
		return "计时（charge）：%v"
	case "%v":
		return "%v"
	case "a final state waits for nobody and has no charge and no clock":
		return "终结状态不等待任何人，也不计时、没有时限"
	case "a pause needs a clock that ends it":
		return "暂停须有使其结束的时限"
	case "its last charge must hold without a condition, or the time would be nobody's":
		return "最后一条计时（charge）不得带条件，否则时间无人承担"
	case "its last wait must hold without a condition, or it waits for nobody":
		return "最后一条等待（waits）不得带条件，否则无人办理"
	case "it cannot be reached from %s":
		return "从 %s 到不了这个状态"
	case "no way leads from it to an end":
		return "从这个状态走不到终点"
	case "two actions of this name leave the state without a guard":
		return "有两个同名操作离开此状态而都没有条件"
	case "unknown role %q":
		return "没有角色 %q"
	case "role %s is not held in a department, so it takes no part":
		return "角色 %s 不在部门内担任，不带部门身份"
	case "unknown part %q for role %s":
		return "没有部门身份 %q（角色 %s）"
	case "charge %q: only departments play parts":
		return "计时 %q：只有部门才有身份"
	case "unknown charge %q":
		return "没有计时对象 %q"
	}
	return chineseOfActions(format)
}

func chineseOfActions(format string) string {
	switch format {
	case "an action has no name":
		return "操作没有名称"
	case "the name is kept for what the system itself does":
		return "这个名称保留给系统自己使用"
	case "the target state %q is not defined":
		return "目标状态 %q 没有定义"
	case "followers: there is no action %q":
		return "followers：没有操作 %q"
	case "followers: it ends here, and those that joined it would wait for ever":
		return "followers：事项在此终止，并入它的事项将无人推进"
	case "the state is not defined":
		return "状态没有定义"
	case "the state is listed twice":
		return "状态列了两次"
	case "again: unknown fact %q of type string":
		return "again：没有名为 %q 的文字变量"
	case "again: the fact %s keeps when it was taken; it cannot be set":
		return "again：变量 %s 记录上次办理的时间，不得另行设定"
	case "again: it needs working days from 1 and a source in both languages":
		return "again：须写明从 1 起的工作日数和中英文依据"
	case "lapse: the system cannot end the case by it without a question":
		return "lapse：系统不能不经询问用它结束这个状态的事项"
	case "series: it is a word of at most 8 characters, without digits and brackets":
		return "series：应为不超过 8 字的文字，不含数字和括号"
	case "case.notify: whom it waits for may change with the state":
		return "case.notify：状态改变后等待的人可能不同，不能写 awaited"
	case "unknown style %q":
		return "没有样式 %q"
	case "parts: unknown part %q":
		return "parts：没有部门身份 %q"
	case "set: unknown fact %q":
		return "set：没有变量 %q"
	case "nobody may do it":
		return "没有人可以办理"
	case "by: %v":
		return "办理人（by）：%v"
	case "by: nobody may do it as %s, which sees no business":
		return "办理人（by）：%s 看不到业务，不得办理"
	case "input %s: unknown type %q":
		return "输入 %s：没有类型 %q"
	case "input %s: the name, or the title in a language, is missing":
		return "输入 %s：缺名称，或标题缺中文或英文"
	case "input %s: it is listed twice":
		return "输入 %s：列了两次"
	case "input note: it is the event's note, a text without default":
		return "输入 note：它是办理说明，只能是没有默认值的文字"
	case "input %s: an enum has options, and only an enum":
		return "输入 %s：枚举须有选项，也只有枚举有选项"
	case "input %s: only an int has bounds, and min is not above max":
		return "输入 %s：只有整数有上下限，且下限不大于上限"
	case "guard %q needs a name, an expression and a reason in both languages":
		return "条件 %q 须有名称、表达式和中英文理由"
	case "guard %s: it is listed twice":
		return "条件 %s：列了两次"
	case "it is automatic, but the system may not do it":
		return "它是自动操作，但系统无权办理"
	case "it is quick, but has inputs":
		return "标为 quick 的操作不能有输入"
	case "undo: unknown action %q":
		return "undo：没有 %q 这个操作"
	case "it is automatic, but requires the input %s":
		return "它是自动操作，却要求填写 %s"
	case "it is automatic, stays in the state and has no guard: it would not end":
		return "它是自动操作，不离开状态又没有条件：将永不停止"
	}
	return chineseOfEffects(format)
}

func chineseOfEffects(format string) string {
	switch format {
	case "case.notify tells nobody":
		return "case.notify 没有写通知谁"
	case "case.notify: %v":
		return "case.notify：%v"
	case "child.open needs kind and title":
		return "child.open 须有 kind 和 title"
	case "child.open: unknown part %q":
		return "child.open：没有部门身份 %q"
	case "%s needs either for or an input requirement of that type":
		return "%s 须有 for，或有名为 requirement 的同类型输入"
	case "%s needs an input receipt of type int":
		return "%s 须有整数输入 receipt"
	case "%s needs an input alternative of type enum":
		return "%s 须有枚举输入 alternative"
	case "unknown effect %q":
		return "没有后续动作 %q"
	case "expression %q: %v":
		return "表达式 %q：%v"
	case "expression %q: %s may change without a move of the case":
		return "表达式 %q：%s 会在事项没有办理时变化"
	case "unknown type %q":
		return "没有类型 %q"
	case "input %s: %v":
		return "输入 %s：%v"
	case "it is a %s, not a %s":
		return "它的类型是 %s，应为 %s"
	case "guard %s: the action is automatic, but the guard reads an input":
		return "条件 %s：操作是自动的，条件却要读输入"
	case "child.open: unknown kind %q":
		return "child.open：没有事项种类 %q"
	case "child.open: %s cannot be opened without the input %s":
		return "child.open：不填 %[2]s 就不能开始 %[1]s"
	case "child.open: %s has no fact %q":
		return "child.open：%s 没有变量 %q"
	case "child.open: fact %s of %s is a %s, not a %s":
		return "child.open：%[2]s 的变量 %[1]s 类型是 %[3]s，不是 %[4]s"
	}
	return chineseOfJoins(format)
}

func chineseOfJoins(format string) string {
	switch format {
	case "join %s: the title is missing in a language":
		return "汇合 %s：标题缺中文或英文"
	case "join %s: it needs the kind of the children and the states in which they are done":
		return "汇合 %s：须写明子事项的种类（kind）和算作办完的状态（done）"
	case "join %s: unknown fact %q of type %s":
		return "汇合 %s：没有名为 %q、类型为 %s 的变量"
	case "join %s: no guard reads %s%s":
		return "汇合 %s：没有条件读取 %s%s"
	case "join %s: unknown kind %q":
		return "汇合 %s：没有事项种类 %q"
	case "join %s: %s has no fact %s of type int":
		return "汇合 %s：%s 没有整数变量 %s"
	case "join %s: %q is no final state of %s":
		return "汇合 %s：%q 不是 %s 的终结状态"
	case "join %s: its rule is set by %s, which is no enum":
		return "汇合 %s：规则由 %s 设定，而它不是枚举"
	case "join %s: unknown rule %q":
		return "汇合 %s：没有规则 %q"
	case "join.close: unknown join %q":
		return "join.close：没有汇合 %q"
	case "join.close needs the action that ends a child":
		return "join.close 须写明结束子事项的操作"
	case "join.close: the system cannot end a %s in %s by %q":
		return "join.close：系统不能用「%[3]s」结束处于 %[2]s 的 %[1]s"
	case "expression %q: it is a %s, not a list of requirements or departments":
		return "表达式 %q：它的类型是 %s，应为材料或部门的列表"
	case "%s follows requirements, not departments":
		return "%s 只能逐项材料进行，不能逐个部门"
	}
	return format
}
