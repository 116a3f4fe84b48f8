//! A made-up edition: real names of places and fields, invented catalogs; for the tests and the example.
//!
//! Invariant: a function of its arguments alone, so that two calls give equal input.

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
    item::{Basis, Item},
    tree::Division,
    vocabulary::Vocabulary,
};
use gongkai_publish::{CatalogPart, Consolidation, DomainName, Issuer, ItemPart, Missing};

/// 2026-11-20T09:30:00+08:00.
const PUBLISHED_AT_MS: i64 = 1_795_138_200_000;
const DAY_MS: i64 = 86_400_000;

const VOCABULARY: &str = r#"{
 "channels": [
  {"slug": "gov-website", "label": "政府网站"}, {"slug": "gov-gazette", "label": "政府公报"},
  {"slug": "two-weis-one-app", "label": "两微一端"}, {"slug": "press-hearing", "label": "发布会/听证会"},
  {"slug": "broadcast-tv", "label": "广播电视"}, {"slug": "print-media", "label": "纸质媒体"},
  {"slug": "reading-point", "label": "公开查阅点"}, {"slug": "service-hall", "label": "政务服务中心"},
  {"slug": "convenience-station", "label": "便民服务站"}, {"slug": "on-site", "label": "入户/现场"},
  {"slug": "notice-board", "label": "社区/企事业单位/村公示栏(电子屏)"}, {"slug": "targeted-push", "label": "精准推送"},
  {"slug": "other", "label": "其他"}],
 "audience": [{"slug": "public", "label": "全社会"}, {"slug": "specific", "label": "特定群体"}],
 "modes": [{"slug": "proactive", "label": "主动"}, {"slug": "on-request", "label": "依申请公开"}],
 "levels": [{"slug": "municipal", "label": "市级"}, {"slug": "county", "label": "县级"},
  {"slug": "township", "label": "乡级"}, {"slug": "village", "label": "村级"}]}"#;

/// Id, name, level, parent.
const DIVISIONS: &[(&str, &str, &str, &str)] = &[
    ("211200", "铁岭市", "municipal", ""),
    ("211202", "银州区", "county", "211200"),
    ("211204", "清河区", "county", "211200"),
    ("211221", "铁岭县", "county", "211200"),
    ("211223", "西丰县", "county", "211200"),
    ("211224", "昌图县", "county", "211200"),
    ("211281", "调兵山市", "county", "211200"),
    ("211282", "开原市", "county", "211200"),
    ("211202001", "红旗街道", "township", "211202"),
    ("211202002", "工人街道", "township", "211202"),
    ("211202003", "铁西街道", "township", "211202"),
    ("211202005", "柴河街道", "township", "211202"),
    ("211202100", "龙山乡", "township", "211202"),
    ("211204001", "红旗街道", "township", "211204"),
    ("211204100", "张相镇", "township", "211204"),
    ("211221100", "新台子镇", "township", "211221"),
    ("211221101", "阿吉镇", "township", "211221"),
    ("211221102", "镇西堡镇", "township", "211221"),
    ("211221103", "平顶堡镇", "township", "211221"),
    ("211224114", "鴜鷺树镇", "township", "211224"),
    ("211281100", "晓南镇", "township", "211281"),
    ("211281101", "晓明镇", "township", "211281"),
    ("211282100", "中固镇", "township", "211282"),
];

/// Slug, name.
const DOMAINS: &[(&str, &str)] = &[
    ("major-construction-projects", "重大建设项目"),
    ("public-resource-trading", "公共资源交易"),
    ("compulsory-education", "义务教育"),
    ("household-registration", "户籍管理"),
    ("social-assistance", "社会救助"),
    ("elderly-care", "养老服务"),
    ("public-legal-services", "公共法律服务"),
    ("employment", "就业"),
    ("rural-dilapidated-housing", "农村危房改造"),
    ("agricultural-subsidies", "涉农补贴"),
    ("work-safety", "安全生产"),
    ("disaster-relief", "救灾"),
];

/// Level 1, level 2, content, basis, limit.
const MATTERS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "综合业务",
        "监督检查",
        "救助信访、咨询和投诉的受理电话、地点与办理时间",
        "社会救助暂行办法",
        "信息形成或者变更之日起20个工作日内",
    ),
    (
        "综合业务",
        "政策法规文件",
        "国家、省、市出台的救助法规、规章和规范性文件全文及解读",
        "社会救助暂行办法",
        "制定或获取文件之日起10个工作日内",
    ),
    (
        "最低生活保障",
        "办事指南",
        "办理事项、办理条件、救助标准、申请材料、办理流程、办理时间、地点和联系方式",
        "国务院关于进一步加强和改进最低生活保障工作的意见",
        "信息形成或者变更之日起20个工作日内",
    ),
    (
        "最低生活保障",
        "审核信息",
        "初审对象名单（姓氏、村组、家庭人数）及相关信息",
        "最低生活保障审核确认办法",
        "公示7个工作日",
    ),
    ("最低生活保障", "审批信息", "低保对象名单及保障金额等相关信息", "最低生活保障审核确认办法", "长期公开，动态调整"),
    ("特困人员救助供养", "终止供养名单", "终止供养的对象及终止原因", "特困人员认定办法", "公示7个工作日"),
    (
        "临时救助",
        "审核审批信息",
        "支出型临时救助对象名单、救助金额、救助事由",
        "国务院关于全面建立临时救助制度的通知",
        "每季度首月20日前",
    ),
    (
        "建设规划",
        "工作方案",
        "年度任务、补助标准、责任分工和资金安排\n其中涉及第三方的内容征求意见后公开",
        "农村危房改造补助资金管理暂行办法",
        "及时公开",
    ),
];

fn division(row: &(&str, &str, &str, &str)) -> Division {
    let id = |text: &str| DivisionId::parse(text).expect("a constant of this file");
    let parent = Some(row.3).filter(|parent| !parent.is_empty()).map(id);
    Division {
        code: row.0.to_owned(),
        name: row.1.to_owned(),
        level: row.2.to_owned(),
        ..Division::placed(id(row.0), parent)
    }
}

/// An item; `number` decides what it says.
pub(crate) fn item(level: &str, number: usize) -> Item {
    let (level1, level2, content, law, limit) = MATTERS[number % MATTERS.len()];
    let repeat = if number < MATTERS.len() { String::new() } else { format!("（{}）", number / MATTERS.len() + 1) };
    let is_specific = number % 4 == 3;
    Item {
        level1: level1.to_owned(),
        level2: format!("{level2}{repeat}"),
        content: content.to_owned(),
        basis: vec![
            Basis { title: "中华人民共和国政府信息公开条例".to_owned(), ..Basis::default() },
            Basis { title: law.to_owned(), article: "第十二条".to_owned(), ..Basis::default() },
        ],
        time_limit_text: limit.to_owned(),
        subject: words(&["县级人民政府民政部门", "乡镇人民政府（街道办事处）"]),
        channels: words(if number.is_multiple_of(2) {
            &["gov-website", "reading-point"]
        } else {
            &["gov-website", "notice-board", "two-weis-one-app"]
        }),
        channels_optional: words(if number.is_multiple_of(5) { &["broadcast-tv"] } else { &[] }),
        audience: words(if is_specific { &["specific"] } else { &["public"] }),
        audience_specific: if is_specific { "申请人及其家庭成员".to_owned() } else { String::new() },
        disclosure_mode: if number % 7 == 6 { "on-request" } else { "proactive" }.to_owned(),
        levels: words(match level {
            "municipal" => &["municipal"],
            "county" => &["county", "township"],
            _ => &["township"],
        }),
        responsible_dept: if number.is_multiple_of(6) { "社会救助科".to_owned() } else { String::new() },
        ..Item::default()
    }
}

fn words<C: FromIterator<String>>(list: &[&str]) -> C {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// Wraps an item as an approved part.
pub(crate) fn part(id: &str, order: u32, item: &Item) -> ItemPart {
    let item = item.to_canonical();
    let id = ItemId::parse(id).expect("made by this file");
    ItemPart { id, order, serial: (order + 1).to_string(), digest: item.digest(), item }
}

/// A catalog with `count` items.
pub(crate) fn catalog(division: &str, domain: &str, level: &str, count: usize) -> CatalogPart {
    let id = CatalogId::parse(&format!("{division}/{domain}")).expect("made by this file");
    let items =
        (0..count).map(|n| part(&format!("{division}-{domain}-{}", n + 1), n as u32, &item(level, n))).collect();
    let digest = |what: &str| Digest::of("sample", &[what.as_bytes(), id.to_string().as_bytes()]);
    CatalogPart {
        title: String::new(),
        header: vec![("编制单位".to_owned(), "民政部门".to_owned())],
        revision: digest("revision"),
        submission: digest("submission"),
        decisions: vec![digest("counterpart"), digest("lead office")],
        approved_by_division: "铁岭市".to_owned(),
        approved_by_department: "铁岭市人民政府办公室".to_owned(),
        approved_at_ms: PUBLISHED_AT_MS - (count as i64 % 9 + 1) * DAY_MS,
        items,
        catalog: id,
    }
}

/// The edition: catalogs of five divisions, and what the others lack.
pub(crate) fn consolidation() -> Consolidation {
    let slug = |text: &str| DomainSlug::parse(text).expect("a constant of this file");
    let catalogs = vec![
        catalog("211200", "social-assistance", "municipal", 12),
        catalog("211200", "work-safety", "municipal", 7),
        catalog("211202", "social-assistance", "county", 18),
        catalog("211221", "social-assistance", "county", 21),
        catalog("211221", "rural-dilapidated-housing", "county", 9),
        catalog("211281", "agricultural-subsidies", "county", 14),
        catalog("211281", "household-registration", "county", 16),
        catalog("211202001", "social-assistance", "township", 11),
        catalog("211204001", "social-assistance", "township", 10),
        catalog("211221100", "social-assistance", "township", 13),
        catalog("211221100", "elderly-care", "township", 8),
        catalog("211224114", "disaster-relief", "township", 6),
    ];
    let missing = DIVISIONS.iter().filter(|row| row.2 == "county").flat_map(|row| {
        let domains = [("compulsory-education", "尚未报送"), ("employment", "尚未报送"), ("work-safety", "审核中")];
        domains.map(|(domain, why)| Missing {
            division: DivisionId::parse(row.0).expect("a constant of this file"),
            domain: Some(slug(domain)),
            why: why.to_owned(),
        })
    });
    Consolidation {
        number: 1,
        issuer: Issuer {
            division: DivisionId::parse("211200").expect("a constant of this file"),
            name: "铁岭市人民政府办公室".to_owned(),
        },
        published_at_ms: PUBLISHED_AT_MS,
        generator: "gongkai 0.1.0".to_owned(),
        previous: None,
        divisions: DIVISIONS.iter().map(division).collect(),
        domains: DOMAINS.iter().map(|row| DomainName { slug: slug(row.0), name: row.1.to_owned() }).collect(),
        vocabulary: vocabulary(),
        catalogs,
        missing: missing.collect(),
        heads: Digest::of("sample", &[b"heads"]),
        stands_for: None,
    }
}

fn vocabulary() -> Vocabulary {
    serde_json::from_str(VOCABULARY).expect("a constant of this file")
}
