//! `gongkai catalog mappings`: the columns that were named once for an office's workbooks.
//!
//! Invariant: they are named by `catalog import --map`; here they are only listed and forgotten.

use clap::Args;
use gongkai_proto::admin::v1::{MappingsRequest, MappingsResponse};

use crate::{
    commands::{Answer, Context},
    errors::Failure,
    ui::{Lang, Page, Table, Text, Word, cells, field_word},
};

/// Arguments of `catalog mappings`.
#[derive(Debug, Args)]
pub(crate) struct MappingsArgs {
    /// Whose workbooks; the node's own division when not given
    #[arg(long, default_value = "", hide_default_value = true)]
    division: String,
    /// Only those of this office
    #[arg(long, value_name = "OFFICE", default_value = "", hide_default_value = true)]
    publisher: String,
    /// Forget the column with this header, wherever it is kept or for the office of --publisher; may be repeated
    #[arg(long, value_name = "HEADER")]
    remove: Vec<String>,
}

/// Runs it.
pub(crate) async fn run(args: MappingsArgs, context: &Context) -> Result<Answer, Failure> {
    let request = MappingsRequest { division: args.division, remove: args.remove, publisher: args.publisher };
    let response = context.connect().await?.catalog().mappings(request).await?.into_inner();
    Answer::new(&response, text(&response, context.lang()))
}

fn text(response: &MappingsResponse, lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::Publisher, Word::Column, Word::Field, Word::Name]);
    for mapping in &response.mappings {
        let office = match mapping.publisher.as_str() {
            "" => lang.pick("(all)", "（全部）"),
            office => office,
        };
        table.row(cells![office, mapping.header, mapping.field, field_word(&mapping.field, lang)]);
    }
    Page::new(lang)
        .facts(&[(Word::Division, &response.division)])
        .table(
            &table,
            (
                "no column was named; `catalog import --map HEADER=FIELD` names one",
                "没有保存列名对应；用 `catalog import --map 列名=字段` 指定",
            ),
        )
        .into_text()
}
