//! BundleService: files in and out in parts, progress on the way, and the history.
//!
//! Invariant: a file is taken in whole before anything looks into it, and bounded; the caller hears of a bundle only
//! when its file is whole. A caller who goes away ends the sending, never the reading.

use std::{
    io::{Read as _, Write as _},
    path::Path,
};

use gongkai_app::{Action, BundleQuestion, Operator};
use gongkai_link::bundle::{BUNDLE_BYTES_MAX, BundleReader};
use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1::{self as wire, bundle_service_server::BundleService};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Admin, bundle_rows, refuse::refused};
use crate::{
    Error,
    bundles::{self, Made, Passing, Progress},
};

/// Bytes of a file in one part: little to hold, and few calls.
const PART_BYTES: usize = 256 * 1024;
/// Answers that wait for a slow reader.
const STREAM_MAX: usize = 16;

type Answers<T> = mpsc::Sender<Result<T, Status>>;

#[tonic::async_trait]
impl BundleService for Admin {
    type ExportStream = ReceiverStream<Result<wire::ExportBundleResponse, Status>>;
    type ImportStream = ReceiverStream<Result<wire::ImportBundleResponse, Status>>;

    async fn export(
        &self,
        request: Request<wire::ExportBundleRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let (sender, answers) = mpsc::channel(STREAM_MAX);
        let (admin, stop) = (self.clone(), self.0.stop.clone());
        self.0.streams.spawn(async move {
            stop.run_until_cancelled(exported(&admin, &operator, asked, &sender)).await;
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn inspect(
        &self,
        request: Request<Streaming<wire::BundlePart>>,
    ) -> Result<Response<wire::BundleInspection>, Status> {
        let operator = self.operator(&request)?;
        let (file, _) = self.taken_in(request.into_inner()).await?;
        let (reader, bytes) = opened(file.path()).await?;
        let found = bundles::inspect(&self.0.shared, &operator, reader).await?;
        Ok(Response::new(bundle_rows::inspection(&self.app().world(), &found, bytes)))
    }

    async fn import(
        &self,
        request: Request<Streaming<wire::BundlePart>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        let operator = self.operator(&request)?;
        operator.may(Action::BundleImport).map_err(refused)?;
        let (file, is_dry_run) = self.taken_in(request.into_inner()).await?;
        let (sender, answers) = mpsc::channel(STREAM_MAX);
        let admin = self.clone();
        // Not given up when the caller goes: what was begun is brought to its end, or to a whole batch.
        self.0.streams.spawn(async move {
            let read = imported(&admin, &operator, &file, is_dry_run, &sender).await;
            let _ = sender.send(read.map_err(Status::from)).await;
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn status(
        &self,
        request: Request<wire::BundleStatusRequest>,
    ) -> Result<Response<wire::BundleStatusResponse>, Status> {
        self.operator(&request)?;
        let text = request.into_inner().division;
        let only = match text.as_str() {
            "" => None,
            text => Some(DivisionId::parse(text).map_err(refused)?),
        };
        let peers = self.app().bundle_status(only.as_ref()).await.map_err(refused)?;
        if peers.is_empty() && !text.is_empty() {
            return Err(Error::NoLink { division: text }.into());
        }
        let (world, links) = (self.app().world(), self.all_links());
        let rows = peers.iter().map(|peer| bundle_rows::peer(&world, &links, peer));
        Ok(Response::new(wire::BundleStatusResponse {
            node: self.node_id(),
            at: self.app().now_ms(),
            peers: rows.collect(),
        }))
    }

    async fn lost(
        &self,
        request: Request<wire::LostBundlesRequest>,
    ) -> Result<Response<wire::LostBundlesResponse>, Status> {
        self.operator(&request)?;
        let is_zh = super::is_zh(&request);
        let lost = self.app().lost_bundles().await.map_err(refused)?;
        let world = self.app().world();
        let bundles = lost.iter().map(|lost| bundle_rows::lost(&world, lost, is_zh)).collect();
        Ok(Response::new(wire::LostBundlesResponse { node: self.node_id(), bundles }))
    }
}

impl Admin {
    /// Takes a file in, bounded; also tells whether it is only to be looked at.
    async fn taken_in(&self, mut parts: Streaming<wire::BundlePart>) -> Result<(Passing, bool), Error> {
        let file = Passing::new(self.app().dir())?;
        let failed = |source| Error::file("write", file.path(), source);
        let mut out = std::fs::File::create(file.path()).map_err(failed)?;
        let (mut bytes, mut is_dry_run) = (0_u64, false);
        let cut_off = |status: Status| Error::BadRequest { what: format!("the file was cut off: {}", status.code()) };
        while let Some(part) = parts.message().await.map_err(cut_off)? {
            is_dry_run |= part.dry_run;
            bytes += part.data.len() as u64;
            if bytes > BUNDLE_BYTES_MAX {
                return Err(gongkai_link::bundle::BundleError::too_long().into());
            }
            out.write_all(&part.data).map_err(failed)?;
        }
        Ok((file, is_dry_run))
    }
}

/// Checks a whole file off the threads that serve others.
async fn opened(path: &Path) -> Result<(BundleReader, u64), Error> {
    let path = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let reader = BundleReader::open(&path)?;
        let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        Ok((reader, bytes))
    });
    checked.await.map_err(|error| Error::PartStopped { part: "reader of bundles", why: error.to_string() })?
}

async fn exported(
    admin: &Admin,
    operator: &Operator,
    asked: wire::ExportBundleRequest,
    answers: &Answers<wire::ExportBundleResponse>,
) {
    let is_dry_run = asked.dry_run;
    let question = BundleQuestion { to: asked.to, is_full: asked.full, streams: asked.streams, heard: asked.heard };
    let mut told = |(entries_done, entries_total): Progress| {
        // Whoever does not listen misses a step of the bar.
        let _ = answers.try_send(Ok(wire::ExportBundleResponse { entries_done, entries_total, ..Default::default() }));
    };
    let made = bundles::make(&admin.0.shared, operator, &question, is_dry_run, &mut told).await;
    let sent = match made {
        Ok(made) => send_file(admin, &made, is_dry_run, answers).await,
        Err(error) => Err(error),
    };
    if let Err(error) = sent {
        let _ = answers.send(Err(error.into())).await;
    }
}

async fn send_file(
    admin: &Admin,
    made: &Made,
    is_dry_run: bool,
    answers: &Answers<wire::ExportBundleResponse>,
) -> Result<(), Error> {
    let bundle = Some(bundle_rows::bundle(&admin.app().world(), &made.outside, made.bytes));
    let mut say = wire::ExportBundleResponse { bundle, is_complete: is_dry_run, ..Default::default() };
    if answers.send(Ok(say)).await.is_err() || is_dry_run {
        return Ok(());
    }
    let failed = |source| Error::file("read", made.file.path(), source);
    let mut file = std::fs::File::open(made.file.path()).map_err(failed)?;
    let mut part = vec![0; PART_BYTES];
    loop {
        let count = file.read(&mut part).map_err(failed)?;
        let data = part.get(..count).unwrap_or_default().to_vec();
        say = wire::ExportBundleResponse { data, is_complete: count == 0, ..Default::default() };
        if answers.send(Ok(say)).await.is_err() || count == 0 {
            return Ok(());
        }
    }
}

async fn imported(
    admin: &Admin,
    operator: &Operator,
    file: &Passing,
    is_dry_run: bool,
    answers: &Answers<wire::ImportBundleResponse>,
) -> Result<wire::ImportBundleResponse, Error> {
    let (shared, world) = (&admin.0.shared, admin.app().world());
    let (reader, bytes) = opened(file.path()).await?;
    let messages = reader.outside().manifest.messages;
    let report = if is_dry_run {
        let found = bundles::inspect(shared, operator, reader).await?;
        bundle_rows::forecast(&world, found, bytes)?
    } else {
        let mut told = |(messages_done, messages_total): Progress| {
            let said = wire::ImportBundleResponse { messages_done, messages_total, report: None };
            let _ = answers.try_send(Ok(said));
        };
        let report = bundles::read(shared, operator, reader, bytes, &mut told).await?;
        bundle_rows::imported(admin, &report, bytes).await?
    };
    Ok(wire::ImportBundleResponse { messages_done: messages, messages_total: messages, report: Some(report) })
}
