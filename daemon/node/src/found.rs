//! `gongkaid init`: makes the data directory of a top node.
//!
//! Invariant: no network and no daemon; what was cut off is taken up by the same command.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use gongkai_app::{Founding, SystemChance, SystemClock, found_root};
use gongkai_model::id::DivisionId;
use gongkai_model::tree::Division;
use gongkai_pki::PkiDir;
use gongkai_seeds::Seeds;

use crate::{
    CONFIG_FILE, Error, Made,
    config::{Basics, write_if_missing},
    data_dir,
};

/// The level of a top division that only the command line names.
const TOP_LEVEL: &str = "municipal";

/// What `init` is told.
#[derive(Clone, Debug)]
pub struct Found {
    /// The data directory.
    pub dir: PathBuf,
    /// The top division's code.
    pub division: String,
    /// Its name, where the seeds do not know it.
    pub name: Option<String>,
    /// Where children will be expected.
    pub listen: String,
    /// The address that tokens name; empty: `listen`.
    pub advertise: String,
    /// A folder with seed files instead of the built-in ones.
    pub seeds: Option<PathBuf>,
}

/// Founds the node.
pub async fn found(asked: Found) -> Result<Made, Error> {
    let division = DivisionId::parse(&asked.division)?;
    let basics = Basics { listen: asked.listen.clone(), advertise: asked.advertise.clone(), parent: Vec::new() };
    crate::config::check_basics(&basics)?;
    let mut seeds = match &asked.seeds {
        Some(folder) => read_seeds(folder)?,
        None => Seeds::builtin(),
    };
    if let Some(name) = asked.name.filter(|_| seeds.divisions.iter().all(|known| known.id != division)) {
        seeds.divisions.push(top_division(&division, name));
    }
    data_dir::make(&asked.dir)?;
    let path =
        found_root(&asked.dir, Founding { division: &division, seeds: &seeds }, &SystemClock, &SystemChance).await?;
    let config = asked.dir.join(CONFIG_FILE);
    write_if_missing(&config, &basics)?;
    let root = gongkai_pki::authority::trust_root(&PkiDir::open(&asked.dir)?)?;
    let name =
        seeds.divisions.iter().find(|known| known.id == division).map_or_else(String::new, |known| known.name.clone());
    Ok(Made {
        division: division.to_string(),
        name,
        path: path.iter().map(ToString::to_string).collect(),
        parent: String::new(),
        data_dir: asked.dir.display().to_string(),
        listen: asked.listen,
        advertise: asked.advertise,
        ca_fingerprint: gongkai_model::digest::Digest::of_file(&root).to_hex(),
        config: config.display().to_string(),
    })
}

fn top_division(id: &DivisionId, name: String) -> Division {
    Division { code: id.to_string(), name, level: TOP_LEVEL.to_owned(), ..Division::placed(id.clone(), None) }
}

fn read_seeds(folder: &Path) -> Result<Seeds, Error> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { what: "read", path, source }
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if Seeds::file_names().any(|known| known == name) {
            let bytes = fs::metadata(&path).map_err(unreadable(&path))?.len();
            if bytes > gongkai_seeds::FILE_BYTES_MAX as u64 {
                let source = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
                return Err(Error::file("read", path, source));
            }
            let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
            files.insert(name, text);
        }
    }
    Ok(Seeds::parse(&files)?)
}
