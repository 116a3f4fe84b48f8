//! Catalogs made for measuring: items of about 1 KB in the words of real ones, no two alike.
//!
//! Invariant: the same numbers give the same bytes; every item has the eight elements, so that it can be submitted.

use anyhow::Result;
use gongkai_model::item::{Item, parse_basis};
use gongkai_seeds::Seeds;
use gongkai_sheets::{CatalogSheet, Reading, SheetRow, write_csv};

/// Items of one catalog: the size of a county's large ones.
pub(crate) const ITEMS_PER_CATALOG: usize = 400;
/// Phrases of an item's content: with names and bases an item then has about 1 KB.
const PHRASES_PER_ITEM: usize = 12;
/// What contents are put together from.
const PHRASES: [&str; 16] = [
    "申请条件、办理流程、办理地点和联系电话",
    "救助标准及其调整依据",
    "年度预算、决算和资金使用情况",
    "审批结果及公示名单",
    "监督检查计划和抽查结果",
    "政策文件及其解读材料",
    "投诉举报渠道和处理时限",
    "承办机构、负责人和办公时间",
    "行政处罚决定书文号和处罚依据",
    "征收范围、补偿标准和安置方案",
    "服务对象、服务内容和收费标准",
    "应急预案、预警信息和应对情况",
    "项目名称、建设单位和批复文号",
    "考试时间、报名方式和录取结果",
    "补贴对象、补贴金额和发放日期",
    "工作机构职责和年度工作要点",
];

/// A file to import, and where it goes.
pub(crate) struct Workbook {
    pub(crate) catalog: String,
    pub(crate) domain: String,
    pub(crate) file_name: String,
    pub(crate) items: usize,
    pub(crate) content: Vec<u8>,
    /// The items as their owner will keep them.
    pub(crate) canonical: Vec<String>,
}

/// Makes workbooks.
pub(crate) struct Press {
    seeds: Seeds,
}

impl Press {
    /// With the built-in words.
    pub(crate) fn new() -> Self {
        Self { seeds: Seeds::builtin() }
    }

    /// The domains by slug.
    pub(crate) fn domains(&self) -> Vec<String> {
        self.seeds.routing.domains.iter().map(|domain| domain.slug.to_string()).collect()
    }

    /// A division's catalog of one domain. Each of `edits` gives one item other words than it had before, one item after
    /// the other.
    pub(crate) fn workbook(&self, division: &str, domain: &str, count: usize, edits: usize) -> Result<Workbook> {
        let items: Vec<Item> = (0..count).map(|n| self.item(division, domain, n, last_edit(n, count, edits))).collect();
        let rows = items.iter().map(|item| SheetRow { serial: "", item }).collect();
        let reading =
            Reading { vocabulary: &self.seeds.vocabulary, routing: &self.seeds.routing, node_level: "township" };
        let sheet = CatalogSheet { name: domain, title: domain, rows };
        Ok(Workbook {
            catalog: format!("{division}/{domain}"),
            domain: domain.to_owned(),
            file_name: format!("{domain}.csv"),
            items: count,
            content: write_csv(&sheet, &reading)?,
            canonical: items.iter().map(|item| item.to_canonical().as_json().to_owned()).collect(),
        })
    }

    /// A division's catalogs that together have this many items, spread over as few catalogs as their size asks for;
    /// where the domains do not suffice, the catalogs are larger.
    pub(crate) fn workbooks(&self, division: &str, items: usize) -> Result<Vec<Workbook>> {
        let domains = self.domains();
        let catalogs = items.div_ceil(ITEMS_PER_CATALOG).clamp(1, domains.len());
        let mut left = items;
        let mut made = Vec::with_capacity(catalogs);
        for (place, domain) in domains.iter().take(catalogs).enumerate() {
            let count = left.div_ceil(catalogs - place);
            left -= count;
            made.push(self.workbook(division, domain, count, 0)?);
        }
        Ok(made)
    }

    fn item(&self, division: &str, domain: &str, n: usize, last_edit: Option<usize>) -> Item {
        let mut dice = Dice::of(division, domain, n);
        let laws = &self.seeds.laws;
        let law = |dice: &mut Dice| laws.iter().nth(dice.below(100)).map_or("", |law| law.title.as_str());
        let basis = format!("《{}》第{}条\n《{}》", law(&mut dice), dice.below(60) + 1, law(&mut dice));
        let lines = (0..PHRASES_PER_ITEM).map(|line| {
            let phrase = PHRASES[dice.below(PHRASES.len())];
            format!("{}.{phrase}（{}）", line + 1, dice.below(100_000))
        });
        let mut content = lines.collect::<Vec<_>>().join("\n");
        if let Some(edit) = last_edit {
            content.push_str(&format!("\n第{edit}次修订"));
        }
        let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Item {
            level1: format!("业务{}", n / 12),
            level2: format!("{division}事项{n}办理结果"),
            content,
            basis: parse_basis(&basis),
            time_limit_text: format!("信息形成或者变更之日起{}个工作日内", n % 20 + 1),
            subject: vec![format!("第{}办公室", dice.below(40))],
            channels: set(&["gov-website", "notice-board"]),
            audience: set(&["public"]),
            disclosure_mode: "proactive".to_owned(),
            levels: set(&["township"]),
            ..Item::default()
        }
    }
}

/// The last of so many edits that touched item `n`; they go round.
fn last_edit(n: usize, count: usize, edits: usize) -> Option<usize> {
    let since = (edits + count - 1 - n) % count;
    edits.checked_sub(since).filter(|edit| *edit > 0)
}

/// A small generator of numbers that only need to look scattered (splitmix64's constants).
struct Dice(u64);

impl Dice {
    fn of(division: &str, domain: &str, n: usize) -> Self {
        let text = division.bytes().chain(domain.bytes());
        Self(text.fold(n as u64, |sum, byte| sum.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(byte))))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}
