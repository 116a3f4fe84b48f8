//! The review commands' answers for people, within 80 columns.
//!
//! Invariant: nothing here asks or decides; JSON never passes here. A reviewer reads what he is asked about and a
//! count of the rest.

use gongkai_proto::admin::v1::{
    DecideReviewResponse, ItemDifference, ItemOpinion, ListReviewsResponse, ReviewItem, ReviewRow, ShowReviewResponse,
};

use crate::{
    commands::{
        catalog::{proposal_lines, steps},
        short,
    },
    ui::{Lang, Line, Page, Table, Text, Word, cells, difference_lines, field_word, moment, plain, state_word},
};

/// Blanks before what belongs to an item.
const INDENT: &str = "    ";
const HANG: usize = 8;

pub(super) fn list(response: &ListReviewsResponse, with_state: bool, lang: Lang) -> Text {
    let mut head = vec![Word::Due, Word::Age, Word::Change, Word::Division, Word::Domain, Word::Office, Word::Catalog];
    if with_state {
        head.insert(0, Word::State);
    }
    let mut table = Table::tight(lang, &head);
    for review in &response.reviews {
        let late = if review.is_overdue { "!" } else { "" };
        let (due, age) = match review.due.as_str() {
            "" => ("-".to_owned(), "-".to_owned()),
            due => (due.to_owned(), format!("{}{late}", review.age_working_days)),
        };
        let mut row = cells![
            due,
            age,
            changed(review),
            review.division_name,
            review.domain_name,
            review.department_name,
            review.catalog,
        ];
        if with_state {
            row.insert(0, table.state(&review.state));
        }
        table.row(row);
    }
    let overdue = response.reviews.iter().filter(|review| review.is_overdue).count();
    let mut page = Page::new(lang)
        .say_if(
            !response.as_of.is_empty(),
            format!("as it stood on {}", response.as_of),
            format!("截至 {} 的情况", response.as_of),
        )
        .table(&table, ("nothing waits here", "没有待审的报送"))
        .say_if(
            overdue > 0,
            format!("{overdue} are overdue (!); silence never means approval"),
            format!("{overdue} 件已超期（!）；逾期不视为同意"),
        );
    for warning in &response.warnings {
        let line = format!("{} {}: {}", state_word("warning", lang), warning.code, warning.message);
        page = page.say(&line, &line);
    }
    page.into_text()
}

/// `+2 ~1 -0`: items that are new, other, gone.
fn changed(review: &ReviewRow) -> String {
    format!("+{} ~{} -{}", review.items_added, review.items_edited, review.items_removed)
}

pub(super) fn show(response: &ShowReviewResponse, lang: Lang) -> Text {
    let review = response.review.clone().unwrap_or_default();
    let waiting = waiting(&review, lang);
    let mut page = Page::new(lang)
        .facts(&[
            (Word::Catalog, &review.catalog),
            (Word::Division, &review.division_name),
            (Word::Domain, &review.domain_name),
            (Word::State, &state_word(&review.state, lang)),
            (Word::Submission, &format!("{} ({})", short(&review.submission), review.number)),
            (Word::Operator, &review.submitted_by),
            (Word::Submitted, &moment(review.submitted_at_ms)),
            (Word::Due, &waiting),
            (Word::Reason, &review.reason),
            (Word::BasisOfChange, &review.basis_of_change),
            (Word::EffectiveFrom, &review.effective_from),
            (Word::ComparedWith, &short(&response.compared_with)),
        ])
        .say(
            format!("{} items to look at, {} carried over", review.items_changed, review.items_carried),
            format!("需审核 {} 项，沿用 {} 项", review.items_changed, review.items_carried),
        );
    for item in &response.items {
        page = page.gap().lines(item_lines(item, lang));
    }
    page = page.say_if(response.items.is_empty(), "no item needs an opinion", "没有需要审核的事项").gap();
    for proposal in &response.proposals {
        page = page.lines(proposal_lines(proposal, lang)).gap();
    }
    page = page.table(&steps(&response.steps, lang), ("no review step", "没有审核环节"));
    for reason in response.stale.iter().chain(&response.warnings) {
        let line = format!("{} {} {}", reason.code, reason.message, reason.hint);
        page = page.lines(plain(&line, "", HANG));
    }
    page.into_text()
}

fn waiting(review: &ReviewRow, lang: Lang) -> String {
    let ReviewRow { due, age_working_days: days, waiting_since: since, .. } = review;
    if due.is_empty() {
        return String::new();
    }
    let late = if review.is_overdue { lang.pick(", overdue", "，已超期") } else { "" };
    lang.pick(
        format!("{due}, {days} working days since {since}{late}"),
        format!("{due}，自 {since} 起已 {days} 个工作日{late}"),
    )
}

/// One item to look at: what differs, and what was said of it before.
fn item_lines(item: &ReviewItem, lang: Lang) -> Vec<Line> {
    let mut lines = match &item.difference {
        Some(found) => difference_lines(found, lang),
        None => difference_lines(&named(item), lang),
    };
    let is_returned = item.change == "returned";
    if is_returned {
        lines.push(format!("{INDENT}{}", lang.pick("returned as it stands", "按现内容已退回")).into());
    }
    lines.extend(item.opinions.iter().flat_map(|opinion| opinion_lines(opinion, lang)));
    lines
}

/// An item whose content is that of the revision compared with: its name is all there is to say.
fn named(item: &ReviewItem) -> ItemDifference {
    let side = item.after.as_ref().or(item.before.as_ref()).cloned().unwrap_or_default();
    ItemDifference {
        item_id: item.item_id.clone(),
        change: item.change.clone(),
        name: side.name,
        serial: side.serial,
        ..ItemDifference::default()
    }
}

fn opinion_lines(opinion: &ItemOpinion, lang: Lang) -> Vec<Line> {
    let (verdict, operator) = (state_word(&opinion.verdict, lang), &opinion.operator);
    let prefix = format!("{INDENT}{} {verdict} {operator}: ", lang.pick("opinion", "意见"));
    let mut lines = Vec::new();
    if opinion.elements.is_empty() {
        if !opinion.opinion.is_empty() {
            lines.extend(plain(&opinion.opinion, &prefix, HANG));
        }
        return lines;
    }
    for (element, words) in &opinion.elements {
        let prefix = format!("{prefix}[{}] ", field_word(element, lang));
        lines.extend(plain(words, &prefix, HANG));
    }
    lines
}

pub(super) fn decided(response: &DecideReviewResponse, lang: Lang) -> Text {
    let next = response.next.clone().unwrap_or_default();
    Page::new(lang)
        .say_if(response.unchanged, "this decision had been made before", "该决定此前已作出，未重复写入")
        .facts(&[
            (Word::Catalog, &response.catalog),
            (Word::Outcome, &state_word(&response.verdict, lang)),
            (Word::State, &state_word(&response.state, lang)),
            (Word::Revision, &short(&response.revision)),
            (Word::Hash, &short(&response.decision)),
            (Word::Waiting, &format!("{} {}", next.division, next.department).trim()),
        ])
        .into_text()
}

#[cfg(test)]
mod tests {
    use gongkai_proto::admin::v1::{ElementChange, ReviewStep, TextSegment};
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    fn row() -> ReviewRow {
        ReviewRow {
            catalog: "211221101/social-assistance".to_owned(),
            division_name: "新台子镇".to_owned(),
            domain_name: "社会救助".to_owned(),
            department_name: "民政局".to_owned(),
            due: "2026-12-07".to_owned(),
            age_working_days: 12,
            is_overdue: true,
            items_added: 12,
            items_edited: 3,
            items_removed: 1,
            header_changed: true,
            ..ReviewRow::default()
        }
    }

    #[test]
    fn the_desk_fits_a_terminal_in_chinese() {
        let response = ListReviewsResponse { reviews: vec![row()], ..ListReviewsResponse::default() };
        let text = list(&response, false, Lang::Zh);
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        assert!(text.contains("2026-12-07 12!") && text.contains("+12 ~3 -1"), "{text}");
        assert!(text.contains("逾期不视为同意"), "{text}");
    }

    #[test]
    fn an_item_is_shown_element_by_element_with_what_was_said_of_it() {
        let segment = |kind: &str, text: &str| TextSegment { kind: kind.to_owned(), text: text.to_owned() };
        let limit = ElementChange {
            element: "time_limit_text".to_owned(),
            form: "limit".to_owned(),
            segments: vec![segment("removed", "20"), segment("added", "10"), segment("kept", "个工作日内")],
            ..ElementChange::default()
        };
        let found = ItemDifference {
            change: "changed".to_owned(),
            name: "社会救助 / 临时救助".to_owned(),
            elements: vec![limit],
            ..ItemDifference::default()
        };
        let words = [("basis".to_owned(), "请写明条款".repeat(12))].into();
        let opinion = ItemOpinion {
            verdict: "return".to_owned(),
            operator: "211221/wang".to_owned(),
            elements: words,
            ..ItemOpinion::default()
        };
        let item = ReviewItem { difference: Some(found), opinions: vec![opinion], ..ReviewItem::default() };
        let step = ReviewStep { step: 1, division: "211221".to_owned(), ..ReviewStep::default() };
        let shown = ShowReviewResponse {
            review: Some(row()),
            items: vec![item],
            steps: vec![step],
            ..ShowReviewResponse::default()
        };
        let text = show(&shown, Lang::Zh);
        assert!(text.contains("[-20-]{+10+}个工作日内") && text.contains("[公开依据]"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    }
}
