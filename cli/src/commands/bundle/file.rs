//! A bundle's file on this side: written aside, flushed and renamed; read in parts.
//!
//! Invariant: the named file is whole and on the disk, or it is not there; what lies there already stays.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use gongkai_proto::admin::v1::{Bundle, BundlePart};

use crate::errors::{Failure, Fault};

/// Bytes sent in one part.
const PART_BYTES: usize = 256 * 1024;

/// A name that says from whom, for whom and which.
pub(super) fn name_of(bundle: &Bundle) -> PathBuf {
    PathBuf::from(format!("gongkai-{}-to-{}-{:04}.gkb", bundle.from, bundle.to, bundle.number))
}

/// A file being written.
pub(super) struct Writing {
    file: PathBuf,
    aside: PathBuf,
    out: File,
    is_finished: bool,
}

impl Writing {
    pub(super) fn create(file: PathBuf) -> Result<Self, Failure> {
        if file.symlink_metadata().is_ok() {
            let source = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(Fault::FileUnwritable { file, source }.into());
        }
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let aside = file.with_file_name(name);
        let out = File::create(&aside).map_err(unwritable(&aside))?;
        Ok(Self { file, aside, out, is_finished: false })
    }

    pub(super) fn add(&mut self, data: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(data).map_err(unwritable(&self.aside))?)
    }

    pub(super) fn finish(mut self) -> Result<PathBuf, Failure> {
        self.out.sync_all().map_err(unwritable(&self.aside))?;
        fs::rename(&self.aside, &self.file).map_err(unwritable(&self.file))?;
        self.is_finished = true;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A drive's file system may not let a folder be flushed; the file itself is.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(self.file.clone())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_file(&self.aside);
        }
    }
}

fn unwritable(file: &Path) -> impl FnOnce(io::Error) -> Fault + '_ {
    move |source| Fault::FileUnwritable { file: file.to_owned(), source }
}

/// A file in parts. A drive that fails in the middle ends them early; the daemon then says that the file is cut off.
pub(super) type Parts = tokio_stream::Iter<PartsOf>;

/// See [`Parts`].
pub(super) struct PartsOf {
    file: File,
    dry_run: bool,
}

impl Iterator for PartsOf {
    type Item = BundlePart;

    fn next(&mut self) -> Option<BundlePart> {
        let mut data = Vec::new();
        let read = (&self.file).take(PART_BYTES as u64).read_to_end(&mut data);
        (read.is_ok() && !data.is_empty()).then_some(BundlePart { dry_run: self.dry_run, data })
    }
}

/// Opens a file for sending.
pub(super) fn parts(file: &Path, dry_run: bool) -> Result<Parts, Failure> {
    let opened = File::open(file).map_err(|source| Fault::FileUnreadable { file: file.to_owned(), source })?;
    Ok(tokio_stream::iter(PartsOf { file: opened, dry_run }))
}
