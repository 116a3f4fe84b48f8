//! `gongkaid join`: makes a node's keys and data directory with a token of the level above.
//!
//! Invariant: the token is checked before anything is sent, and nothing but the node's own keys is kept before the
//! parent has answered: a join that was cut off is repeated with the same token and goes on with the same keys.

use std::path::PathBuf;

use gongkai_app::{Anchor, Chance as _, Clock as _, JoinedParts, Rejoining, SystemChance, SystemClock, store_joined};
use gongkai_journal::Incarnation;
use gongkai_link::{
    LinkError,
    grpc::{self, Dial, Joined},
};
use gongkai_model::id::DivisionId;
use gongkai_pki::{PkiDir, Request, Token, tls};

use crate::{
    CONFIG_FILE, Error, Made,
    config::{Basics, Config, check_basics, write_if_missing},
    data_dir,
    links::{host_name, session_clock},
};

/// What `join` is told.
#[derive(Clone, Debug)]
pub struct Join {
    /// The data directory.
    pub dir: PathBuf,
    /// The token as printed by `invite`.
    pub token: String,
    /// The division that is to join, where the caller wants it checked.
    pub division: Option<String>,
    /// Where children will be expected.
    pub listen: String,
    /// The address that tokens name; empty: `listen`.
    pub advertise: String,
}

/// Enrols the node.
pub async fn join(asked: Join) -> Result<Made, Error> {
    let token = Token::parse(asked.token.trim())?;
    let path = token.path().to_vec();
    let division = match &asked.division {
        Some(code) => DivisionId::parse(code)?,
        None => path.last().cloned().ok_or_else(|| Error::BadRequest { what: "the token names nobody".to_owned() })?,
    };
    token.check_for(&division, SystemClock.now_ms())?;
    let parent = token.addresses().to_vec();
    let basics = Basics { listen: asked.listen.clone(), advertise: asked.advertise.clone(), parent };
    check_basics(&basics)?;
    if data_dir::holds_node(&asked.dir) {
        return join_again(&asked, &token, &path).await;
    }
    data_dir::make(&asked.dir)?;
    let question = question(&asked, &token, SystemChance.incarnation())?;
    let incarnation = question.incarnation;
    let joined = ask(&token, &question).await?;
    let anchor = root_anchor(&joined, &token)?;
    let pinned = token.root_fingerprint();
    let is_rebuilt = joined.is_rebuilt;
    let (grant, introduction) = (&joined.grant, joined.introduction.as_slice());
    let parts = JoinedParts { path: &path, grant, pinned, anchor, incarnation, is_rebuilt, introduction };
    store_joined(&asked.dir, parts, &SystemClock, &SystemChance).await?;
    let config = asked.dir.join(CONFIG_FILE);
    write_if_missing(&config, &basics)?;
    Ok(Made {
        division: division.to_string(),
        // The name comes with the tree, in the first session.
        name: String::new(),
        path: path.iter().map(ToString::to_string).collect(),
        parent: token.parent_path().last().map_or_else(String::new, ToString::to_string),
        data_dir: asked.dir.display().to_string(),
        listen: asked.listen,
        advertise: asked.advertise,
        ca_fingerprint: pinned.to_hex(),
        config: config.display().to_string(),
    })
}

/// Enrols a node that is there: under another parent, or with a fresh certificate. Keys, journal and configuration
/// stay; the addresses of the token are tried first.
async fn join_again(asked: &Join, token: &Token, path: &[DivisionId]) -> Result<Made, Error> {
    let config_file = asked.dir.join(CONFIG_FILE);
    let config = Config::load(data_dir::config_file(&asked.dir, None).as_deref())?;
    let division = path.last().ok_or_else(|| Error::BadRequest { what: "the token names nobody".to_owned() })?;
    let node = Rejoining::open(&asked.dir, division).await?;
    let asking = async {
        let question = question(asked, token, node.incarnation())?;
        ask(token, &question).await
    };
    let joined = match asking.await {
        Ok(joined) => joined,
        Err(error) => {
            node.leave().await;
            return Err(error);
        }
    };
    let pinned = token.root_fingerprint();
    node.settle(path, &joined.grant, pinned, token.addresses(), &joined.introduction).await?;
    Ok(Made {
        division: division.to_string(),
        name: String::new(),
        path: path.iter().map(ToString::to_string).collect(),
        parent: token.parent_path().last().map_or_else(String::new, ToString::to_string),
        data_dir: asked.dir.display().to_string(),
        listen: config.node.listen,
        advertise: config.node.advertise,
        ca_fingerprint: pinned.to_hex(),
        config: config_file.display().to_string(),
    })
}

fn question(asked: &Join, token: &Token, incarnation: Incarnation) -> Result<grpc::Join, Error> {
    let pki = PkiDir::open(&asked.dir)?;
    // An authority is always asked for: the parent decides who gets one.
    let request = Request::make(&pki, token.path(), true)?;
    Ok(grpc::Join {
        path: token.path().to_vec(),
        secret: token.secret().to_vec(),
        request,
        incarnation,
        host: host_name(""),
    })
}

/// Asks at each address in turn; only one that cannot be reached leads to the next.
async fn ask(token: &Token, question: &grpc::Join) -> Result<Joined, Error> {
    let config = tls::join_config(token.root_fingerprint(), token.parent_path(), &session_clock(0))?;
    let name = tls::server_name(token.parent_path())?;
    let mut last = Error::BadRequest { what: "the token names no address".to_owned() };
    for address in token.addresses() {
        let dial = Dial { address: address.clone(), name: name.clone(), tls: config.clone().into() };
        match grpc::join(&dial, question).await {
            Ok(joined) => return Ok(joined),
            Err(error @ (LinkError::Unreachable { .. } | LinkError::TimedOut { .. })) => last = error.into(),
            // What the parent said is told under the parent's own code.
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

fn root_anchor(joined: &Joined, token: &Token) -> Result<Anchor, Error> {
    let root = token.path().first();
    let anchor = joined.anchors.iter().find(|anchor| Some(&anchor.division) == root);
    let missing = || Error::BadRequest { what: "the parent did not name the root's entry key".to_owned() };
    let anchor = anchor.ok_or_else(missing)?;
    Ok(Anchor {
        division: anchor.division.clone(),
        algorithm: anchor.key.algorithm,
        public: hex::encode(&anchor.key.bytes),
    })
}
