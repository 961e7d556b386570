package exchange

// templates are the fields of the services named in testdata/blockers.csv,
// beside xm and gmsfhm, which every record has.
func templates() map[string][]field {
	nation := field{"mz", pick("汉族", "汉族", "汉族", "回族", "蒙古族", "土家族")}
	police, civil := office("公安局演示分局"), office("民政局婚姻登记处")
	return map[string][]field{
		// 公安
		"人口基准信息":   {{"xb", sex}, nation, {"csrq", birth}, {"jg", fixed("江苏省示例市")}, {"hkdz", address}, {"hyzk", pick("未婚", "已婚", "离异")}, {"whcd", pick("初中", "高中", "大专", "本科")}, {"ryzt", fixed("正常")}},
		"人口身份核查服务": {{"hcjg", fixed("一致")}, {"hcsj", day(2024, 2024)}, {"hclsh", number("HC", 16)}},
		"居民身份证电子证照": {
			{"xb", sex},
			nation,
			{"csrq", birth},
			{"zz", address},
			{"qfjg", police},
			{"yxqqsrq", day(2015, 2023)},
			{"yxqjzrq", day(2035, 2043)},
			{"dzzzbs", number("1.2.156.3005.2.11100000000013127D001.32990000.", 9)},
			{"zzzt", fixed("有效")},
		},
		"居民身份证有效期信息": {{"qfjg", police}, {"yxqqsrq", day(2015, 2023)}, {"yxqjzrq", day(2035, 2043)}, {"zjzt", fixed("有效")}},
		"居民身份证挂失信息":  {{"gszt", fixed("已挂失")}, {"gssj", day(2022, 2024)}, {"slh", number("GS", 14)}, {"sldw", police}},
		"户籍登记信息":     {{"xb", sex}, nation, {"csrq", birth}, {"hh", number("3299", 9)}, {"hlx", pick("家庭户", "集体户")}, {"yhzgx", pick("户主", "配偶", "子", "女")}, {"hkdz", address}, {"hjdjjg", police}, {"qrrq", aged(0)}},
		"户籍亲属关系信息": {
			{"hh", number("3299", 9)},
			{"fqxm", nameOf("father")},
			{"fqgmsfhm", idOf("father")},
			{"mqxm", nameOf("mother")},
			{"mqgmsfhm", idOf("mother")},
			{"poxm", nameOf("spouse")},
			{"pogmsfhm", idOf("spouse")},
			{"znxm", nameOf("child")},
			{"zngmsfhm", idOf("child")},
		},
		"人口死亡及注销信息":  {{"swrq", day(2023, 2023)}, {"swyy", pick("疾病", "自然死亡")}, {"zxrq", day(2024, 2024)}, {"zxyy", fixed("死亡注销")}, {"zxdw", police}},
		"失踪人员信息":     {{"xb", sex}, {"szrq", day(2019, 2022)}, {"badw", police}, {"bah", number("SZ", 12)}, {"zt", fixed("未找到")}},
		"实有人口居住登记信息": {{"jzdz", address}, {"djrq", day(2020, 2024)}, {"jzsy", pick("务工", "经商", "就学", "投靠亲属")}, {"jzzbh", number("3299", 12)}, {"djdw", police}, {"lxdh", phone}},
		"社区戒毒社区康复信息": {{"zxqk", fixed("已执行完毕")}, {"ksrq", day(2016, 2018)}, {"jsrq", day(2019, 2021)}, {"zxdw", police}},
		// 民政
		"婚姻登记信息":        {{"xb", sex}, {"djlx", fixed("结婚登记")}, {"djrq", aged(22)}, {"djjg", civil}, {"jhzzh", number("J329900-2020-", 6)}, {"poxm", nameOf("spouse")}, {"pogmsfhm", idOf("spouse")}, {"hyzk", fixed("已婚")}},
		"最低生活保障对象信息":    {{"bzlb", pick("城市低保", "农村低保")}, {"bzrks", between(1, 4)}, {"bzje", amount(600, 2400)}, {"pzrq", day(2019, 2024)}, {"dbzh", number("DB3299", 8)}, {"zt", fixed("在保")}, {"spdw", office("民政局")}},
		"火化信息":          {{"hhrq", day(2023, 2024)}, {"hhdw", office("殡仪馆")}, {"hhzbh", number("HH3299", 8)}, {"jsrxm", nameOf("child")}},
		"农村留守儿童和困境儿童信息": {{"etxm", nameOf("child")}, {"etgmsfhm", idOf("child")}, {"etlb", pick("留守儿童", "困境儿童")}, {"jhrxm", nameOf("mother")}, {"wtjhrxm", nameOf("father")}, {"djrq", day(2020, 2024)}, {"djdw", office("民政局")}},
		"社会组织法人登记信息":    {{"zzmc", fixed("示例市公益服务促进会")}, {"tyshxydm", uscc}, {"fddbrgx", fixed("法定代表人")}, {"clrq", day(2008, 2022)}, {"yxq", day(2027, 2029)}, {"djgljg", office("民政局")}, {"zt", fixed("正常")}},
		"标准地名地址信息":      {{"bzdz", address}, {"dzbm", number("32990000", 11)}, {"dmlb", fixed("门楼牌")}, {"pzrq", day(2001, 2020)}, {"djjg", office("民政局地名办公室")}},
		// 人力资源和社会保障
		"社会保险参保信息":   {{"grbh", number("3299", 10)}, {"dwmc", company}, {"tyshxydm", uscc}, {"xz", fixed("企业职工基本养老保险")}, {"cbzt", fixed("正常参保")}, {"ljjfys", between(12, 360)}, {"jfjs", amount(4250, 22470)}, {"zjjfny", fixed("202406")}},
		"就业登记信息":     {{"dwmc", company}, {"tyshxydm", uscc}, {"jydjrq", day(2015, 2024)}, {"htqx", pick("固定期限", "无固定期限")}, {"jyzt", fixed("在业")}, {"djjg", office("劳动就业服务中心")}},
		"流动人员人事档案信息": {{"dabh", number("DA3299", 10)}, {"cdjg", office("人才服务中心")}, {"cdrq", day(2010, 2023)}, {"dazt", fixed("在库")}, {"cjgzsj", aged(19)}},
		// 教育
		"高等学校学籍信息": {{"yxmc", fixed("示例大学")}, {"zymc", pick("土木工程", "会计学", "计算机科学与技术", "护理学")}, {"cc", pick("本科", "专科")}, {"xh", number("B", 9)}, {"rxrq", aged(18)}, {"xjzt", fixed("注册学籍")}, {"xz", fixed("4")}},
		"中小学学籍信息":  {{"xsxm", nameOf("child")}, {"xsgmsfhm", idOf("child")}, {"xxmc", pick("示例市第一小学", "示例市实验中学")}, {"nj", between(1, 9)}, {"xjh", idNumberWithG}, {"xjzt", fixed("在读")}},
		// 卫生健康
		"出生医学证明电子证照": {{"xsexm", nameOf("child")}, {"csrq", birthOf("child")}, {"cszbh", number("T32", 7)}, {"fqxm", nameOf("father")}, {"mqxm", nameOf("mother")}, {"csyljg", office("妇幼保健院")}, {"qfrq", weekAfterBirth}, {"zzzt", fixed("有效")}},
		"死亡医学证明信息":   {{"swrq", day(2023, 2024)}, {"swdd", fixed("医疗卫生机构")}, {"swzbh", number("S3299", 9)}, {"kjjg", office("人民医院")}, {"swyy", fixed("疾病")}},
		"生育登记信息":     {{"poxm", nameOf("spouse")}, {"pogmsfhm", idOf("spouse")}, {"djrq", day(2018, 2024)}, {"djhc", between(1, 3)}, {"djbh", number("SY3299", 8)}, {"djdw", office("演示区卫生健康委员会")}},
		"诊疗信息":       {{"yljg", office("人民医院")}, {"jzrq", day(2023, 2024)}, {"jzlx", pick("门诊", "住院")}, {"blh", number("", 10)}, {"zd", pick("高血压", "骨折", "慢性胃炎")}, {"fyze", amount(80, 12000)}},
		// 自然资源
		"不动产登记信息":         {{"bdcdyh", number("3299010010", 18)}, {"bdcqzh", number("苏(2021)示例市不动产权第", 7)}, {"zl", address}, {"mj", amount(45, 180)}, {"gyqk", pick("单独所有", "共同共有")}, {"yt", fixed("住宅")}, {"djsj", day(2016, 2024)}, {"dyzt", pick("无抵押", "已抵押")}, {"cfzt", fixed("无查封")}},
		"不动产测绘成果信息":       {{"bdcdyh", number("3299010010", 18)}, {"zl", address}, {"jzmj", amount(90, 180)}, {"tnmj", amount(60, 90)}, {"chdw", office("测绘院")}, {"shrq", day(2016, 2024)}},
		"国有建设用地使用权出让合同信息": {{"htbh", number("3299012020CR", 4)}, {"srr", company}, {"tyshxydm", uscc}, {"zdmj", amount(2000, 60000)}, {"crnx", pick("40", "50", "70")}, {"crjk", amount(1000000, 90000000)}, {"qdrq", day(2015, 2023)}},
		"建设工程规划核实信息":      {{"xmmc", fixed("示例市演示区住宅项目")}, {"jsdw", company}, {"hswh", number("规核字第3299", 8)}, {"hsjl", fixed("合格")}, {"hsrq", day(2018, 2024)}, {"hsdw", office("自然资源和规划局")}},
		// 市场监管、税务、财政
		"企业登记档案信息":  {{"qymc", company}, {"tyshxydm", uscc}, {"fddbrgx", fixed("法定代表人")}, {"zczb", amount(100000, 9000000)}, {"clrq", day(2005, 2022)}, {"jyzt", fixed("存续")}, {"djjg", office("市场监督管理局")}, {"zs", address}},
		"个人所得税纳税信息": {{"kkywr", company}, {"nsqj", fixed("202401-202406")}, {"ljsre", amount(30000, 240000)}, {"ljse", amount(0, 20000)}, {"swjg", office("税务局")}, {"wspzh", number("323990", 12)}},
		"非税收入缴款信息":  {{"jksbh", number("3299", 16)}, {"xmmc", pick("不动产登记费", "水土保持补偿费", "城市基础设施配套费")}, {"jkje", amount(80, 90000)}, {"jkrq", day(2022, 2024)}, {"zsjg", office("税务局")}, {"jkzt", fixed("已缴")}},
		"财政电子票据信息":  {{"pjdm", number("3206", 4)}, {"pjhm", number("", 10)}, {"jym", number("", 6)}, {"kprq", day(2022, 2024)}, {"je", amount(20, 20000)}, {"kpdw", office("人民医院")}, {"pjzt", fixed("正常")}},
		// 其他
		"残疾人证信息":   {{"cjzh", disabilityNumber}, {"cjlb", pick("视力", "听力", "肢体", "言语")}, {"cjdj", pick("一级", "二级", "三级", "四级")}, {"fzrq", day(2016, 2022)}, {"yxqjzrq", day(2027, 2031)}, {"fzjg", office("残疾人联合会")}, {"zt", fixed("有效")}},
		"继承公证信息":   {{"gzsbh", number("(2023)苏示例证字第", 5)}, {"bjcrxm", nameOf("father")}, {"bjcrgmsfhm", idOf("father")}, {"gzsx", fixed("继承")}, {"czrq", day(2019, 2024)}, {"gzc", office("公证处")}},
		"失信被执行人信息": {{"sfsx", fixed("否")}, {"ajs", fixed("0")}, {"cxrq", day(2024, 2024)}, {"sjly", office("中级人民法院")}},
		"养犬登记信息":   {{"qz", pick("贵宾", "柯基", "金毛")}, {"qzh", number("Q3299", 7)}, {"myrq", day(2023, 2024)}, {"djrq", day(2019, 2024)}, {"djjg", office("城市管理局")}, {"lxdh", phone}},
	}
}

// idNumberWithG is the national student number: G and the number of the child.
func idNumberWithG(s *subject) string { return "G" + s.relative("child").IDNumber }

// disabilityNumber is the number of a disability certificate: the citizen's
// number, a digit of kind and one of degree.
func disabilityNumber(s *subject) string { return s.IDNumber + number("", 2)(s) }
