//! What the pages, data and workbooks say, and that hostile text stays text.
//!
//! Invariant: pages are read as a browser would get them, from the files of a published edition.

use std::collections::BTreeSet;

use gongkai_model::{
    id::{Day, DivisionId},
    item::Item,
};
use gongkai_publish::Consolidation;

use crate::{
    sample,
    support::{Place, files, text},
};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>../../etc/passwd";

fn hostile() -> Consolidation {
    let mut input = sample::consolidation();
    input.issuer.name = HOSTILE.to_owned();
    input.generator = HOSTILE.to_owned();
    for division in &mut input.divisions {
        division.name = HOSTILE.to_owned();
    }
    for domain in &mut input.domains {
        domain.name = HOSTILE.to_owned();
    }
    for missing in &mut input.missing {
        missing.why = HOSTILE.to_owned();
    }
    for catalog in &mut input.catalogs {
        catalog.title = HOSTILE.to_owned();
        catalog.header = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
        catalog.approved_by_department = HOSTILE.to_owned();
        let mut item = Item { level1: HOSTILE.to_owned(), content: HOSTILE.to_owned(), ..sample::item("county", 1) };
        item.time_limit_text = format!("={HOSTILE}");
        item.audience_specific = HOSTILE.to_owned();
        item.channels.insert(HOSTILE.to_owned());
        item.extra.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
        item.subject = vec![HOSTILE.to_owned()];
        let id = catalog.items[0].id.to_string();
        catalog.items[0] = sample::part(&id, 0, &item);
        catalog.items[0].serial = HOSTILE.to_owned();
    }
    input
}

#[test]
fn hostile_titles_stay_text_and_make_no_paths() {
    let place = Place::new();
    let (directory, _) = place.publish(&hostile(), None);
    let mut pages = 0;
    for (path, bytes) in files(&directory) {
        assert!(path.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c)), "{path}");
        let content = String::from_utf8_lossy(&bytes).into_owned();
        if path.ends_with(".html") {
            assert!(!content.contains("<script>"), "{path}");
            assert!(!content.contains("<img"), "{path}");
            assert!(!content.contains("\"'>"), "{path}");
            pages += 1;
        }
        if path == "assets/search-index.js" {
            assert!(!content.contains('<'));
        }
    }
    assert_eq!(pages, 3 + 23 + 12 + 12);
    assert!(!directory.parent().unwrap().join("etc").exists());
}

#[test]
fn pages_name_nothing_outside_and_every_link_leads_somewhere() {
    let place = Place::new();
    let first = place.sample().0;
    let second = crate::support::next(&sample::consolidation(), &first);
    let (directory, _) = place.publish(&second, Some(&first));
    let files = files(&directory);
    let known: BTreeSet<&str> = files.keys().map(String::as_str).chain(["manifest.sig"]).collect();
    let mut links = 0;
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let page = String::from_utf8(bytes.clone()).unwrap();
        assert!(page.contains("Content-Security-Policy") && page.contains("lang=\"zh-CN\""), "{path}");
        for part in page.split(['\n', ' ', '>']) {
            let Some(target) = part.strip_prefix("href=\"").or_else(|| part.strip_prefix("src=\"")) else { continue };
            let target = target.split('"').next().unwrap();
            if target == "data:," {
                continue;
            }
            assert!(!target.contains(':') && !target.starts_with('/'), "{path} names {target}");
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = resolve(path, file);
            assert!(known.contains(file.as_str()), "{path} links to {file}");
            if !anchor.is_empty() {
                let there = String::from_utf8_lossy(&files[&file]).into_owned();
                assert!(there.contains(&format!("id=\"{anchor}\"")), "{path} links to {target}");
            }
            links += 1;
        }
    }
    assert!(links > 500, "{links} links");
}

/// The path that a relative link of a page names.
fn resolve(page: &str, link: &str) -> String {
    if link.is_empty() {
        return page.to_owned();
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        if part == ".." {
            assert!(parts.pop().is_some(), "{page} climbs out with {link}");
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[test]
fn a_catalog_page_labels_the_eight_elements_and_shows_the_marks() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let page = text(&directory, "c/211221100/social-assistance.html");
    for label in ["名称", "内容", "依据", "时限", "主体", "渠道", "公开对象", "方式"] {
        assert!(page.contains(&format!("<span class=\"lb\">{label}</span>")), "{label}");
    }
    for words in
        ["√", "■", "□", "政府网站", "申请人及其家庭成员", "id=\"item-211221100-social-assistance-1\"", "2026年11月"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("第 1 版"), "a catalog's page must not name its edition");
    let city = text(&directory, "c/211200/work-safety.html");
    assert!(city.contains(">市级</th>"), "a municipal catalog has the column");
    assert!(!page.contains(">市级</th>"), "a township's has the two official ones");
}

#[test]
fn the_first_page_counts_what_is_there_and_what_is_missing() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let page = text(&directory, "index.html");
    for words in ["第 1 版", "2026年11月20日", "<dd>145</dd>", "<dd>12</dd>", "以下 21 份目录未收入本版", "审核中"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("的差异"), "the first edition has no difference");
    let domain = text(&directory, "domain/social-assistance.html");
    assert_eq!(domain.matches(">红旗街道<").count(), 2, "two streets of one name are two lines");
    assert!(domain.contains("银州区") && domain.contains("清河区"));
    assert!(text(&directory, "d/211221/index.html").contains("义务教育"));
    assert!(text(&directory, "about.html").contains("第二十三条"));
}

#[test]
fn a_tree_of_another_depth_needs_no_other_code() {
    let place = Place::new();
    let mut input = sample::consolidation();
    let id = |text: &str| DivisionId::parse(text).unwrap();
    let mut province = input.divisions[0].clone();
    (province.id, province.code, province.name) = (id("210000"), "210000".to_owned(), "辽宁省".to_owned());
    province.level = "province".to_owned();
    let mut village = province.clone();
    (village.id, village.name, village.parent) = (id("211221100201"), "懿路村".to_owned(), Some(id("211221100")));
    village.from = Day::parse("2024-01-01").unwrap();
    input.divisions[0].parent = Some(id("210000"));
    input.divisions.extend([province, village]);
    let (directory, _) = place.publish(&input, None);
    let page = text(&directory, "index.html");
    assert!(page.contains("懿路村") && page.contains("province"));
    assert!(text(&directory, "d/211221100201/index.html").contains("辽宁省"));
}

#[test]
fn data_and_workbooks_hold_every_item() {
    let place = Place::new();
    let (directory, _) = place.publish(&hostile(), None);
    let csv = text(&directory, "data/items.csv");
    assert!(csv.starts_with("\u{feff}行政区划代码,"));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 145);
    let first_chars = ['=', '+', '-', '@'];
    assert!(records.iter().flatten().all(|cell| !cell.starts_with(first_chars)));
    assert!(records.iter().flatten().any(|cell| cell.starts_with("'=<script>")));

    let data: serde_json::Value =
        serde_json::from_str(&text(&directory, "data/211221/social-assistance.json")).unwrap();
    assert_eq!(data["items"].as_array().unwrap().len(), 21);
    assert_eq!(data["approved_at"].as_str().unwrap().len(), "2026-11-20T09:30:00+08:00".len());
    for (path, bytes) in files(&directory).iter().filter(|(path, _)| path.starts_with("xlsx/")) {
        assert!(bytes.starts_with(b"PK"), "{path}");
    }
}

#[test]
fn a_workbook_reads_back_with_every_item_of_its_division() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let vocabulary = sample::consolidation().vocabulary;
    let routing = gongkai_model::domain::RoutingTable::default();
    let reading = gongkai_sheets::Reading { vocabulary: &vocabulary, routing: &routing, node_level: "county" };
    let bytes = std::fs::read(directory.join("xlsx/211221.xlsx")).unwrap();
    let report = gongkai_sheets::read(&bytes, "211221.xlsx", &reading).unwrap();
    let tables: Vec<(&str, usize)> = report.tables.iter().map(|t| (t.sheet.as_str(), t.items)).collect();
    assert_eq!(tables, [("社会救助", 21), ("农村危房改造", 9)]);
}

#[test]
fn the_search_index_is_one_assignment_of_json() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let script = text(&directory, "assets/search-index.js");
    let json = script.strip_prefix("globalThis.GONGKAI_INDEX=").and_then(|rest| rest.strip_suffix(";\n")).unwrap();
    let index: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(index["items"].as_array().unwrap().len(), 145);
    let page = &index["catalogs"][0][2];
    assert!(directory.join(page.as_str().unwrap()).exists());
}

#[test]
fn sums_are_what_sha256sum_reads() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let mut run = std::process::Command::new("sha256sum");
    run.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&directory);
    assert!(run.status().unwrap().success());
    std::fs::write(directory.join("index.html"), "changed").unwrap();
    assert!(!run.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap().success());
}
