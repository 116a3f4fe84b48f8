//! The admin API of a node over the network, with an operator's certificate.
//!
//! Invariant: the server must hang under the trust root that came with the certificate and be the very node that it
//! names; the private key stays in its file. Left out: issuing (commands/node).

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    version::TLS13,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::errors::{Failure, Fault};

/// The operator's private key in his folder.
pub(crate) const KEY_FILE: &str = "operator.key";
/// His certificate.
pub(crate) const CERTIFICATE_FILE: &str = "operator.crt";
/// The trust root of the tree.
pub(crate) const ROOT_FILE: &str = "root.crt";
/// The name of the node that issued it, as its own certificate spells it.
pub(crate) const NODE_FILE: &str = "node.name";
/// Protocol of the admin API below TLS.
const ALPN: &[u8] = b"h2";

/// Everything needed to dial one node.
#[derive(Clone)]
pub(crate) struct Remote {
    address: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Remote {
    /// Reads an operator's folder.
    pub(crate) fn load(address: &str, folder: &Path) -> Result<Self, Failure> {
        let read = |name: &str| {
            let file = folder.join(name);
            fs::read(&file).map_err(|source| Fault::FileUnreadable { file, source })
        };
        let unfit = |name: &str, why: &dyn std::fmt::Display| {
            Fault::Usage(format!("`{}` is not what `gongkai node operator-cert` wrote: {why}", folder.join(name).display()))
        };
        let certificate = |name: &str| -> Result<CertificateDer<'static>, Failure> {
            Ok(CertificateDer::from_pem_slice(&read(name)?).map_err(|error| unfit(name, &error))?)
        };
        let mut roots = RootCertStore::empty();
        roots.add(certificate(ROOT_FILE)?).map_err(|error| unfit(ROOT_FILE, &error))?;
        let key = PrivateKeyDer::from_pem_slice(&read(KEY_FILE)?).map_err(|error| unfit(KEY_FILE, &error))?;
        let text = String::from_utf8_lossy(&read(NODE_FILE)?).trim().to_owned();
        let name = ServerName::try_from(text).map_err(|error| unfit(NODE_FILE, &error))?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| unfit(CERTIFICATE_FILE, &error))?
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate(CERTIFICATE_FILE)?], key)
            .map_err(|error| unfit(CERTIFICATE_FILE, &error))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self { address: address.to_owned(), name, connector: TlsConnector::from(Arc::new(config)) })
    }

    /// Where it dials.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// One connection after its handshake.
    pub(crate) async fn dial(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(&self.address).await?;
        self.connector.connect(self.name.clone(), socket).await
    }
}
