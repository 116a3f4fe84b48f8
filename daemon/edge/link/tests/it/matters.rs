//! Disclosed matters in our own words, with real titles of laws: material for sample entries.
//!
//! [`TRAINING`] goes into the dictionary; [`HELD_OUT`] never does, so that tests measure news and not memory.

/// One matter as it stands in a row.
pub(crate) struct Matter {
    pub(crate) domain: &'static str,
    pub(crate) field: &'static str,
    pub(crate) level1: &'static str,
    pub(crate) level2: &'static str,
    pub(crate) content: &'static str,
    pub(crate) basis: &'static str,
    pub(crate) limit: &'static str,
    pub(crate) channels: &'static str,
    /// The specific group; empty for the public.
    pub(crate) who: &'static str,
}

const WEB: &str = "gov-website notice-board";
const WIDE: &str = "gov-website notice-board reading-point two-weis-one-app";
const HALL: &str = "gov-website service-hall";
const DOORS: &str = "notice-board on-site targeted-push";
const DAYS: &str = "信息形成或者变更之日起20个工作日内";
const OPEN: &str = "《中华人民共和国政府信息公开条例》(国务院令第711号)";

macro_rules! matter {
    ($domain:literal $field:literal: $l1:literal / $l2:literal, $content:literal, $basis:expr, $limit:expr, $channels:expr, $who:literal) => {
        Matter {
            domain: $domain,
            field: $field,
            level1: $l1,
            level2: $l2,
            content: $content,
            basis: $basis,
            limit: $limit,
            channels: $channels,
            who: $who,
        }
    };
}

/// Material for training.
pub(crate) static TRAINING: &[Matter] = &[
    matter!("social-assistance" "社会救助": "综合业务" / "政策法规文件", "有关社会救助的法律、法规、规章；规范性文件；解读材料", OPEN, DAYS, WIDE, ""),
    matter!("social-assistance" "社会救助": "最低生活保障" / "办事指南", "申请条件；所需材料；办理程序；办理地点和时间；咨询电话；监督电话", "《社会救助暂行办法》(国务院令第649号)", "制定或者获取信息之日起10个工作日内", WIDE, ""),
    matter!("social-assistance" "社会救助": "最低生活保障" / "审核信息", "初审对象姓名；家庭人口；拟保障金额；公示起止日期", "《最低生活保障审核确认办法》(民发〔2021〕57号)、《社会救助暂行办法》(国务院令第649号)", "公示7个工作日", DOORS, "申请人所在村（社区）居民"),
    matter!("social-assistance" "社会救助": "特困人员救助供养" / "审批信息", "特困人员名单；供养标准；供养方式；照料护理档次", "《特困人员认定办法》(民发〔2021〕43号)、《国务院关于进一步健全特困人员救助供养制度的意见》(国发〔2016〕14号)", DAYS, WEB, ""),
    matter!("social-assistance" "社会救助": "临时救助" / "支出型临时救助", "救助对象；救助事由；救助金额；发放时间", "《国务院关于全面建立临时救助制度的通知》(国发〔2014〕47号)", DAYS, WEB, ""),
    matter!("rural-homes" "农村危房改造": "政策文件" / "补助标准", "分类补助标准；资金来源；拨付方式；省、市、县配套比例", "《农村危房改造补助资金管理办法》(财社〔2022〕42号)", DAYS, WIDE, ""),
    matter!("rural-homes" "农村危房改造": "对象认定" / "认定结果", "户主姓名；危房等级；改造方式；补助金额；村民评议结果", "《住房和城乡建设部 财政部关于印发农村危房改造激励措施实施办法的通知》", "公示不少于5个工作日", DOORS, "本村村民"),
    matter!("rural-homes" "农村危房改造": "竣工验收" / "验收结果", "验收时间；验收单位；验收结论；整改要求", OPEN, DAYS, WEB, ""),
    matter!("work-safety" "安全生产": "行政执法" / "行政处罚", "被处罚单位名称；违法事实；处罚依据；处罚结果；救济渠道；执法机关", "《中华人民共和国安全生产法》、《中华人民共和国行政处罚法》", "行政处罚决定作出之日起7个工作日内", HALL, ""),
    matter!("work-safety" "安全生产": "应急预案" / "应急演练", "演练方案；演练时间和地点；参加单位；演练评估", "《生产安全事故应急条例》(国务院令第708号)", "及时公开", WEB, ""),
    matter!("work-safety" "安全生产": "隐患管理" / "重大隐患挂牌督办", "隐患单位；隐患内容；整改责任人；整改时限；督办部门；验收结论", "《中华人民共和国安全生产法》、《安全生产事故隐患排查治理暂行规定》", DAYS, HALL, ""),
    matter!("work-safety" "安全生产": "动态信息" / "事故通报", "事故经过；伤亡情况；处置措施；事故原因；责任认定；防范建议", "《生产安全事故报告和调查处理条例》(国务院令第493号)", "调查报告批复之日起20个工作日内", WIDE, ""),
    matter!("education" "义务教育": "政策文件" / "招生方案", "招生范围；报名条件；报名时间；所需材料；随迁子女入学办法；咨询电话", "《中华人民共和国义务教育法》、《义务教育法实施细则》", "每年4月30日前", WIDE, ""),
    matter!("education" "义务教育": "学生管理" / "学生资助", "资助项目；资助标准；申请程序；资助人数；资金使用情况", "《财政部 教育部关于印发城乡义务教育补助经费管理办法的通知》(财教〔2021〕56号)", DAYS, WEB, ""),
    matter!("education" "义务教育": "教师管理" / "职称评审", "评审范围；评审条件；申报程序；评审结果；公示期限", "《关于深化中小学教师职称制度改革的指导意见》(人社部发〔2015〕79号)", "公示5个工作日", HALL, "参评教师"),
    matter!("household" "户籍管理": "户口登记" / "出生登记", "办理条件；申请材料；办理流程；办理时限；收费依据；服务窗口", "《中华人民共和国户口登记条例》", "长期公开", HALL, ""),
    matter!("household" "户籍管理": "居民身份证" / "换领补领", "办理条件；申请材料；办理流程；工本费标准；办理时限", "《中华人民共和国居民身份证法》", "长期公开", HALL, ""),
    matter!("farm-subsidy" "涉农补贴": "耕地地力保护补贴" / "补贴结果", "补贴对象；补贴面积；补贴标准；补贴金额；发放日期；监督电话", "《财政部 农业农村部关于印发农业相关转移支付资金管理办法的通知》", "补贴发放后20个工作日内", DOORS, "本村农户"),
    matter!("farm-subsidy" "涉农补贴": "农机购置补贴" / "申请指南", "补贴机具种类；补贴标准；申请条件；所需材料；办理程序；咨询和投诉电话", "《农业机械购置补贴资金使用管理办法》", DAYS, WIDE, ""),
    matter!("farm-subsidy" "涉农补贴": "农业生产发展资金" / "项目申报", "申报条件；申报材料；扶持范围；资金额度；评审结果", "《农业生产发展资金管理办法》(财农〔2020〕10号)", DAYS, WEB, ""),
    matter!("land" "征地补偿": "征地前期准备" / "征收土地预公告", "征收范围；征收目的；开展土地现状调查的安排；禁止抢栽抢建的要求", "《中华人民共和国土地管理法》、《中华人民共和国土地管理法实施条例》(国务院令第743号)", "公告时间不少于10个工作日", DOORS, "在征收范围内的村组"),
    matter!("land" "征地补偿": "征地组织实施" / "补偿费用支付", "补偿登记结果；补偿标准；支付凭证；分配方案；社会保障费用落实情况", "《中华人民共和国土地管理法》", DAYS, WEB, "被征地农民"),
    matter!("budget" "财政预决算": "部门预算" / "收支总表", "部门收支总体情况；财政拨款收支；一般公共预算支出；政府性基金；三公经费；政府采购；绩效目标", "《中华人民共和国预算法》、《财政部关于印发地方预决算公开操作规程的通知》(财预〔2016〕143号)", "批复后20日内", WIDE, ""),
    matter!("budget" "财政预决算": "政府决算" / "债务情况", "债务限额；债务余额；债券发行；还本付息；资金使用安排", "《中华人民共和国预算法》", "本级人大常委会批准后20日内", WIDE, ""),
    matter!("health" "医疗卫生": "行政许可" / "医疗机构执业登记", "办理依据；受理条件；申请材料；办理流程；办结时限；结果公示", "《医疗机构管理条例》", "长期公开（动态调整）", HALL, ""),
    matter!("health" "医疗卫生": "公共服务" / "预防接种", "服务对象；接种单位地址和电话；免疫规划疫苗种类；接种程序；注意事项", "《中华人民共和国疫苗管理法》、《国家基本公共卫生服务规范》", "长期公开", WIDE, ""),
    matter!("environment" "生态环境": "行政许可" / "建设项目环境影响评价审批", "受理情况公示；拟审批意见；审批决定；公众意见采纳情况", "《中华人民共和国环境影响评价法》、《建设项目环境保护管理条例》(国务院令第682号)", "公示5个工作日", HALL, ""),
    matter!("environment" "生态环境": "监督管理" / "生态环境执法", "随机抽查事项清单；检查对象；检查结果；查处情况", "《中华人民共和国环境保护法》、《国务院办公厅关于推广随机抽查规范事中事后监管的通知》(国办发〔2015〕58号)", DAYS, WEB, ""),
    matter!("employment" "就业创业": "就业援助" / "就业困难人员认定", "对象范围；申请材料；办理流程；认定结果；援助措施；咨询电话", "《中华人民共和国就业促进法》、《就业服务与就业管理规定》", "公示5个工作日", DOORS, "申请人"),
    matter!("employment" "就业创业": "补贴申领" / "社会保险补贴", "补贴对象；补贴标准；补贴期限；申请材料；审核结果；发放金额", "《就业补助资金管理办法》(财社〔2017〕164号)", DAYS, HALL, ""),
    matter!("traffic" "道路交通": "公路建设" / "农村公路养护", "养护计划；养护里程；资金安排；施工单位；验收结果", "《中华人民共和国公路法》、《农村公路养护管理办法》", "每季度", WEB, ""),
    matter!("legal-aid" "公共法律服务": "法律援助" / "申请条件和程序", "申请条件；经济困难标准；申请材料；办理流程；机构名录；咨询热线", "《中华人民共和国法律援助法》", "长期公开", WIDE, ""),
];

/// Material for tests: other domains, other words.
pub(crate) static HELD_OUT: &[Matter] = &[
    matter!("culture" "公共文化服务": "公共服务" / "文化馆、图书馆免费开放", "场馆地址和电话；开放时段与临时闭馆安排；讲座、展览和演出的场次及报名方式", "《中华人民共和国公共文化服务保障法》", "活动举办前5个工作日", "gov-website two-weis-one-app broadcast-tv", ""),
    matter!("drinking-water" "农村供水": "水质监测" / "末梢水检测结果", "采样点；采样日期；检测指标及限值；不合格指标的处置", "《生活饮用水卫生监督管理办法》", "每季度末月25日前", "gov-website on-site", "供水范围内的住户"),
];

/// A long item of the same kind: mostly text that nobody has seen before.
pub(crate) static LONG: Matter = matter!("culture" "公共文化服务": "公共服务" / "文化馆、图书馆免费开放", "开放场馆的名称、地址和联系电话；免费开放的时段与临时闭馆安排；培训讲座、展览演出等活动的名称、场次、报名方式和参加人数上限；少年儿童、老年人和残疾人专用设施；读者意见的答复情况", "《中华人民共和国公共文化服务保障法》、《中华人民共和国公共图书馆法》", "活动举办前5个工作日，变更的当日更新", "gov-website two-weis-one-app broadcast-tv", "");
