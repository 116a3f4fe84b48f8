//! Variants of tables: levels of matters, page breaks, several tables, notes after them, other kinds of catalogs.

use super::{Case, ITEM, LEAVES, Page, codes, item, texts};
use crate::books::{GROUPS, rows};

pub(super) const CASES: &[Case] = &[
    (
        &[11],
        "an undivided 公开事项 is level 2",
        || {
            let header = [
                "序号",
                "公开事项",
                "公开内容",
                "公开依据",
                "公开时限",
                "公开主体",
                "公开渠道",
                "公开对象",
                "公开方式",
                "公开层级",
            ];
            let item =
                ["1", "低保申请", "条件", "《办法》", "及时公开", "某镇政府", "公示栏", "全社会", "主动", "镇级"];
            Page::of(vec![texts(&header), texts(&item)]).named("社会救助")
        },
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.level1.as_str(), item.level2.as_str()), ("", "低保申请"));
            assert_eq!((item.disclosure_mode.as_str(), super::list(&item.levels)), ("proactive", vec!["township"]));
            assert_eq!(
                (super::list(&item.audience), super::list(&item.channels)),
                (vec!["public"], vec!["notice-board"])
            );
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[11],
        "a level-1 cell that says there is none takes nothing from above",
        || {
            Page::official(vec![
                item(&[]),
                item(&[(0, "2"), (1, "/"), (2, "监督检查")]),
                item(&[(0, "3"), (1, "——"), (2, "通知公告"), (4, "")]),
            ])
        },
        |report| {
            let names: Vec<_> = rows(report)
                .iter()
                .map(|r| (r.item.level1.as_str(), r.item.level2.as_str(), r.item.basis.len()))
                .collect();
            assert_eq!(names, [("综合业务", "政策法规", 1), ("", "监督检查", 1), ("", "通知公告", 0)]);
            assert_eq!(codes(report), ["element-missing"]);
        },
    ),
    (
        &[12],
        "three levels are kept, the deepest names the item",
        || {
            let mut groups = texts(&GROUPS);
            let mut leaves = texts(&LEAVES);
            groups.insert(3, String::new());
            leaves.insert(3, "三级事项".to_owned());
            let row = |serial: &str, third: &str| {
                let mut row = texts(&ITEM);
                row[0] = serial.to_owned();
                row.insert(3, third.to_owned());
                row
            };
            let mut second = row("2", "城乡低保");
            (second[1], second[2]) = (String::new(), String::new());
            Page::of(vec![groups, leaves, row("1", "特困供养"), second]).merged(&["B1:D1", "B3:B4", "C3:C4"])
        },
        |report| {
            let names: Vec<_> =
                rows(report).iter().map(|r| (r.item.level2.as_str(), r.item.level3.as_str(), r.item.name())).collect();
            assert_eq!(names, [("政策法规", "特困供养", "特困供养"), ("政策法规", "城乡低保", "城乡低保")]);
        },
    ),
    (
        &[17],
        "a header pair repeated at a page break is skipped and the table goes on",
        || {
            let mut after = item(&[(0, "2"), (1, ""), (2, "监督检查")]);
            after[4] = "《办法》".to_owned();
            Page::official(vec![item(&[]), texts(&GROUPS), texts(&LEAVES), after])
        },
        |report| {
            assert_eq!((report.tables.len(), report.items), (1, 2));
            assert_eq!(rows(report)[1].item.level1, "综合业务");
            assert_eq!(codes(report), ["fill-across-page-break"]);
        },
    ),
    (
        &[17],
        "a page break without the head of a column that an office added goes on with the table",
        || {
            let with = |row: &[&str], more: &str| {
                let mut row = texts(row);
                row.push(more.to_owned());
                row
            };
            Page::of(vec![
                texts(&[super::TITLE]),
                with(&GROUPS, "联系窗口"),
                with(&LEAVES, ""),
                with(&super::ITEM, "一号"),
                texts(&GROUPS),
                texts(&LEAVES),
                with(&item(&[(0, "2"), (2, "监督检查")]).iter().map(String::as_str).collect::<Vec<_>>(), "二号"),
            ])
        },
        |report| {
            assert_eq!((report.tables.len(), report.items), (1, 2));
            assert_eq!(rows(report)[1].item.extra["联系窗口"], "二号");
        },
    ),
    (
        &[18, 19],
        "several tables on a sheet are split at their headers, each with the domain of its title",
        || {
            let mut rows = vec![
                texts(&["附件2:"]),
                texts(&["社会救助、养老服务、就业、城市综合执法"]),
                texts(&["(五)社会救助领域 基层政务公开标准目录(2024年版)(试行)"]),
            ];
            rows.extend([texts(&GROUPS), texts(&LEAVES), item(&[])]);
            rows.extend([
                vec![],
                texts(&["(六)养老服务领域基层政务公开标准目录"]),
                texts(&GROUPS),
                texts(&LEAVES),
                item(&[]),
            ]);
            Page::of(rows).named("各领域")
        },
        |report| {
            let read: Vec<_> = report
                .tables
                .iter()
                .map(|t| (t.title.as_str(), t.domain.as_deref().unwrap(), t.items, t.range.as_str()))
                .collect();
            assert_eq!(
                read,
                [
                    ("(五)社会救助领域基层政务公开标准目录(2024年版)(试行)", "social-assistance", 1, "A3:N6"),
                    ("(六)养老服务领域基层政务公开标准目录", "elderly-care", 1, "A8:N11"),
                ]
            );
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[20],
        "text after the table is left out with a warning",
        || {
            Page::official(vec![
                item(&[]),
                texts(&["标准目录要素说明:1.公开事项:指依法应公开的事项"]),
                texts(&["打印", "关闭"]),
            ])
        },
        |report| {
            assert_eq!(report.items, 1);
            assert_eq!((codes(report), report.tables[0].range.as_str()), (vec!["row-not-item"], "A1:N4"));
        },
    ),
    (
        &[29],
        "the full list (全清单) of a city is read by its words: three levels, plain mode and level words",
        || {
            let header = [
                "序号",
                "一级事项",
                "二级事项",
                "三级事项",
                "公开内容",
                "公开主体",
                "公开依据",
                "公开时限",
                "公开方式",
                "公开渠道",
                "公开对象",
                "公开层级",
            ];
            let row = |serial: &'static str, third: &'static str, mode: &'static str| {
                texts(&[
                    serial,
                    "社会救助",
                    "城乡低保",
                    third,
                    "对象、标准",
                    "某区民政局",
                    "《社会救助暂行办法》",
                    "20个工作日内",
                    mode,
                    "政府网站；三务公开",
                    "社会公众",
                    "区级、街道级",
                ])
            };
            Page::of(vec![
                texts(&["某市社会救助领域政务公开全清单"]),
                texts(&header),
                row("1", "低保标准", "主动公开"),
                row("2", "审批结果", "依申请公开"),
            ])
        },
        |report| {
            let read: Vec<_> = rows(report)
                .iter()
                .map(|r| (r.item.level2.as_str(), r.item.level3.as_str(), r.item.disclosure_mode.as_str()))
                .collect();
            assert_eq!(read, [("城乡低保", "低保标准", "proactive"), ("城乡低保", "审批结果", "on-request")]);
            let item = &rows(report)[0].item;
            assert_eq!(
                (super::list(&item.audience), super::list(&item.channels_other)),
                (vec!["public"], vec!["三务公开"])
            );
            assert!(item.levels.contains("county"), "{:?}", item.levels);
            assert_eq!(report.tables[0].domain.as_deref(), Some("social-assistance"));
        },
    ),
    (
        &[29],
        "the element model (嘉定): one item an element, with its own mode and reason",
        || {
            let header =
                ["序号", "公开事项", "公开要素", "公开属性", "不予公开理由", "公开主体", "公开时限", "公开渠道"];
            let row = |cells: [&str; 8]| texts(&cells);
            Page::of(vec![
                texts(&["社会救助领域主动公开目录"]),
                texts(&header),
                row(["1", "低保审批", "审批结果", "主动公开", "", "某区民政局", "及时公开", "政府网站"]),
                row(["", "", "家庭住址", "不予公开", "个人隐私(条例第十五条)", "某区民政局", "", ""]),
                row(["", "", "核对报告", "依申请公开", "", "某区民政局", "20个工作日内", ""]),
            ])
            .merged(&["A3:A5", "B3:B5"])
        },
        |report| {
            let read: Vec<_> = rows(report)
                .iter()
                .map(|r| (r.item.level2.as_str(), r.item.content.as_str(), r.item.disclosure_mode.as_str()))
                .collect();
            assert_eq!(
                read,
                [
                    ("低保审批", "审批结果", "proactive"),
                    ("低保审批", "家庭住址", "withheld"),
                    ("低保审批", "核对报告", "on-request"),
                ]
            );
            assert_eq!(rows(report)[1].item.withhold_reason, "个人隐私(条例第十五条)");
        },
    ),
    (
        &[29],
        "a catalog of four columns (主动公开基本目录) is read, what it lacks is named",
        || {
            Page::of(vec![
                texts(&["社会救助领域主动公开基本目录"]),
                texts(&["序号", "公开事项", "公开内容", "公开时限"]),
                texts(&["1", "低保标准", "标准、依据", "及时公开"]),
            ])
        },
        |report| {
            let row = rows(report)[0];
            assert_eq!((row.item.level2.as_str(), row.item.time_limit_text.as_str()), ("低保标准", "及时公开"));
            assert!(codes(report).contains(&"column-missing") && codes(report).contains(&"mode-group-missing"));
            assert!(row.errors.iter().any(|error| error.contains("subject")));
        },
    ),
    (
        &[29],
        "an attribute for each element makes an item of each, whatever the head of the elements is",
        || {
            let header = ["序号", "公开事项", "公开内容", "公开属性", "公开主体", "公开时限", "公开渠道"];
            let row = |cells: [&str; 7]| texts(&cells);
            let mut rows = vec![texts(&["社会救助领域主动公开目录"]), texts(&header)];
            rows.push(row(["1", "低保审批", "要素甲", "主动公开", "某区民政局", "及时公开", "政府网站"]));
            rows.extend((0..12).map(|n| {
                let mode = if n % 2 == 0 { "依申请公开" } else { "主动公开" };
                texts(&["", "", &format!("要素{n}"), mode])
            }));
            Page::of(rows).merged(&["A3:A15", "B3:B15", "E3:E15", "F3:F15", "G3:G15"])
        },
        |report| {
            assert_eq!(report.items, 13);
            assert!(rows(report).iter().all(|row| row.item.level2 == "低保审批" && row.serial == "1"));
            assert_eq!(
                (rows(report)[1].item.disclosure_mode.as_str(), rows(report)[12].item.content.as_str()),
                ("on-request", "要素11")
            );
        },
    ),
    (
        &[29],
        "marks of different modes make an item of each element",
        || {
            let mut rows = vec![item(&[(3, "要素1")])];
            for n in 2..=13 {
                let mut row = texts(&[""; 14]);
                row[3] = format!("要素{n}");
                row[if n % 2 == 0 { 11 } else { 10 }] = "√".to_owned();
                rows.push(row);
            }
            let merges = ["A", "B", "C", "E", "F", "G", "H", "I", "M"].map(|column| format!("{column}4:{column}16"));
            Page::official(rows).merged(&merges.each_ref().map(String::as_str))
        },
        |report| {
            assert_eq!(report.items, 13);
            for (place, row) in rows(report).into_iter().enumerate() {
                let mode = if place % 2 == 1 { "on-request" } else { "proactive" };
                let item = &row.item;
                assert_eq!((item.disclosure_mode.as_str(), item.level2.as_str()), (mode, "政策法规"));
                assert_eq!(item.content, format!("要素{}", place + 1));
                assert!(row.errors.is_empty(), "{:?}", row.errors);
            }
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[29],
        "a full list with neither body nor basis is read by its other words",
        || {
            Page::of(vec![
                texts(&["社会救助领域政务公开全清单"]),
                texts(&["序号", "一级事项", "二级事项", "公开时限", "公开方式", "公开渠道", "公开层级"]),
                texts(&["1", "低保", "低保标准", "及时公开", "主动公开", "政府网站", "县级"]),
                texts(&["2", "低保", "低保审批", "及时公开", "依申请公开", "政府网站", "乡级"]),
            ])
        },
        |report| {
            assert_eq!((report.items, rows(report)[1].item.disclosure_mode.as_str()), (2, "on-request"));
            assert!(rows(report)[0].errors.iter().any(|error| error.contains("content")));
        },
    ),
    (
        &[29],
        "a page on which 公 was lost throughout is read, and says so",
        || {
            let lost = |text: &&str| text.replace('公', "");
            let mut page = Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查")])]);
            page.rows[1] = GROUPS.iter().map(lost).collect();
            page.rows[2] = LEAVES.iter().map(lost).collect();
            page
        },
        |report| {
            let item = &rows(report)[1].item;
            assert_eq!(
                (report.items, item.level2.as_str(), item.disclosure_mode.as_str()),
                (2, "监督检查", "proactive")
            );
            assert_eq!((super::list(&item.audience), super::list(&item.levels)), (vec!["public"], vec!["county"]));
            assert_eq!(codes(report), ["header-guessed", "text-damaged"]);
        },
    ),
    (
        &[29],
        "limits side by side under 公开时限 are clauses with their heads",
        || {
            let wide = |row: &[&str], part: &str| {
                let mut row = texts(row);
                row.insert(6, part.to_owned());
                row
            };
            let mut leaves = wide(&LEAVES, "及时公开");
            leaves[5] = "批准后".to_owned();
            let mut first = wide(&ITEM, "");
            first[5] = "20个工作日内".to_owned();
            let mut second = wide(&ITEM, "√");
            (second[0], second[2], second[5]) = ("2".to_owned(), "监督检查".to_owned(), String::new());
            Page::of(vec![texts(&[super::TITLE]), wide(&GROUPS, ""), leaves, first, second]).merged(&["F2:G2"])
        },
        |report| {
            let limits: Vec<&str> = rows(report).iter().map(|row| row.item.time_limit_text.as_str()).collect();
            assert_eq!(limits, ["批准后20个工作日内", "及时公开"]);
            let clause = &gongkai_model::item::parse_time_limit(limits[0])[0];
            assert_eq!((clause.number, clause.trigger.as_str()), (Some(20), "批准"));
        },
    ),
];
