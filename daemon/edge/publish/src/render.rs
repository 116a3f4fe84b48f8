//! An edition from its input to a flushed directory beside the target.
//!
//! Invariant: the manifest is written last, over exactly the files that were flushed; after a fault nothing is left.
//! Left out: the signature (seal), the final name (commit).

use std::path::Path;

use gongkai_model::digest::Digest;

use crate::{
    aside::{self, Aside},
    day,
    difference::{Difference, difference},
    error::PublishError,
    export,
    input::{CatalogPart, Consolidation, PreviousEdition},
    manifest::{
        CatalogEntry, Counts, ErasedEntry, FORMAT, IssuerEntry, ItemEntry, Manifest, MissingEntry, PreviousEntry,
        WorkbookEntry,
    },
    page, path,
    prepared::{Prepared, Ready},
    reuse::Reuse,
    search, workbook,
};

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Digest of the manifest: goes into the edition entry.
    pub manifest: Digest,
    /// Root over the catalogs.
    pub edition_root: Digest,
    /// How much is in it.
    pub counts: Counts,
    /// Files, without manifest and signature.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Catalogs whose page and data were rendered.
    pub catalogs_rendered: usize,
    /// Catalogs whose files were copied from the edition before.
    pub catalogs_copied: usize,
    /// Workbooks written.
    pub workbooks_rendered: usize,
    /// Workbooks copied.
    pub workbooks_copied: usize,
    /// Against the edition before; `None` for the first.
    pub difference: Option<Difference>,
}

/// How many files came from where.
#[derive(Default)]
struct Tally {
    rendered: usize,
    copied: usize,
}

/// Renders the edition into `partial` (see [`crate::partial_path`]); what lies there is replaced. `reuse` is the
/// directory of the edition before: catalogs that did not change are copied from it.
pub fn render(input: &Consolidation, partial: &Path, reuse: Option<&Path>) -> Result<Rendered, PublishError> {
    let prepared = Prepared::new(input)?;
    let previous = input.previous.as_ref().map(|previous| read_previous(previous, input.number)).transpose()?;
    let known = input.previous.as_ref().zip(previous.as_ref());
    let reuse = Reuse::open(reuse, known);
    let mut aside = Aside::begin(partial)?;
    let result = fill(&prepared, previous.as_ref(), reuse.as_ref(), &mut aside);
    if result.is_err() {
        // The first fault is the one to report; what cannot be removed now is removed by the next run.
        let _ = aside::remove_tree(partial);
    }
    result
}

fn read_previous(previous: &PreviousEdition, number: u64) -> Result<Manifest, PublishError> {
    let refuse = |why| PublishError::Previous { number: previous.number, why };
    if previous.number >= number {
        return Err(refuse("its number is not below this one's"));
    }
    let manifest = Manifest::from_bytes(&previous.manifest_bytes);
    let manifest = manifest.map_err(|_| refuse("its manifest cannot be read"))?;
    if manifest.name(&previous.manifest_bytes) != previous.manifest {
        return Err(refuse("its manifest does not have the digest of its entry"));
    }
    if manifest.edition != previous.number { Err(refuse("its manifest has another number")) } else { Ok(manifest) }
}

fn fill(
    prepared: &Prepared<'_>,
    previous: Option<&Manifest>,
    reuse: Option<&Reuse>,
    aside: &mut Aside,
) -> Result<Rendered, PublishError> {
    let mut manifest = outline(prepared);
    let difference = previous.map(|previous| difference(previous, &manifest));
    let catalogs = put_catalogs(prepared, reuse, aside)?;
    let workbooks = put_workbooks(prepared, &manifest.workbooks, reuse, aside)?;
    put_data(prepared, difference.as_ref(), aside)?;
    page::put_pages(prepared, difference.as_ref(), aside)?;
    aside.put(path::SUMS, sums(aside).as_bytes())?;
    manifest.files = aside.files();
    let bytes = manifest.to_bytes();
    aside.put_unlisted(path::MANIFEST, &bytes)?;
    aside.finish()?;
    Ok(Rendered {
        manifest: manifest.name(&bytes),
        edition_root: manifest.edition_root,
        counts: manifest.counts,
        files: manifest.files.len(),
        bytes: manifest.files.iter().map(|file| file.size).sum(),
        catalogs_rendered: catalogs.rendered,
        catalogs_copied: catalogs.copied,
        workbooks_rendered: workbooks.rendered,
        workbooks_copied: workbooks.copied,
        difference,
    })
}

fn erased_entries(input: &Consolidation) -> Vec<ErasedEntry> {
    let of_catalog = |part: &CatalogPart| -> Vec<ErasedEntry> {
        let gone = part.items.iter().filter(|item| item.item.erasure().is_some());
        gone.map(|item| ErasedEntry { catalog: part.catalog.clone(), id: item.id.clone(), digest: item.digest })
            .collect()
    };
    let mut erased: Vec<ErasedEntry> = input.catalogs.iter().flat_map(of_catalog).collect();
    erased.sort();
    erased
}

/// The manifest before its files are known.
fn outline(prepared: &Prepared<'_>) -> Manifest {
    let input = prepared.input;
    let missing = prepared.missing.iter().map(|missing| MissingEntry {
        division: missing.division.clone(),
        domain: missing.domain.clone(),
        why: missing.why.clone(),
    });
    Manifest {
        format: FORMAT,
        edition: input.number,
        issuer: IssuerEntry { division: input.issuer.division.clone(), name: input.issuer.name.clone() },
        published_at_ms: input.published_at_ms,
        published_at: day::rfc3339(input.published_at_ms),
        generator: input.generator.clone(),
        previous: input.previous.as_ref().map(|p| PreviousEntry { edition: p.number, manifest: p.manifest }),
        heads: input.heads,
        edition_root: prepared.edition_root(),
        counts: counts(prepared),
        catalogs: prepared.catalogs.iter().map(catalog_entry).collect(),
        missing: missing.collect(),
        workbooks: workbook_entries(prepared),
        erased: erased_entries(input),
        stands_for: input.stands_for,
        files: Vec::new(),
    }
}

fn counts(prepared: &Prepared<'_>) -> Counts {
    Counts {
        divisions: prepared.tree.len() as u64,
        divisions_published: prepared.publishing().count() as u64,
        catalogs: prepared.catalogs.len() as u64,
        items: prepared.item_count() as u64,
        missing: prepared.missing.len() as u64,
    }
}

fn catalog_entry(ready: &Ready<'_>) -> CatalogEntry {
    let items = ready.by_id().into_iter().map(|item| ItemEntry {
        id: item.part.id.clone(),
        digest: item.part.digest,
        name: item.item.name().to_owned(),
    });
    CatalogEntry {
        catalog: ready.part.catalog.clone(),
        title: ready.title.clone(),
        revision: ready.part.revision,
        submission: ready.part.submission,
        decisions: ready.part.decisions.clone(),
        root: ready.root,
        inputs: ready.inputs,
        items: items.collect(),
    }
}

fn workbook_entries(prepared: &Prepared<'_>) -> Vec<WorkbookEntry> {
    let entry = |division| {
        let inputs: Vec<[u8; 33]> = prepared.of_division(division).iter().map(|r| r.inputs.to_bytes()).collect();
        let parts: Vec<&[u8]> = inputs.iter().map(<[u8; 33]>::as_slice).collect();
        WorkbookEntry { division: division.clone(), inputs: Digest::of("gongkai workbook inputs v1", &parts) }
    };
    prepared.publishing().map(entry).collect()
}

fn put_catalogs(prepared: &Prepared<'_>, reuse: Option<&Reuse>, aside: &mut Aside) -> Result<Tally, PublishError> {
    let mut tally = Tally::default();
    for ready in &prepared.catalogs {
        let id = &ready.part.catalog;
        if let Some(files) = reuse.and_then(|reuse| reuse.catalog(id, &ready.inputs)) {
            files.iter().try_for_each(|(path, bytes)| aside.put(path, bytes))?;
            tally.copied += 1;
            continue;
        }
        aside.put(&path::catalog_page(id), page::catalog_page(prepared, ready)?.as_bytes())?;
        aside.put(&path::catalog_data(id), &export::catalog_json(prepared, ready)?)?;
        tally.rendered += 1;
    }
    Ok(tally)
}

fn put_workbooks(
    prepared: &Prepared<'_>,
    entries: &[WorkbookEntry],
    reuse: Option<&Reuse>,
    aside: &mut Aside,
) -> Result<Tally, PublishError> {
    let mut tally = Tally::default();
    for WorkbookEntry { division, inputs } in entries {
        if let Some((path, bytes)) = reuse.and_then(|reuse| reuse.workbook(division, inputs)) {
            aside.put(&path, &bytes)?;
            tally.copied += 1;
            continue;
        }
        // `Prepared` has refused catalogs of divisions that the tree lacks.
        let division = prepared.tree.get(division).ok_or_else(|| PublishError::UnknownDivision(division.clone()))?;
        aside.put(&path::workbook(&division.id), &workbook::write(prepared, division)?)?;
        tally.rendered += 1;
    }
    Ok(tally)
}

fn put_data(prepared: &Prepared<'_>, difference: Option<&Difference>, aside: &mut Aside) -> Result<(), PublishError> {
    aside.put(path::CATALOGS_JSON, &export::catalogs_json(prepared)?)?;
    aside.put(path::ITEMS_CSV, &export::items_csv(prepared)?)?;
    aside.put(path::SEARCH_INDEX, search::index(prepared)?.as_bytes())?;
    let Some(difference) = difference else { return Ok(()) };
    aside.put(path::DIFFERENCE_JSON, &export::json(path::DIFFERENCE_JSON, difference)?)
}

/// One line a file, as `sha256sum -c` reads it: a check that needs none of our programs.
fn sums(aside: &Aside) -> String {
    aside.files().iter().map(|file| format!("{}  {}\n", file.digest.to_hex(), file.path)).collect()
}
