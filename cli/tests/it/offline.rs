//! What needs no daemon: dry runs, explanations, completions.

use std::fs;

use gongkai_seeds::samples;

use crate::harness::run;

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reads_every_sample_and_keeps_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for sample in samples() {
        let file = folder.path().join(&sample.file);
        fs::write(&file, sample.bytes).expect("a workbook");
        let ended = run(&["catalog", "import", file.to_str().expect("text"), "--dry-run", "--output", "json"]).await;
        assert_eq!(ended.status, 0, "{}: {ended:?}", sample.file);
        let document = ended.json();
        assert_eq!(document["file"], sample.file.as_str());
        assert_eq!(document["items"], sample.items);
        let tables = document["tables"].as_array().expect("tables");
        assert_eq!(tables.len(), sample.tables.len(), "{}", sample.file);
        for (table, expected) in tables.iter().zip(&sample.tables) {
            assert_eq!(table["domain"], expected.domain.as_str(), "{}", sample.file);
            assert_eq!(table["rows"].as_array().map(Vec::len), Some(expected.items), "{}", sample.file);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_one_document_and_a_bad_one_stops_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (good, bad) = (folder.path().join("good.xlsx"), folder.path().join("bad.xlsx"));
    let sample = &samples()[0];
    fs::write(&good, sample.bytes).expect("a workbook");
    fs::write(&bad, b"PK no zip").expect("a file");
    let words = ["catalog", "import", bad.to_str().expect("text"), good.to_str().expect("text"), "--dry-run"];
    let ended = run(&[&words[..], &["--output", "json"]].concat()).await;
    assert_eq!(ended.status, 1);
    let document = ended.json();
    assert!(document["imports"][0]["error"]["code"].as_str().is_some_and(|code| code.starts_with("GK-SHEET-")));
    assert_eq!(document["imports"][1]["items"], sample.items);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_there_or_too_large_are_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let large = folder.path().join("large.xlsx");
    let file = fs::File::create(&large).expect("a file");
    file.set_len(gongkai_proto::IMPORT_BYTES_MAX as u64 + 1).expect("a sparse file");
    for (name, code) in [(large.to_str().expect("text"), "GK-CLI-005"), ("/nowhere/a.xlsx", "GK-CLI-004")] {
        let ended = run(&["catalog", "import", name, "--dry-run", "--output", "json"]).await;
        assert_eq!((ended.status, ended.json()["error"]["code"].as_str()), (1, Some(code)), "{name}");
    }
}

/// A table in GB18030 with semicolons, an office's own column, and what the check looks for.
const TABLE: &str = "社会救助领域基层政务公开标准目录\n\
    序号;公开事项;公开内容;公开依据;公开时限;牵头科局;公开渠道和载体;公开对象;公开方式;公开层级\n\
    1;低保审批;联系人13800001234;《老虎机条例》;及时公开;铁岭县民政局;政府网站;全社会;主动公开;县级\n\
    2;低保标准;标准;;及时公开;铁岭县民政局;政府网站;全社会;主动公开;县级\n";

fn table_file(folder: &tempfile::TempDir) -> String {
    let file = folder.path().join("table.csv");
    fs::write(&file, TABLE).expect("a table");
    file.to_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked_without_a_daemon_by_cell_and_rule() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = table_file(&folder);
    let ended = run(&["catalog", "check", &file, "--output", "json"]).await;
    assert_eq!(ended.status, 3, "{ended:?}");
    let document = ended.json();
    let findings = document["findings"].as_array().expect("findings");
    let find = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule).unwrap_or(&serde_json::Value::Null);
    let missing = find("element-missing");
    assert_eq!((missing["cell"].as_str(), missing["is_waivable"].as_bool()), (Some("csv!A3"), Some(false)));
    let mobile = find("private-mobile");
    assert_eq!((mobile["severity"].as_str(), mobile["cell"].as_str()), (Some("warning"), Some("csv!C3")));
    assert_eq!(find("law-doubtful")["code"], "GK-CHECK-023");
    assert_eq!((&document["is_complete"], &document["is_publishable"]), (&false.into(), &false.into()));
    assert!(!ended.stdout.contains("13800001234"), "a person's number is not repeated");
    let shown = run(&["catalog", "check", &file, "--lang", "zh"]).await;
    assert!(shown.stdout.contains("尚不能报送") && shown.stdout.contains("law-doubtful"), "{}", shown.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_about_a_file_is_used_in_a_dry_run_and_a_slip_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = table_file(&folder);
    let words = ["catalog", "import", &file, "--dry-run", "--output", "json"];
    let document = run(&words).await.json();
    assert_eq!((&document["encoding"], &document["delimiter"]), (&"utf-8".into(), &"semicolon".into()));
    let told = [&words[..], &["--map", "牵头科局=subject", "--map", "公开层级=levels", "--delimiter", ";"]].concat();
    let document = run(&told).await.json();
    assert_eq!(document["tables"][0]["rows"][0]["subject"][0], "铁岭县民政局", "{document}");
    for (option, value, code) in [
        ("--map", "牵头科局=department", "GK-SHEET-022"),
        ("--encoding", "latin-1", "GK-SHEET-031"),
        ("--delimiter", "pipe", "GK-SHEET-032"),
    ] {
        let ended = run(&[&words[..], &[option, value]].concat()).await;
        assert_eq!((ended.status, ended.json()["error"]["code"].as_str()), (1, Some(code)), "{option}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_the_file_with_its_findings_and_is_imported_again_as_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = table_file(&folder);
    let out = folder.path().join("out.xlsx");
    let report = out.to_str().expect("text");
    let told = ["--map", "牵头科局=subject"];
    let import = |file| [&["catalog", "import", file, "--dry-run", "--output", "json"], &told[..]].concat();
    let before = run(&[&import(&file)[..], &["--report", report, "--lang", "zh"]].concat()).await.json();
    let after = run(&import(report)).await;
    assert_eq!(after.json()["tables"][0]["items"], before["tables"][0]["items"], "{after:?}");
    assert_eq!(
        after.json()["rejected"].as_array().map_or(0, Vec::len),
        0,
        "the list of findings is no catalog: {after:?}"
    );
    let checked = run(&["catalog", "check", &file, "--report", report, "--output", "json"]).await.json();
    assert_eq!(
        (checked["is_of_node"].as_bool(), checked["reading"][0]["code"].as_str()),
        (Some(false), Some("column-unknown"))
    );
    let ended = run(&["catalog", "import", &file, &file, "--dry-run", "--report", report]).await;
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "one report for two files: {ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_the_file_contradicts_is_asked_about() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = table_file(&folder);
    let words = ["catalog", "import", &file, "--dry-run", "--output", "json", "--domain", "work-safety"];
    let ended = run(&words).await;
    let document = ended.json();
    let domain = document["tables"][0]["domain"].as_str();
    assert_eq!((ended.status, domain), (3, Some("social-assistance")), "{document}");
    let meant = run(&[&words[..], &["--confirm-domain"]].concat()).await;
    assert_eq!((meant.status, meant.json()["tables"][0]["domain"].as_str()), (0, Some("work-safety")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_written_without_a_daemon_and_reads_as_an_empty_catalog() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("form.xlsx");
    let out = file.to_str().expect("text");
    let ended = run(&["catalog", "template", "--domain", "elderly-care", "--out", out, "--output", "json"]).await;
    assert_eq!((ended.status, ended.json()["domain"].as_str()), (0, Some("elderly-care")), "{ended:?}");
    let document = run(&["catalog", "import", out, "--dry-run", "--output", "json"]).await.json();
    assert_eq!((&document["items"], &document["tables"][0]["domain"]), (&0.into(), &"elderly-care".into()));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is left beside it");
    let ended = run(&["catalog", "template", "--domain", "nothing", "--out", out]).await;
    assert!(ended.status == 2 && ended.stderr.contains("elderly-care"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_version_answer_in_both_forms() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run(&["completions", shell]).await;
        assert_eq!(ended.status, 0);
        assert!(ended.stdout.contains("catalog") && ended.stdout.contains("publish"), "{shell}");
    }
    let ended = run(&["version", "--output", "json"]).await;
    assert_eq!(ended.json()["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn help_speaks_the_language_of_the_locale() {
    for (lang, word) in [("zh", "汇总发布"), ("en", "Editions")] {
        let ended = run(&["--lang", lang, "--help"]).await;
        assert_eq!(ended.status, 0);
        assert!(ended.stdout.contains(word), "{lang}: {}", ended.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_refuses_what_is_no_edition() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ended = run(&["publish", "verify", folder.path().to_str().expect("text"), "--output", "json"]).await;
    assert_eq!(ended.status, 1);
    assert!(ended.json()["error"]["code"].as_str().is_some_and(|code| code.starts_with("GK-PUB-")), "{ended:?}");
}
