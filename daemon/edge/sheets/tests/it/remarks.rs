//! The clerk's own rows with the findings beside them: to be read by people, mended, and imported again.

use gongkai_sheets::{REMARK_WORDS_EN, REMARK_WORDS_ZH, Remark, Report, TextForm, Weight, write_remarks};

use super::books::{Page, book, codes, item, read, rows};

fn remark(place: &str, weight: Weight, text: &str) -> Remark {
    Remark { place: place.to_owned(), weight, rule: "rule".to_owned(), text: text.to_owned() }
}

fn clerk_book() -> Vec<u8> {
    let items = vec![item(&[(3, "联系人")]), item(&[(0, "2"), (1, ""), (2, "监督检查"), (5, "")])];
    book(&[Page::official(items).merged(&["B4:B5"]), Page::of(vec![vec!["=1+1".to_owned()]]).named("备注")])
}

fn report_of(bytes: &[u8], remarks: &[Remark]) -> Vec<u8> {
    write_remarks(bytes, TextForm::default(), remarks, &REMARK_WORDS_ZH).unwrap()
}

/// What a part of the workbook's zip says.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name(name).unwrap(), &mut text).unwrap();
    text
}

fn said(report: &Report) -> Vec<(String, String, Vec<String>)> {
    let row = |row: &gongkai_sheets::Row| {
        (
            format!("{}{}", row.source.sheet, row.source.row),
            row.serial.clone(),
            row.source.raw().into_values().collect(),
        )
    };
    rows(report).into_iter().map(row).collect()
}

#[test]
fn a_report_holds_the_file_s_rows_where_they_stood_and_reads_back_to_them() {
    let bytes = clerk_book();
    let before = read(&bytes).unwrap();
    let remarks = [
        remark("目录!F5", Weight::Error, "公开时限为空"),
        remark("目录!D4", Weight::Warning, "有联系人"),
        remark("目录!B5", Weight::Note, "合并单元格内"),
        remark("目录!A1:N5", Weight::Warning, "整张表"),
        remark("备注", Weight::Error, "不是目录"),
        remark("", Weight::Note, "整个文件"),
    ];
    let made = report_of(&bytes, &remarks);
    let after = read(&made).unwrap();
    assert_eq!(said(&after), said(&before));
    let items = |report: &Report| rows(report).into_iter().map(|row| row.item.clone()).collect::<Vec<_>>();
    assert_eq!((items(&after), codes(&after), after.rejected.len()), (items(&before), codes(&before), 1));
    // A report of the report is no longer by what the first one added.
    let again = report_of(&made, &remarks);
    assert_eq!(part(&again, "xl/worksheets/sheet2.xml"), part(&made, "xl/worksheets/sheet2.xml"));
}

#[test]
fn every_finding_stands_in_the_list_and_at_its_cell() {
    let remarks = [remark("目录!D4", Weight::Warning, "有联系人"), remark("目录!F5", Weight::Error, "公开时限为空")];
    let made = report_of(&clerk_book(), &remarks);
    let shared = part(&made, "xl/sharedStrings.xml");
    for word in ["检查结果（再次导入时不读）", "有联系人", "公开时限为空", "错误", "注意"] {
        assert!(shared.contains(word), "{word}");
    }
    assert!(shared.find("公开时限为空") < shared.find("有联系人"), "the heavy ones first");
    let list = part(&made, "xl/worksheets/sheet1.xml");
    assert!(list.contains("location=\"目录!F5\"") || list.contains("location=\"'目录'!F5\""), "{list}");
    let comments = part(&made, "xl/comments1.xml");
    assert!(comments.contains("ref=\"F5\"") && comments.contains("[错误] 公开时限为空 (rule)"), "{comments}");
    assert!(part(&made, "xl/workbook.xml").contains("name=\"备注\""));
}

#[test]
fn a_report_of_a_text_file_in_english_is_a_workbook() {
    let text = "社会救助领域基层政务公开标准目录\n序号;公开事项;公开内容\n1;低保;办事指南\n";
    let remarks = [remark("csv!C3", Weight::Note, "short")];
    let made = write_remarks(text.as_bytes(), TextForm::default(), &remarks, &REMARK_WORDS_EN).unwrap();
    let report = read(&made).unwrap();
    assert_eq!((report.items, rows(&report)[0].item.content.as_str()), (1, "办事指南"));
    assert!(part(&made, "xl/sharedStrings.xml").contains("Findings (not read when imported again)"));
}
